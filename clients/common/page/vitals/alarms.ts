import type { Raised } from '../../../../server/protocol/telemetry/live.ts';
import { TERMS } from '../../../../server/protocol/telemetry/nomenclature.ts';
import {
  ALARM_KIND,
  type AlarmKind,
  type AlarmPresence,
  type AlarmState,
  PRESENCE,
  PRIORITY,
  type Priority,
} from '../../../../server/protocol/telemetry/telemetry-content.ts';

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
  /** Code of what it is about, as the nomenclature numbers it; undefined where nothing is measured, or nobody said. */
  readonly about: number | undefined;
  /** It says something of another alarm, which stands for itself: that nobody answered, and who is called. */
  readonly extra: boolean;
}

/** What a bed is read by, in this order: the heart first. */
export const READ_BY: readonly number[] = [
  TERMS.heartRate.code,
  TERMS.spo2.code,
  TERMS.respirationRate.code,
  TERMS.systolic.code,
];

/** Before the words of an alarm, so that its priority is not told by colour alone (IEC 60601-1-8). */
export const MARKS: Readonly<Record<Priority, string>> = { high: '!!!', medium: '!!', low: '!' };

/**
 * Everything that is not off about one device: its own alarms, and what the gateway misses.
 *
 * @param codeOf what a handle of this device measures, by the nomenclature
 */
export const alarmsOf = (
  device: string,
  alarms: readonly AlarmState[],
  raised: readonly Raised[],
  codeOf: (handle: number) => number | undefined,
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
      about: codeOf(metric),
      extra: false,
    })),
    ...raised.map(({ code, priority, since, says }): ShownAlarm => ({
      device,
      priority,
      since,
      says,
      kind: 'technical',
      presence: 'on',
      owner: 'gateway',
      metric: 0,
      about: undefined,
      extra: code === 'escalated',
    })),
  ].toSorted(worseFirst);

/**
 * The higher priority first; of one priority what nobody has answered yet, of those what the patient has before what a machine
 * has, and of those what a bed is read by first. What only speaks of another alarm hides none.
 */
export const graver = (a: ShownAlarm, b: ShownAlarm): number =>
  PRIORITY.indexOf(b.priority) - PRIORITY.indexOf(a.priority) ||
  answered(a) - answered(b) ||
  ALARM_KIND.indexOf(a.kind) - ALARM_KIND.indexOf(b.kind) ||
  readAs(a) - readAs(b);

/** Of alarms that are as grave, the newest first. */
export const worseFirst = (a: ShownAlarm, b: ShownAlarm): number => graver(a, b) || b.since - a.since;

/** Within its priority: 0 while nobody has answered it, and more the less it waits for somebody. */
export const answered = ({ presence, extra }: ShownAlarm): number =>
  extra ? PRESENCE.length : PRESENCE.indexOf(presence);

const readAs = ({ about }: ShownAlarm): number => {
  const place = about === undefined ? -1 : READ_BY.indexOf(about);
  return place < 0 ? READ_BY.length : place;
};
