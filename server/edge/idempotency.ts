import { hash } from 'node:crypto';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal, REFUSALS } from '../protocol/refusal.ts';
import type { Answer } from './routes/route.ts';

/** Answers to remember: statements signed within ten minutes by a hospital's operators are a few dozen. */
const KEPT = 1_000;
/** A tablet that lost its connection asks again within seconds; ten minutes outlive any retry. */
const LIFE_MS = 10 * 60_000;
/** A structured-field string (RFC 9651) of a bounded set of characters. */
const KEY = /^"([A-Za-z0-9_-]{8,64})"$/u;

interface Kept {
  readonly fingerprint: string;
  readonly until: number;
  readonly answer: Promise<Answer>;
}

/** Answers by Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): asked twice, done once. */
export class Replays {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Runs `act`, or gives the answer that the same key and body got before in the same `scope` (session and route),
   * also while that one is still under way. Throws Refusal E_CMD_SCHEMA for a misshapen key, E_IDEMPOTENCY for a
   * key used with another body, and whatever `act` threw the first time.
   */
  once(scope: string, header: string, body: Bytes, act: () => Promise<Answer>): Promise<Answer> {
    const [, key] = KEY.exec(header) ?? [];
    if (key === undefined) {
      throw new Refusal('E_CMD_SCHEMA', 'expected a quoted string of 8 to 64 characters', 'Idempotency-Key');
    }
    const name = `${scope} ${key}`;
    const fingerprint = hash('sha256', body, 'hex');
    const known = this.#kept.get(name);
    if (known !== undefined && known.until > this.#now()) {
      if (known.fingerprint !== fingerprint) throw new Refusal('E_IDEMPOTENCY', 'used with another body');
      return known.answer;
    }
    const answer = act();
    this.#keep(name, { fingerprint, until: this.#now() + LIFE_MS, answer });
    answer.catch((error: unknown) => {
      // A no stays a no; what failed here (5xx) may be tried again.
      const stays = error instanceof Refusal && REFUSALS[error.code].http < 500;
      if (!stays && this.#kept.get(name)?.answer === answer) this.#kept.delete(name);
    });
    return answer;
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    for (const [oldest, { until }] of this.#kept) {
      if (this.#kept.size <= KEPT && until > this.#now()) return;
      this.#kept.delete(oldest);
    }
  }
}
