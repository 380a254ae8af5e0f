import type { ReadonlySignal, Signal } from '@preact/signals';
import type { VNode } from 'preact';
import type { PatientRow } from '../patient/patients.ts';
import type { Told } from '../frame/told.ts';
import type { Screen } from '../screen.ts';
import type { Trouble } from '../state.ts';

/** Why, in a word: nobody has to type at the worst of moments. */
export const REASONS = ['emergency', 'team-absent', 'consult', 'handover', 'other'] as const;
export type Reason = (typeof REASONS)[number];

/** A patient whom the person at this tablet opened by break-glass, until somebody else has reviewed it. */
export interface Opening {
  readonly id: string;
  /** Opaque name of the patient. */
  readonly patient: string;
  readonly by: string;
  readonly byName?: string | undefined;
  /** The patient, for who may see them. */
  readonly about?: { readonly family: string; readonly given: string; readonly bed: string } | undefined;
  /** In whose list it stands. */
  readonly told: Told;
  /** Unix ms, by the gateway's clock. */
  readonly since: number;
  readonly until: number;
  readonly open: boolean;
}

/** What it asks of the gateway. Each throws what requests throw; what `open` signs may be refused by the person too. */
export interface GlassRequests<Http> {
  list(http: Http): Promise<readonly Opening[]>;
  open(http: Http, patient: string, reason: Reason, text: string): Promise<Opening>;
  close(http: Http, id: string): Promise<unknown>;
  troubleOf(error: unknown): Trouble;
}

/** What is asked for, and what became of it. */
export interface Asking {
  readonly step: 'ready' | 'signing';
  readonly trouble?: Trouble | undefined;
}

/** Break-glass on this tablet. It is fetched once the tablet stands: the shell stays small. */
export interface Glass {
  readonly asking: Signal<Asking>;
  /** One's own, not yet reviewed. */
  readonly openings: Signal<readonly Opening[]>;
  /** Those of others that came since this person signed in, until they have seen them. */
  readonly news: ReadonlySignal<
    readonly {
      readonly id: string;
      readonly byName: string | undefined;
      readonly about: string | undefined;
    }[]
  >;
  seen(one: { readonly id: string }): void;
  /** Something happened to a device. */
  heard(event: string): void;
  /** How the patient in front of the tablet was opened, and how long that lasts (ms); undefined for one's own patients. */
  readonly left: ReadonlySignal<number | undefined>;
  /** Opens the sheet for a patient of somebody else. */
  ask(patient: string): void;
  /** Signs and opens. */
  open(patient: string, reason: Reason, text: string): Promise<void>;
  /** Settles once the gateway was told that whatever was left is closed. */
  closed(): Promise<void>;
  readonly Sheet: (screen: Screen & { readonly patient: PatientRow }) => VNode;
  readonly Pending: (screen: Pick<Screen, 'state'>) => VNode | null;
}

/** For the parts that are drawn only when break-glass is there. */
export function glassOf({ glass }: Screen['state']): Glass {
  if (!glass.value) throw new Error('break-glass is not there yet');
  return glass.value;
}
