import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { PublicKey } from '../protocol/crypto.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { AlarmState, Metric, Quality } from '../protocol/telemetry/telemetry-content.ts';
import type { Chain } from './chain.ts';
import type { Source } from './packing.ts';

/** What monitoring has to know of an enrolled device. */
export interface Monitored {
  readonly id: Bytes;
  readonly hex: string;
  readonly name: string;
  readonly model: string;
  readonly identity: PublicKey;
  readonly transport: 'nfc' | 'websocket';
  readonly profile: { readonly deviceClass: number };
}

/** The newest value of a metric. */
export interface Latest {
  readonly handle: number;
  readonly value: number;
  readonly quality: Quality;
  /** Unix ms by the device's clock. */
  readonly at: number;
}

/** A head is due every 30 s, and has some time to arrive. */
const SIGNED_MS = 45_000;

/** One device as monitoring sees it right now. */
export class Bed {
  device: Monitored;
  chain: Chain | undefined;
  source: Source | undefined;
  /** Answers the device; undefined while it is out of contact. */
  reply: ((message: Bytes) => void) | undefined;
  /** Frames taken that are not on the disk yet. */
  unstored = 0;
  /** Newest frame of this session on the disk. */
  stored = 0;
  /** What the device was told last, and when (Unix ms). */
  acknowledged = { number: 0, at: 0 };
  /** When the newest frame arrived (Unix ms); 0 before the first. */
  received = 0;
  /** Source time of the newest frame. */
  at = 0;
  /** When the newest head verified (Unix ms); 0 before the first. */
  vouched = 0;
  /** The first frame of this session arrived then. */
  since = 0;
  pausedUntil = 0;
  alarms: readonly AlarmState[] = [];
  readonly latest = new Map<number, Latest>();

  constructor(device: Monitored) {
    this.device = device;
  }

  /** Said by the device, or by its model: one is enough. */
  get simulated(): boolean {
    return this.chain?.simulated === true || this.device.model.startsWith('SIM-');
  }

  get metrics(): ReadonlyMap<number, Metric> {
    return this.chain?.metrics ?? new Map();
  }

  /** Does the device's signature still stand behind what it sends? What it does not, is shown as stale. */
  signed(now: number): boolean {
    return now - Math.max(this.vouched, this.since) < SIGNED_MS && this.since > 0;
  }

  /** Begins a session: values of the one before are not carried over. */
  begin(chain: Chain, source: Source, now: number): void {
    this.chain = chain;
    this.source = source;
    this.stored = chain.number;
    this.since = now;
    this.vouched = 0;
    this.latest.clear();
    this.alarms = [];
    this.pausedUntil = 0;
  }

  /** The newest values. Those of an older frame never replace newer ones. */
  apply(frame: TelemetryFrame, received: number): void {
    this.received = received;
    this.at = Math.max(this.at, frame.at);
    for (const content of frame.contents) {
      if (content.kind === 'numerics')
        for (const numeric of content.numerics) this.latest.set(numeric.handle, { ...numeric, at: frame.at });
      if (content.kind === 'alarms') {
        this.alarms = content.alarms;
        this.pausedUntil = content.pausedUntil;
      }
      if (content.kind === 'describe') this.latest.clear();
    }
  }
}
