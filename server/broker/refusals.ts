import type { LogWriter } from '../audit/log-writer.ts';
import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import type { Entry } from '../protocol/log/entry.ts';
import type { RefusalCode } from '../protocol/refusal.ts';

/** Who was refused what, as far as it was established. */
export interface RefusedFacts {
  readonly code: RefusalCode;
  readonly device?: Bytes;
  readonly command?: Bytes;
  readonly kids?: readonly Bytes[];
  /** Where it was refused: a short printable word. */
  readonly detail?: string;
}

/** What was wrong with the message itself: for who looks on, and never for the log. */
export interface WrongMessage {
  readonly why: string;
  readonly field?: string | undefined;
  readonly message?: Bytes | undefined;
}

type Onlooker = (facts: RefusedFacts, wrong: WrongMessage) => void;

interface Flood {
  count: number;
  /** When the first of them was written. */
  readonly since: number;
  readonly facts: RefusedFacts;
}

/** A second refusal of the same kind within this time is counted, not written. */
const QUIET_MS = 10_000;
/** Of strangers, who may come by the thousand, a number a minute is enough. */
const STRANGERS_QUIET_MS = 60_000;
/** Kinds counted apart; beyond this, only the code tells them apart. */
const KINDS = 1000;

/**
 * Puts refusals into the log: the first of a kind at once, a flood as one entry with its number. The log cannot
 * be filled by somebody whom it refuses.
 */
export class Refusals {
  readonly #log: Pick<LogWriter, 'appendDurable'>;
  readonly #logEntry: (entry: Entry) => Parameters<LogWriter['append']>[0][number];
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  readonly #floods = new Map<string, Flood>();
  readonly #onlookers: Onlooker[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(parts: {
    log: Pick<LogWriter, 'appendDurable'>;
    logEntry: (entry: Entry) => Parameters<LogWriter['append']>[0][number];
    now: () => number;
    /** Told when a refusal could not be written; the refusal itself stands. */
    failed: (error: unknown) => void;
  }) {
    this.#log = parts.log;
    this.#logEntry = parts.logEntry;
    this.#now = parts.now;
    this.#failed = parts.failed;
    const due = ({ since, facts }: Flood): boolean =>
      this.#now() - since >= (isStranger(facts) ? STRANGERS_QUIET_MS : 0);
    this.#timer = setInterval(() => this.#flush(due), QUIET_MS);
    this.#timer.unref();
  }

  /** Tells of each refusal as it happens, also of those that the log only counts. */
  watch(onlooker: Onlooker): void {
    this.#onlookers.push(onlooker);
  }

  /** Records one refusal; returns at once. */
  record(facts: RefusedFacts, wrong: WrongMessage = { why: '' }): void {
    for (const onlooker of this.#onlookers) onlooker(facts, wrong);
    const kind = this.#floods.size < KINDS ? kindOf(facts) : facts.code;
    const flood = this.#floods.get(kind);
    if (flood) {
      flood.count++;
      return;
    }
    this.#floods.set(kind, { count: 0, since: this.#now(), facts });
    this.#write(facts, undefined);
  }

  /** Writes what was only counted, and starts counting anew. */
  flush(): void {
    this.#flush(() => true);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  #flush(due: (flood: Flood) => boolean): void {
    for (const [kind, flood] of this.#floods) {
      if (!due(flood)) continue;
      this.#floods.delete(kind);
      if (flood.count > 0) this.#write(flood.facts, flood.count);
    }
  }

  #write(facts: RefusedFacts, count: number | undefined): void {
    const entry = this.#logEntry({
      type: 'refused',
      time: this.#now(),
      ...facts,
      ...(count !== undefined && { number: count }),
    });
    this.#log.appendDurable([entry]).catch(this.#failed);
  }
}

const isStranger = ({ device, command, kids = [] }: RefusedFacts): boolean =>
  !device && !command && kids.length === 0;

const kindOf = ({ code, device, kids, detail }: RefusedFacts): string =>
  [code, device ? hex(device) : '', ...(kids ?? []).map(hex), detail ?? ''].join(' ');
