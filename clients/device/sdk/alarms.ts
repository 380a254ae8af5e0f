import type {
  AlarmKind,
  AlarmPresence,
  AlarmState,
  Priority,
} from '../../../server/protocol/telemetry/telemetry-content.ts';

/** One thing a device alarms about. */
export interface AlarmCondition {
  readonly id: number;
  readonly priority: Priority;
  readonly kind: AlarmKind;
  /** Handle of what it is about; 0 for the device itself. */
  readonly metric: number;
  readonly says: string;
  /** Does the signal outlive its condition until somebody acts? */
  readonly latching: boolean;
  /** The condition has to last this long (ms). */
  readonly delay: number;
}

interface Standing {
  /** When the condition came, by the device's clock; undefined while it is away. */
  came: number | undefined;
  presence: AlarmPresence | 'off';
  since: number;
  acknowledgedUntil: number;
}

/** An acknowledged alarm whose condition is still there sounds again after this long. */
const ACKNOWLEDGE_MS = 120_000;
/** Audio is never paused for longer, however often somebody asks. */
export const LONGEST_PAUSE_MS = 120_000;

/**
 * The alarms of a device, after IEC 60601-1-8 as BICEPS models it: the device itself is their only owner. Whoever shows
 * them elsewhere shows a copy; acknowledging and pausing happen at the device.
 */
export class AlarmSystem {
  readonly #conditions: readonly AlarmCondition[];
  readonly #standing = new Map<number, Standing>();
  #pausedUntil = 0;

  constructor(conditions: readonly AlarmCondition[]) {
    this.#conditions = conditions;
  }

  /** Until when audio is paused (Unix ms); 0 when it is not. */
  pausedUntil(now: number): number {
    return now < this.#pausedUntil ? this.#pausedUntil : 0;
  }

  /** Is a condition there at this moment? Returns whether any state changed. */
  set(id: number, present: boolean, now: number): boolean {
    const condition = this.#conditions.find((one) => one.id === id);
    if (!condition) throw new RangeError(`no alarm condition ${id}`);
    const standing = this.#of(id);
    const before = standing.presence;
    if (present) standing.came ??= now;
    else standing.came = undefined;
    if (present && standing.came !== undefined && now - standing.came >= condition.delay) {
      if (before === 'off' || before === 'latched') this.#raise(standing, before, now);
      else if (before === 'acknowledged' && now >= standing.acknowledgedUntil) standing.presence = 'on';
    } else if (!present && before === 'on') standing.presence = condition.latching ? 'latched' : 'off';
    else if (!present && before === 'acknowledged') standing.presence = 'off';
    return standing.presence !== before;
  }

  /** Somebody at the device has seen them all: those still there fall silent for a while, the others end. */
  acknowledge(now: number): void {
    for (const standing of this.#standing.values()) {
      if (standing.presence === 'on') {
        standing.presence = 'acknowledged';
        standing.acknowledgedUntil = now + ACKNOWLEDGE_MS;
      } else if (standing.presence === 'latched') standing.presence = 'off';
    }
  }

  /** Pauses audio for at most two minutes from now; asking again does not add up. */
  pause(now: number, ms: number): void {
    this.#pausedUntil = now + Math.min(Math.max(0, ms), LONGEST_PAUSE_MS);
  }

  /** Every alarm that is not off, the most urgent first. */
  states(): AlarmState[] {
    const order = { high: 0, medium: 1, low: 2 };
    return this.#conditions
      .flatMap(({ id, priority, kind, metric, says }): AlarmState[] => {
        const { presence, since } = this.#of(id);
        return presence === 'off' ? [] : [{ id, priority, kind, presence, since, metric, says }];
      })
      .sort((a, b) => order[a.priority] - order[b.priority] || a.since - b.since);
  }

  #raise(standing: Standing, before: 'off' | 'latched', now: number): void {
    standing.presence = 'on';
    if (before === 'off') standing.since = now;
  }

  #of(id: number): Standing {
    const known = this.#standing.get(id);
    if (known) return known;
    const fresh: Standing = { came: undefined, presence: 'off', since: 0, acknowledgedUntil: 0 };
    this.#standing.set(id, fresh);
    return fresh;
  }
}
