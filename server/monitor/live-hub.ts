import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import type { BedState, ContactState, Live, Raised } from '../protocol/telemetry/live.ts';
import type { MonitorWish } from '../protocol/telemetry/monitor-wish.ts';
import { QUALITY } from '../protocol/telemetry/telemetry-content.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Bed } from './bed.ts';

interface Watcher {
  readonly beds: ReadonlySet<string>;
  readonly waves: boolean;
  readonly tell: (live: Live) => void;
}

export interface HubParts {
  readonly beds: ReadonlyMap<string, Bed>;
  readonly now: () => number;
  /** What the gateway itself finds wrong with a device's reporting. */
  readonly raised: (bed: Bed) => readonly Raised[];
}

const TICK_MS = 1_000;
/** A bedside device reports every second: five are more than a pause of the network. */
const SILENT_MS = 5_000;

/** Passes on what devices measure, to every screen that asked for it, before it is on any disk. */
export class LiveHub {
  readonly #parts: HubParts;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #all = new Set<Watcher>();
  readonly #said = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  watch({ devices, waves }: MonitorWish, tell: (live: Live) => void): () => void {
    const watcher: Watcher = { beds: new Set(devices.map(hex)), waves, tell };
    this.#all.add(watcher);
    for (const id of watcher.beds) {
      const watchers = this.#watchers.get(id) ?? new Set();
      this.#watchers.set(id, watchers.add(watcher));
    }
    for (const device of devices) {
      const bed = this.#parts.beds.get(hex(device));
      if (bed) tell({ kind: 'bed', bed: this.state(bed) });
    }
    return () => {
      this.#all.delete(watcher);
      for (const id of watcher.beds) {
        const watchers = this.#watchers.get(id);
        watchers?.delete(watcher);
        if (watchers?.size === 0) this.#watchers.delete(id);
      }
    };
  }

  /** A frame was taken. */
  pass(bed: Bed, { at, contents }: TelemetryFrame): void {
    const watchers = this.#watchers.get(bed.device.hex);
    if (!watchers) return;
    if (contents.some(({ kind }) => kind === 'describe') || this.#changed(bed)) this.announce(bed);
    const now = this.#parts.now();
    const frame = { device: bed.device.id, now, at, signed: bed.signed(now), contents };
    const numbers = { ...frame, contents: contents.filter(({ kind }) => kind !== 'wave') };
    for (const { waves, tell } of watchers)
      if (waves || numbers.contents.length > 0) tell({ kind: 'frame', frame: waves ? frame : numbers });
  }

  /** Tells the whole of a device anew. */
  announce(bed: Bed): void {
    const watchers = this.#watchers.get(bed.device.hex);
    if (!watchers) return;
    this.#changed(bed);
    const state = this.state(bed);
    for (const { tell } of watchers) tell({ kind: 'bed', bed: state });
  }

  state(bed: Bed): BedState {
    const { now, raised } = this.#parts;
    const at = now();
    const metrics = [...bed.metrics.values()];
    return {
      device: bed.device.id,
      now: at,
      simulated: bed.simulated,
      contact: contactOf(bed, at),
      signed: bed.signed(at),
      received: bed.received,
      pausedUntil: bed.pausedUntil,
      described: metrics.length > 0 ? { kind: 'describe', simulated: bed.simulated, metrics } : undefined,
      latest: [...bed.latest.values()].map((one) => ({ ...one, quality: QUALITY.indexOf(one.quality) })),
      alarms: { kind: 'alarms', pausedUntil: bed.pausedUntil, alarms: bed.alarms },
      raised: raised(bed),
    };
  }

  #tick(): void {
    const now = this.#parts.now();
    for (const { tell } of this.#all) tell({ kind: 'tick', now });
    for (const id of this.#watchers.keys()) {
      const bed = this.#parts.beds.get(id);
      if (bed && this.#changed(bed)) this.announce(bed);
    }
  }

  /** Is there anything about a device that no frame tells? */
  #changed(bed: Bed): boolean {
    const now = this.#parts.now();
    const codes = this.#parts.raised(bed).map(({ code }) => code);
    const said = [contactOf(bed, now), bed.signed(now), ...codes].join();
    const before = this.#said.get(bed.device.hex);
    this.#said.set(bed.device.hex, said);
    return before !== said;
  }
}

/** How a device stands with the gateway just now. An implant is in contact when somebody holds a reader to it. */
export function contactOf(bed: Bed, now: number): ContactState {
  if (bed.received === 0) return bed.reply ? 'silent' : 'never';
  if (now - bed.received <= SILENT_MS) return 'live';
  return bed.reply ? 'silent' : 'away';
}

/** The devices of a wish: those asked for, or all of `may` when none was. */
export const wished = (wish: MonitorWish, may: readonly Bytes[]): MonitorWish =>
  wish.devices.length > 0 ? wish : { ...wish, devices: may };
