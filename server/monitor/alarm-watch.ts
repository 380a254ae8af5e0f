import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import type { Raised } from '../protocol/telemetry/live.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import {
  type AlarmKind,
  type AlarmState,
  PRIORITY,
  type Priority,
} from '../protocol/telemetry/telemetry-content.ts';
import type { Bed } from './bed.ts';

/** What happened to an alarm. */
export type AlarmChange =
  'raised' | 'acknowledged' | 'latched' | 'ended' | 'paused' | 'resumed' | 'escalated' | 'flood';

/** One event, as history and log have it. The log gets no word of what it was about: that stays with the history. */
export interface AlarmEvent {
  readonly device: Bytes;
  readonly at: number;
  readonly change: AlarmChange;
  readonly priority: Priority;
  readonly kind: AlarmKind;
  readonly owner: 'device' | 'gateway';
  readonly says: string;
  /** Who was called (subject, hexadecimal), where the hospital named somebody. */
  readonly to?: string;
  /** SHA-256 of the frame that told of it. */
  readonly frame?: Bytes;
  /** After a flood: how many events of its priority are not told one by one. */
  readonly count?: number;
}

/** Whom the hospital's roster names for a device. */
export interface Called {
  readonly subject: string;
  readonly name: string;
}

export interface AlarmWatchParts {
  /** Who is called when nobody answers; undefined when the roster names nobody. @param device hexadecimal */
  readonly second: (device: string) => Called | undefined;
  readonly now: () => number;
  readonly happened: (event: AlarmEvent) => void;
  /** Something about a bed changed that no frame tells. */
  readonly announce: (bed: Bed) => void;
}

interface Standing {
  readonly known: Map<number, AlarmState>;
  paused: boolean;
  readonly raised: Map<string, Raised>;
  /** Alarms of high priority that somebody else was called for. */
  readonly escalated: Set<number>;
  /** By priority: a loose contact must not hide what matters more. */
  readonly spent: ReadonlyMap<Priority, Spent>;
}

/** Events of one priority within one minute. */
interface Spent {
  minute: number;
  events: number;
}

/** A device that reports every second and was not heard for this long: the network does not pause like that. */
const SILENT_MS = 5_000;
/** A high alarm that nobody answered at the device goes to a second clinician after this time, a medium one later. */
const ESCALATE_MS: Partial<Record<Priority, number>> = { high: 60_000, medium: 180_000 };
/** A device with a loose contact must not fill the log: above this, a minute's events of one priority are only counted. */
const EVENTS_PER_MINUTE = 60;
/** What a screen has room for, of a name. */
const LONGEST_NAME = 40;
const STEP_SHOWN_MS = 60_000;

/**
 * Follows what devices say of their alarms, and what the gateway itself finds missing. It never ends, silences or
 * delays an alarm: a distributed information system passes on, and whoever relies on it stands at the bed as well.
 */
export class AlarmWatch {
  readonly #parts: AlarmWatchParts;
  readonly #standing = new Map<string, Standing>();
  readonly #stepped = new Map<string, number>();

  constructor(parts: AlarmWatchParts) {
    this.#parts = parts;
  }

  /** The gateway's own alarms about its view of a device. */
  raised(bed: Bed): readonly Raised[] {
    return [...this.#of(bed).raised.values()];
  }

  /** A frame was taken: what changed since the one before? */
  frame(bed: Bed, frame: TelemetryFrame, hash: Bytes): void {
    if (bed.chain && bed.chain.stepped !== 0) this.#stepped.set(bed.device.hex, this.#parts.now());
    for (const content of frame.contents)
      if (content.kind === 'alarms') this.#compare(bed, content.alarms, content.pausedUntil, hash);
  }

  /** To be called once a second for every bed that ever reported. */
  look(bed: Bed): void {
    const now = this.#parts.now();
    if (bed.received > 0) {
      const bedside = bed.device.transport === 'websocket';
      this.#own(bed, 'link', bedside && now - bed.received > SILENT_MS, 'medium', 'No data from this device');
      const unsigned = bedside && !bed.signed(now);
      this.#own(
        bed,
        'unsigned',
        unsigned,
        'medium',
        'Nothing vouches for this data: its signature is overdue',
      );
      const stepped = now - (this.#stepped.get(bed.device.hex) ?? 0) < STEP_SHOWN_MS;
      this.#own(bed, 'clock', stepped, 'low', 'The clock of this device was set');
    }
    for (const [priority, spent] of this.#of(bed).spent) this.#turn(bed, priority, spent, now);
    this.#escalate(bed, now);
  }

  #compare(bed: Bed, alarms: readonly AlarmState[], pausedUntil: number, frame: Bytes): void {
    const standing = this.#of(bed);
    const now = new Map(alarms.map((alarm) => [alarm.id, alarm]));
    for (const [id, alarm] of now) {
      const before = standing.known.get(id)?.presence;
      if (before === alarm.presence) continue;
      const change = alarm.presence === 'on' ? 'raised' : alarm.presence;
      this.#tell(bed, change, alarm, 'device', frame);
      if (alarm.presence !== 'on') standing.escalated.delete(id);
    }
    for (const [id, alarm] of standing.known) {
      if (now.has(id)) continue;
      standing.escalated.delete(id);
      this.#tell(bed, 'ended', alarm, 'device', frame);
    }
    standing.known.clear();
    for (const [id, alarm] of now) standing.known.set(id, alarm);
    const paused = pausedUntil > 0;
    if (paused !== standing.paused) {
      const audio = { priority: 'low', kind: 'technical', says: 'Audio of the device' } as const;
      this.#tell(bed, paused ? 'paused' : 'resumed', audio, 'device', frame);
    }
    standing.paused = paused;
  }

  /** An alarm of the gateway's own comes or goes. */
  #own(bed: Bed, code: string, present: boolean, priority: Priority, says: string): void {
    const { raised } = this.#of(bed);
    const there = raised.has(code);
    if (present === there) return;
    if (present) raised.set(code, { code, priority, since: this.#parts.now(), says });
    else raised.delete(code);
    const alarm = { priority, kind: 'technical', says } as const;
    this.#tell(bed, present ? 'raised' : 'ended', alarm, 'gateway');
    this.#parts.announce(bed);
  }

  /** Nobody answered at the device: a second clinician is told. */
  #escalate(bed: Bed, now: number): void {
    const standing = this.#of(bed);
    for (const [id, alarm] of standing.known) {
      const patience = ESCALATE_MS[alarm.priority];
      if (alarm.presence !== 'on' || patience === undefined || standing.escalated.has(id)) continue;
      if (now - alarm.since < patience) continue;
      standing.escalated.add(id);
      this.#tell(bed, 'escalated', alarm, 'gateway', undefined, this.#parts.second(bed.device.hex)?.subject);
    }
    const waits = [...standing.known.values()].some(({ id }) => standing.escalated.has(id));
    // Looked at for every device every second: whom it would be is asked when somebody is called.
    const name = waits ? this.#parts.second(bed.device.hex)?.name.slice(0, LONGEST_NAME) : undefined;
    const says = `Nobody answered at the bed: ${name ?? 'a second clinician'} is called`;
    this.#own(bed, 'escalated', waits, 'high', says);
  }

  #tell(
    bed: Bed,
    change: AlarmChange,
    { priority, kind, says }: Pick<AlarmState, 'priority' | 'kind' | 'says'>,
    owner: AlarmEvent['owner'],
    frame?: Bytes,
    to?: string,
  ): void {
    const at = this.#parts.now();
    const spent = this.#of(bed).spent.get(priority);
    if (spent) {
      this.#turn(bed, priority, spent, at);
      spent.events++;
      if (spent.events > EVENTS_PER_MINUTE + 1) return;
    }
    const said = spent && spent.events > EVENTS_PER_MINUTE ? 'flood' : change;
    this.#parts.happened({
      device: bed.device.id,
      at,
      change: said,
      priority,
      kind,
      owner,
      says,
      ...(frame && { frame }),
      ...(to !== undefined && { to }),
    });
  }

  /** Another minute begins: what was only counted in the one before is told as a number. */
  #turn(bed: Bed, priority: Priority, spent: Spent, at: number): void {
    const minute = Math.floor(at / 60_000);
    if (minute === spent.minute) return;
    const count = spent.events - EVENTS_PER_MINUTE;
    [spent.minute, spent.events] = [minute, 0];
    if (count <= 0) return;
    const says = `${count} more alarm events within a minute`;
    const about = { device: bed.device.id, at, priority, kind: 'technical', owner: 'gateway' } as const;
    this.#parts.happened({ ...about, change: 'flood', says, count });
  }

  #of(bed: Bed): Standing {
    const key = hex(bed.device.id);
    const known = this.#standing.get(key);
    if (known) return known;
    const fresh: Standing = {
      known: new Map(),
      paused: false,
      raised: new Map(),
      escalated: new Set(),
      spent: new Map(PRIORITY.map((priority) => [priority, { minute: 0, events: 0 }])),
    };
    this.#standing.set(key, fresh);
    return fresh;
  }
}
