import type { Bytes } from '../protocol/encoding/bytes.ts';
import { encode } from '../protocol/encoding/cbor.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { arrayOf, decodeStrict, textOf, uint } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { AccessToken } from './access-token.ts';

export interface SignedOutNeed {
  /** What was kept before, if anything was. */
  readonly kept: Bytes | undefined;
  /** Keeps the list and logs what changed it, in one transaction. */
  readonly keep: (list: Bytes, entry: Omit<Entry, 'time'>) => Promise<void>;
}

/** People who were signed out everywhere; beyond this the ones longest ago go first: no token lives that long. */
const KEPT = 10_000;
const MAX_LIST = 1024 * 1024;
/** The issuer tells times in whole seconds. */
const SECOND = 1_000;

/**
 * When people ended all their sessions. A sign-in from before counts no more, whatever tokens the issuer still gives for it:
 * a tablet that was left somewhere stays shut.
 */
export class SignedOut {
  readonly #keep: SignedOutNeed['keep'];
  /** Unix seconds, by subject. */
  readonly #since: Map<string, number>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ kept, keep }: SignedOutNeed) {
    this.#keep = keep;
    this.#since = new Map(kept ? decoded(kept) : []);
  }

  /** Throws Refusal E_TOKEN_REVOKED for a sign-in from before. */
  demandLater({ subject, authTime }: Pick<AccessToken, 'subject' | 'authTime'>): void {
    const since = this.#since.get(subject);
    if (since !== undefined && Math.floor(authTime / SECOND) < since)
      throw new Refusal('E_TOKEN_REVOKED', 'the person signed out everywhere since then');
  }

  /** In force at once; what is waited for only makes it last. @param now Unix ms */
  add(subject: string, now: number, entry: Omit<Entry, 'time'>): Promise<void> {
    this.#since.delete(subject);
    this.#since.set(subject, Math.floor(now / SECOND));
    const [oldest] = this.#since.keys();
    if (this.#since.size > KEPT && oldest !== undefined) this.#since.delete(oldest);
    // One after the other: the list is kept as a whole.
    const mine = this.#turn.then(() => this.#keep(encode([...this.#since].map((one) => [...one])), entry));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const decoded = (bytes: Bytes): [string, number][] =>
  arrayOf(decodeStrict(bytes, 'signed out', MAX_LIST), 'signed out', 0, KEPT).map((one, i) => {
    const at = `signed out.${i}`;
    const [subject, since] = arrayOf(one, at, 2, 2);
    return [textOf(subject, at, 64), uint(since, at)];
  });
