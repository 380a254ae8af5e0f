import type { Raised } from '../../../../server/protocol/live.ts';
import {
  type AlarmKind,
  type AlarmPresence,
  type AlarmState,
  PRESENCE,
  PRIORITY,
  type Priority,
} from '../../../../server/protocol/telemetry-content.ts';

/** An alarm as a screen passes it on. Whoever raised it owns it; the screen owns none. */
export interface ShownAlarm {
  /** The device it is about, hexadecimal. */
  readonly device: string;
  readonly priority: Priority;
  readonly kind: AlarmKind;
  readonly presence: AlarmPresence;
  /** Unix ms. */
  readonly since: number;
  readonly says: string;
  readonly owner: 'device' | 'gateway';
  /** Handle of what it is about; 0 for the device itself. */
  readonly metric: number;
}

/** Before the words of an alarm, so that its priority is not told by colour alone (IEC 60601-1-8). */
export const MARKS: Readonly<Record<Priority, string>> = { high: '!!!', medium: '!!', low: '!' };

/** Everything that is not off about one device: its own alarms, and what the gateway misses. */
export const alarmsOf = (
  device: string,
  alarms: readonly AlarmState[],
  raised: readonly Raised[],
): readonly ShownAlarm[] =>
  [
    ...alarms.map(({ priority, kind, presence, since, says, metric }): ShownAlarm => ({
      device,
      priority,
      kind,
      presence,
      since,
      says,
      owner: 'device',
      metric,
    })),
    ...raised.map(({ priority, since, says }): ShownAlarm => ({
      device,
      priority,
      since,
      says,
      kind: 'technical',
      presence: 'on',
      owner: 'gateway',
      metric: 0,
    })),
  ].toSorted(worseFirst);

/** The higher priority first; of one priority what nobody has answered yet, and of those the newest. */
export const worseFirst = (a: ShownAlarm, b: ShownAlarm): number =>
  PRIORITY.indexOf(b.priority) - PRIORITY.indexOf(a.priority) ||
  PRESENCE.indexOf(a.presence) - PRESENCE.indexOf(b.presence) ||
  b.since - a.since;
