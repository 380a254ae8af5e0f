import type { BedState, Live } from '../../protocol/telemetry/live.ts';
import type { MonitorWish } from '../../protocol/telemetry/monitor-wish.ts';
import type { Safety, Session } from './desk.ts';

/** What is measured, for those who may see the device it is measured by. */
export interface MonitorDesk {
  /** Tells a screen what it asked for, until it is told to stop. Throws Refusal E_SCOPE. */
  watch(session: Session, wish: MonitorWish, tell: (live: Live) => void): () => void;
  /** Every device this person may see, as it is now. */
  beds(session: Session): readonly BedState[];
  /** Who lies where, for a board: every device this person may see. Who read it stands in the log, once a session. */
  ward(session: Session): Promise<readonly WardRow[]>;
  /** Alarm events of a device, the newest first. Throws Refusal E_SCOPE. */
  alarms(session: Session, device: string, since: number, until: number): readonly AlarmRow[];
  /** Signs of trouble with a device, the newest first. Throws Refusal E_SCOPE. */
  signs(session: Session, device: string, since: number, until: number): readonly SignRow[];
  /** Every number of a device in a range, as CSV. Throws Refusal E_SCOPE. */
  csv(session: Session, device: string, since: number, until: number): string;
  /** The samples of one waveform. Throws Refusal E_SCOPE. */
  waves(session: Session, device: string, code: number, since: number, until: number): Waves;
  /** FHIR R4: the device, what it measures with technical range and alarm limits, and what it measured; what the session's scope names of them. */
  fhir(session: Session, device: string, since: number, until: number): object;
  /** Values by the minute or coarser. Throws Refusal E_SCOPE. */
  trend(session: Session, wish: TrendWish): Trend;
}

/** A device, and the bed it stands at. */
export interface WardRow extends Safety {
  /** Device id, hexadecimal. */
  readonly device: string;
  readonly name: string;
  readonly model: string;
  /** Whom the hospital assigned it to, where this person may know. */
  readonly patient?: {
    /** Opaque. */
    readonly id: string;
    readonly ward: string;
    readonly bed: string;
    /** As much as the policy lets a board say. */
    readonly name?: string;
  };
}

/** One alarm event. The same number stands in the log, without what it was about. */
export interface AlarmRow {
  readonly number: number;
  readonly at: number;
  readonly change: string;
  readonly priority: string;
  readonly kind: string;
  readonly owner: string;
  readonly says: string;
}

export interface SignRow {
  readonly at: number;
  readonly kind: string;
  readonly reason: string;
}

export interface Waves {
  readonly code: number;
  /** UCUM; empty when there are no samples. */
  readonly unit: string;
  /** Decimals of the samples. */
  readonly scale: number;
  /** Microseconds between two. */
  readonly period: number;
  readonly parts: readonly {
    readonly at: number;
    readonly quality: string;
    readonly samples: readonly number[];
  }[];
}

export interface TrendWish {
  /** Device id, hexadecimal. */
  readonly device: string;
  /** MDC code. */
  readonly code: number;
  /** Unix ms. */
  readonly since: number;
  readonly until: number;
  /** At most this many points; each stands for as many whole minutes as that takes. */
  readonly points: number;
}

export interface Trend {
  readonly code: number;
  /** UCUM. */
  readonly unit: string;
  /** Width of a point in ms. */
  readonly step: number;
  readonly points: readonly TrendPoint[];
  /** Where measurements are missing for good. */
  readonly gaps: readonly { readonly since: number; readonly until: number; readonly frames: number }[];
}

/** One step of a trend; a step in which nothing was measured is not there. */
export interface TrendPoint {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly count: number;
}
