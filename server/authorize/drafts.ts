import { LIMITS } from '../limits.ts';
import type { Approval } from '../protocol/approval.ts';
import { base64url, type Bytes, equal, hex } from '../protocol/encoding/bytes.ts';
import { parseCommand } from '../protocol/command.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { SHOWN } from '../protocol/primed.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Op } from '../store/batch.ts';
import type { Store } from '../store/store.ts';
import type { CareRelations } from './care-relation.ts';
import type {
  Actor,
  ClosedDraft,
  CompleteDraft,
  DeclinedDraft,
  Draft,
  FirstSignature,
  OpenDraft,
  OwnDraft,
  SecondEntry,
  ShownDraft,
} from './draft.ts';
import { encodeBody, parseBody } from './draft-body.ts';
import { differences } from './draft-compare.ts';
import type { Policy } from './policy-file.ts';
import { ENTER_OUTSIDE } from './primed-check.ts';
import type { Bucket, RateLimits } from './rate-limits.ts';

export interface DraftsNeed {
  readonly store: Pick<Store, 'write' | 'reader'>;
  readonly sha256: Sha256;
  /** Cryptographically random bytes. */
  readonly random: (size: number) => Bytes;
  readonly rates: Pick<RateLimits, 'take'>;
  readonly care: Pick<CareRelations, 'has'>;
  /** The bounds of the policy in force. */
  readonly bounds: () => Policy['drafts'];
}

const ATTEMPTS = 2;
const HOUR = 3_600;

const UPSERT =
  'INSERT INTO draft (id, device, body, expires) VALUES (?, ?, ?, ?) ' +
  'ON CONFLICT (id) DO UPDATE SET body = excluded.body';
const DELETE = 'DELETE FROM draft WHERE id = ?';

/** Commands of high risk that wait for a second person to enter them again without seeing them. */
export class Drafts {
  readonly #need: DraftsNeed;
  readonly #open = new Map<string, Draft>();

  /** Takes up the drafts that the store kept. One that cannot be read is closed: its command is signed again. */
  constructor(need: DraftsNeed) {
    this.#need = need;
    for (const { id, body } of need.store.reader('SELECT id, body FROM draft').all()) {
      if (typeof id !== 'string' || !(body instanceof Uint8Array)) continue;
      try {
        this.#open.set(id, parseBody(id, new Uint8Array(body)));
      } catch {
        continue;
      }
    }
  }

  /**
   * Keeps a first signature for 15 minutes, or for as long as the device waits for it, and gives the draft's id. Throws
   * Refusal E_RATE when the person has too many open or asks too often.
   */
  async create(first: FirstSignature, by: Actor, now: number): Promise<string> {
    const ops = this.#sweep(now);
    const own = [...this.#open.values()].filter((draft) => draft.by.subject === by.subject && !draft.closed);
    if (own.length >= this.#need.bounds().openPerPerson)
      throw new Refusal('E_RATE', 'too many of your changes wait already');
    if (this.#open.size >= LIMITS.drafts.max) throw new Refusal('E_RATE', 'too many changes wait already');
    const draft: Draft = {
      id: base64url(this.#need.random(16)),
      bytes: first.command,
      command: parseCommand(first.command),
      approval: first.approval,
      context: first.context,
      companion: first.companion,
      by: { ...by, kid: first.approval.kid },
      since: now,
      expires: Math.min(now + LIMITS.draftLife.max, first.until ?? Number.POSITIVE_INFINITY),
      attemptsLeft: ATTEMPTS,
      matched: undefined,
      shown: false,
      outside: first.outside === true,
      tier: first.tier ?? 2,
      closed: undefined,
    };
    this.#open.set(draft.id, draft); // Counts from here on: a second request must not pass while this one is stored.
    try {
      await this.#need.rates.take([hourly('asks', by.subject, this.#need.bounds().asksPerHour)], now);
      await this.#need.store.write([...ops, this.#save(draft)]);
    } catch (error) {
      this.#open.delete(draft.id);
      throw error;
    }
    return draft.id;
  }

  /** Drafts this person could be the second for, or is: never their own, only of devices they care for. */
  list(by: Actor, now: number): readonly OpenDraft[] {
    return [...this.#open.values()]
      .filter((draft) => this.#mayKnow(draft, by, now) && !draft.closed && !isSame(draft.by, by))
      .filter(({ matched }) => !matched || isMatcher(matched, by))
      .map(({ id, command, by: first, context, tier, matched, shown, since, expires, attemptsLeft }) => ({
        id,
        device: hex(command.device),
        by: first.subject,
        reason: context.reason,
        order: context.order,
        note: matched ? context.note : undefined,
        operation: command.operation,
        tier,
        settings: [...command.changes.keys()],
        matched: matched !== undefined,
        shown,
        since,
        expires,
        attemptsLeft,
      }));
  }

  /** What has become of the drafts this person asked for, until each expires. */
  own({ subject }: Actor, now: number): readonly OwnDraft[] {
    return [...this.#open.values()]
      .filter((draft) => draft.by.subject === subject && now < draft.expires)
      .map(({ id, bytes, command, matched, shown, closed, expires, attemptsLeft }) => ({
        id,
        device: hex(command.device),
        command: this.#need.sha256(bytes),
        state: closed?.how ?? (matched ? 'matched' : 'waiting'),
        second: (closed?.by ?? matched)?.subject,
        check: matched && !closed ? (shown ? 'primed' : 'entered') : undefined,
        why: closed?.how === 'declined' ? closed.reason : undefined,
        expires,
        attemptsLeft,
      }));
  }

  /** The second person says no, and why. Whoever asked is told; nobody completes it. Throws like `enter`. */
  async decline(id: string, reason: string, by: Actor, now: number): Promise<DeclinedDraft> {
    const draft = this.#enterable(id, by, now);
    const closed: ClosedDraft = { how: 'declined', by, reason, at: now };
    const next = { ...draft, closed };
    this.#open.set(id, next);
    await this.#need.store.write([this.#save(next)]);
    return { device: draft.command.device, entry: this.#entry(draft, by, now, 2) };
  }

  /**
   * Shows the second person what the first signed: from then on theirs is a primed check, and no entry of theirs counts.
   * Stored before anybody learns the values. Whether the policy allows it the caller has asked. Throws like `enter`.
   */
  async show(id: string, by: Actor, now: number): Promise<ShownDraft> {
    this.#enterable(id, by, now);
    await this.#need.rates.take([hourly('enters', by.subject, this.#need.bounds().entriesPerHour)], now);
    const draft = this.#enterable(id, by, now);
    if (draft.outside) throw new Refusal('E_POLICY', ENTER_OUTSIDE, 'draft');
    if (draft.matched && !draft.shown) throw new Refusal('E_DRAFT', 'you have entered it yourself already');
    const next: Draft = { ...draft, matched: by, shown: true };
    this.#open.set(id, next);
    await this.#need.store.write([this.#save(next)]);
    const { bytes, command } = draft;
    return { command: bytes, device: command.device, entry: this.#entry(draft, by, now, SHOWN) };
  }

  /**
   * The second person's own entry. Equal bytes are agreement; else the answer names what differs, and the second
   * mismatch closes the draft (`left` 0). The outcome is stored before anybody learns it, so that a restart gives
   * no further try. Throws Refusal E_DRAFT, E_DUAL_SAME_PERSON, E_RATE or E_CMD_MALFORMED.
   */
  async enter(id: string, command: Bytes, by: Actor, now: number): Promise<SecondEntry> {
    this.#enterable(id, by, now);
    await this.#need.rates.take([hourly('enters', by.subject, this.#need.bounds().entriesPerHour)], now);
    // From here to the store in one tick: two entries at once are two attempts, one after the other.
    const draft = this.#enterable(id, by, now);
    if (draft.shown) throw new Refusal('E_DRAFT', 'whoever was shown the values cannot enter them any more');
    const found = differences(draft.bytes, command);
    if (draft.matched && found) throw new Refusal('E_DRAFT', 'you have entered it already');
    const left = draft.attemptsLeft - (found ? 1 : 0);
    const closed: ClosedDraft | undefined =
      left === 0 ? { how: 'differs', by, reason: '', at: now } : undefined;
    const next: Draft = { ...draft, attemptsLeft: left, matched: found ? undefined : by, closed };
    this.#open.set(id, next);
    await this.#need.store.write([this.#save(next)]);
    const entry = this.#entry(draft, by, now, found ? 0 : 1);
    return found ? { kind: 'differs', ...found, left, entry } : { kind: 'matched', entry };
  }

  /**
   * What the second person is about to complete, left open: verify their approval with it, then `take`. Throws
   * Refusal E_DRAFT unless this same person at this same tablet entered it.
   */
  complete(id: string, approval: Approval, by: Actor, now: number): CompleteDraft {
    const draft = this.#find(id, by, now);
    const { bytes, approval: first, context, companion, by: one, matched, shown } = draft;
    if (!matched || !isMatcher(matched, by)) {
      throw new Refusal('E_DRAFT', 'whoever signs second has to enter it first');
    }
    return {
      command: bytes,
      approvals: [first, approval],
      context,
      companion,
      tablets: [one.tablet, matched.tablet],
      primed: shown,
    };
  }

  /** Hands out the complete set once and closes the draft. Throws like `complete`; rejects when it cannot be stored. */
  async take(id: string, approval: Approval, by: Actor, now: number): Promise<CompleteDraft> {
    const complete = this.complete(id, approval, by, now);
    this.#open.delete(id);
    await this.#need.store.write([{ sql: DELETE, params: [id], expect: 1 }]);
    return complete;
  }

  /** The first or the matched second person takes the change back, by command hash; undefined: no such draft of theirs. */
  async withdraw(hash: Bytes, by: Actor, now: number): Promise<Entry | undefined> {
    const mine = [...this.#open.values()].find(
      (draft) =>
        now < draft.expires &&
        [draft.by.subject, draft.matched?.subject].includes(by.subject) &&
        equal(this.#need.sha256(draft.bytes), hash),
    );
    if (!mine) return undefined;
    this.#open.delete(mine.id);
    await this.#need.store.write([{ sql: DELETE, params: [mine.id] }]);
    const kids = by.kid ? [by.kid] : [];
    return { type: 'cancelled', time: now, device: mine.command.device, command: hash, kids };
  }

  /** Unknown, closed, expired, or of a device somebody else cares for: all the same to who asks. */
  #find(id: string, by: Actor, now: number): Draft {
    const draft = this.#open.get(id);
    if (!draft || draft.closed || !this.#mayKnow(draft, by, now))
      throw new Refusal('E_DRAFT', 'unknown, closed or expired');
    return draft;
  }

  #mayKnow({ command, expires }: Draft, { subject }: Actor, now: number): boolean {
    return now < expires && this.#need.care.has(subject, hex(command.device));
  }

  #enterable(id: string, by: Actor, now: number): Draft {
    const draft = this.#find(id, by, now);
    if (isSame(draft.by, by)) {
      throw new Refusal('E_DUAL_SAME_PERSON', 'another person at another tablet has to enter it', 'draft');
    }
    const { matched } = draft;
    // Whoever matched may say so again: the answer to the first time can have been lost on the way.
    if (matched && !isMatcher(matched, by)) {
      throw new Refusal('E_DRAFT', 'somebody has entered it already');
    }
    return draft;
  }

  #save(draft: Draft): Op {
    return { sql: UPSERT, params: [draft.id, draft.command.device, encodeBody(draft), draft.expires] };
  }

  #sweep(now: number): Op[] {
    for (const { id, expires } of this.#open.values()) if (now >= expires) this.#open.delete(id);
    return [{ sql: 'DELETE FROM draft WHERE expires <= ?', params: [now] }];
  }

  /** @param result 1 the same, 0 differs, 2 declined, 3 shown */
  #entry({ command, bytes }: Draft, by: Actor, now: number, result: 0 | 1 | 2 | typeof SHOWN): Entry {
    const kids = by.kid ? [by.kid] : [];
    const hash = this.#need.sha256(bytes);
    return { type: 'secondEntry', time: now, device: command.device, command: hash, kids, result };
  }
}

/** One of these is enough to be the same: a person with two passkeys, or two people at one tablet. */
const isSame = (a: Actor, b: Actor): boolean =>
  a.subject === b.subject ||
  a.tablet === b.tablet ||
  (a.kid !== undefined && b.kid !== undefined && equal(a.kid, b.kid));

/** Whoever matched, at the tablet they did it at. */
const isMatcher = (matched: Actor, { subject, tablet }: Actor): boolean =>
  matched.subject === subject && matched.tablet === tablet;

const hourly = (what: string, subject: string, count: number): Bucket => ({
  name: `drafts | ${what} | person ${subject}`,
  count,
  seconds: HOUR,
  axis: 'person',
});
