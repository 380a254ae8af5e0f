import { type Anchors, readAnchors } from '../../../server/protocol/anchors.ts';
import { parseBundle, parseEmergency, type Proof } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import { openProfile } from '../../../server/protocol/profile.ts';
import { issueAbsence, issueReceipt, KEPT_RECEIPTS, type Receipt } from '../../../server/protocol/receipt.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { type Answer, encodeAnswer, parseRequest, type Request } from '../../../server/protocol/link/wire.ts';
import { adoptable } from './adopt.ts';
import { refusalWord, safeAfter, sameSettings, stateAfter } from './after.ts';
import { attest, present } from './attest.ts';
import { Budget, RESERVE, STRANGERS, Work } from './budget.ts';
import { checkScope, Doorman } from './doorman.ts';
import { judgeEmergency } from './emergency.ts';
import { type Accepted, type Bench, judge, type KnownCredential, type Standing } from './judge.ts';
import { keptReceipt, keptSince } from './kept.ts';
import type { Contact, Parts } from './parts.ts';
import { type DeviceState, encodeState, parseState } from './state.ts';
import { store } from './store.ts';

type Made = Awaited<ReturnType<typeof openProfile>>;

/**
 * A device's communication side. It answers one message at a time, believes nothing it cannot verify, and
 * leaves the therapy with old settings or new ones, never between.
 */
export class Device {
  readonly work = new Work();
  readonly #parts: Parts;
  readonly #crypto: Crypto;
  readonly #known = new Map<string, KnownCredential>();
  readonly #strangers: Budget;
  readonly #reserve: Budget;
  readonly #doorman: Doorman;
  readonly #bootTicks: number;
  #state: DeviceState;
  #anchors: Anchors;
  #profile: Made;
  #nonce: Bench['nonce'];
  #heldStatus: Bytes | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(parts: Parts, state: DeviceState, anchors: Anchors, profile: Made) {
    this.#parts = parts;
    this.#crypto = this.work.counting(parts.crypto);
    this.#state = state;
    this.#anchors = anchors;
    this.#profile = profile;
    this.#bootTicks = state.ticks;
    this.#strangers = new Budget(parts.strangers ?? STRANGERS, state.ticks);
    this.#doorman = new Doorman(this.#crypto, this.work, state.ticks);
    this.#reserve = new Budget(RESERVE, state.ticks);
  }

  /** Switches a device on: its last whole state acts again before anybody can talk to it. */
  static async start(parts: Parts): Promise<Device> {
    const stored = await parts.storage.load();
    const state = stored ? parseState(stored) : parts.factory();
    if (!stored) await parts.storage.save(encodeState(state));
    const anchors = readAnchors(parts.crypto, state.anchors);
    const profile = await openProfile(parts.crypto, state.profile, [anchors.profileMaker]);
    parts.therapy.activate(state.settings, state.mode);
    return new Device(parts, state, anchors, profile);
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** Device ticks: seconds of running time, over all its lives. */
  get tick(): number {
    return this.#bootTicks + Math.floor(this.#parts.uptime());
  }

  /** A session over the air: whether another can be afforded, and who may begin it (throws Refusal). */
  readonly air = {
    afford: (): boolean => this.#doorman.afford(this.tick),
    admit: (shown: Bytes) => this.#doorman.admit(shown, this.#anchors, this.#state, this.tick),
    prove: (shown: Bytes, proof: Proof) => this.#doorman.prove(shown, proof, this.#bench()),
  };

  /** Answers one message; later messages wait. Never rejects: whatever is wrong becomes a coded refusal. */
  handle(message: Bytes, contact: Contact): Promise<Bytes> {
    const answer = this.#queue.then(() => this.#answer(message, contact));
    this.#queue = answer;
    return answer;
  }

  async #answer(message: Bytes, contact: Contact): Promise<Bytes> {
    try {
      return encodeAnswer(await this.#dispatch(parseRequest(message), contact));
    } catch (error) {
      if (!(error instanceof Refusal))
        return encodeAnswer({ kind: 'refused', code: 'E_STORAGE', field: 'device' });
      return encodeAnswer({ kind: 'refused', code: error.code, field: (error.field ?? '').slice(0, 120) });
    }
  }

  async #dispatch(request: Request, contact: Contact): Promise<Answer> {
    checkScope(request, contact);
    switch (request.kind) {
      case 'emergency-open':
        return { kind: 'presence', presence: await this.#present(contact) };
      case 'open':
        return { kind: 'attestation', attestation: await this.#open(contact) };
      case 'deliver':
        return { kind: 'receipt', receipt: await this.#deliver(request.bundle, request.companion) };
      case 'emergency':
        return { kind: 'receipt', receipt: await this.#emergency(request.emergency) };
      case 'receipt-for':
        return this.#receiptFor(request.command, contact);
      case 'receipts-since':
        return { kind: 'receipts', receipts: keptSince(this.#state, request.number) };
      case 'anchors':
        await this.#replaceAnchors(request.anchors);
        return { kind: 'accepted' };
      case 'read-out': // of a device that has nothing to tell this way
        throw new Refusal('E_ROUTE', 'not read out like this', 'message.0');
      default:
        return request satisfies never;
    }
  }

  /** Says who it is. Opening again shows the same nonce, so that a stranger's tap cannot void a clinician's work. */
  async #open(contact: Contact): Promise<Bytes> {
    const tick = this.tick;
    this.#charge(contact, 'open');
    const life = this.#profile.profile.nonceTicks.r2;
    const alive = this.#nonce && tick <= this.#nonce.born + life;
    this.#nonce =
      alive && this.#nonce
        ? { ...this.#nonce, shown: tick }
        : { value: this.#parts.random(16), born: tick, shown: tick };
    this.work.signatures++;
    const { value, born } = this.#nonce;
    const facts = { nonce: value, ticks: tick, ticksLeft: born + life - tick, channel: contact.channel };
    return attest(this.#parts, this.#state, {
      ...facts,
      profile: this.#profile.hash,
      anchors: this.#anchors.version,
    });
  }

  /** The little that helps in an emergency, and nothing clinical. */
  #present({ channel }: Contact): Promise<Bytes> {
    if (!this.#doorman.affordWord(channel, this.tick))
      throw new Refusal('E_RATE', 'asked too often', 'emergency-open');
    this.work.signatures++;
    return present(this.#parts, this.#state, { ticks: this.tick, channel, profile: this.#profile.hash });
  }

  /** On NFC anybody may ask; each signature is paid for from what strangers may cost. */
  #charge({ kind }: Contact, what: string): void {
    const dear = kind === 'nfc' && !this.#strangers.spend(this.tick);
    if (dear) throw new Refusal('E_RATE', 'asked too often', what);
  }

  /** A bundle delivered twice gets the same receipt twice and acts once. */
  async #deliver(bundle: Bytes, companion: Bytes | undefined): Promise<Bytes> {
    const before = this.#receiptOf(parseBundle(bundle).command);
    if (before) return before;
    const standing: Standing = { kids: [], complete: false };
    try {
      return await this.#accept(await judge(bundle, companion, this.#bench(), standing), companion);
    } catch (error) {
      if (!(error instanceof Refusal) || !standing.grant || standing.kids.length === 0) throw error;
      return this.#refuse(error, standing);
    }
  }

  readonly #receiptOf = (command: Bytes) => keptReceipt(this.#state, this.#crypto.sha256(command));

  async #accept(accepted: Accepted, companion: Bytes | undefined): Promise<Bytes> {
    const { hash, after, grant, kids, status } = accepted;
    const tick = this.tick;
    const state = this.#state;
    const readBack = this.#parts.therapy.stage(after);
    const exact = sameSettings(readBack, after);
    const next = stateAfter(accepted, companion, readBack, { state, tick, profile: this.#profile.profile });
    const receipt = await this.#commit(next, {
      result: exact ? 'applied' : 'applied-modified',
      command: hash,
      grant: grant.id,
      intentLeaf: grant.intentLeaf,
      kids,
      after,
      readBack,
    });
    this.#nonce = undefined;
    this.#strangers.refill();
    if (status) this.#heldStatus = status.digest;
    return receipt;
  }

  async #emergency(bytes: Bytes): Promise<Bytes> {
    const repeated = this.#receiptOf(parseEmergency(bytes).command);
    if (repeated) return repeated;
    const { hash, kid } = await judgeEmergency(bytes, this.#bench(), this.#reserve);
    const safe = new Map([...this.#state.settings, ...this.#profile.profile.safeState]);
    const readBack = this.#parts.therapy.stage(safe);
    const next = safeAfter(this.#state, readBack, this.#parts.random(16));
    const result = sameSettings(readBack, safe) ? 'applied' : 'applied-modified';
    this.#nonce = undefined;
    const word = { result, command: hash, kids: [kid], after: safe, readBack } as const;
    return this.#commit(next, word).catch((error: unknown) => {
      // Nothing can be written down, and the patient comes first. Asked again, it tries to write again.
      this.#state = { ...next, emergencyNonce: this.#state.emergencyNonce };
      this.#parts.therapy.activate(readBack, next.mode);
      throw error;
    });
  }

  /** A refusal that came after the grant and one approval: it counts, and it is on the record. */
  async #refuse(refusal: Refusal, standing: Standing): Promise<Bytes> {
    if (standing.complete) this.#nonce = undefined;
    return this.#commit(this.#state, refusalWord(refusal.code, standing, this.#state.settings));
  }

  /** Signs the receipt, stores the whole new state with it in one write, and only then lets it act. */
  async #commit(
    next: DeviceState,
    word: Pick<
      Receipt,
      'result' | 'code' | 'command' | 'grant' | 'intentLeaf' | 'kids' | 'after' | 'readBack'
    >,
  ): Promise<Bytes> {
    const state = this.#state;
    const tick = this.tick;
    const number = state.receiptNumber + 1;
    this.work.signatures++;
    const receipt = await issueReceipt(
      {
        ...word,
        device: this.#parts.id,
        number,
        counter: next.counter,
        before: state.settings,
        previous: state.lastReceipt,
        ticks: tick,
      },
      this.#parts.identity,
    );
    const whole: DeviceState = {
      ...next,
      ticks: tick,
      receiptNumber: number,
      lastReceipt: this.#crypto.sha256(receipt),
      receipts: [...state.receipts, { command: word.command, receipt }].slice(-KEPT_RECEIPTS),
    };
    await store(this.#parts.storage, encodeState(whole));
    this.#state = whole;
    this.#parts.therapy.activate(whole.settings, whole.mode);
    return receipt;
  }

  /** The receipt of a command, or the device's word that it has none. */
  async #receiptFor(command: Bytes, contact: Contact): Promise<Answer> {
    const receipt = keptReceipt(this.#state, command);
    if (receipt) return { kind: 'receipt', receipt };
    this.#charge(contact, 'receipt-for');
    const { counter, receiptNumber } = this.#state;
    const open = this.#nonce && this.tick <= this.#nonce.born + this.#profile.profile.nonceTicks.r2;
    this.work.signatures++;
    const absence = await issueAbsence(
      { device: this.#parts.id, command, final: !open, number: receiptNumber, counter, ticks: this.tick },
      this.#parts.identity,
    );
    return { kind: 'absence', absence };
  }

  async #replaceAnchors(bytes: Bytes): Promise<void> {
    const held = { anchors: this.#anchors, profile: this.#state.profile };
    const means = { crypto: this.#crypto, strangers: this.#strangers, tick: this.tick };
    const next = await adoptable(bytes, held, means);
    const state = { ...this.#state, anchors: bytes, ticks: this.tick };
    await store(this.#parts.storage, encodeState(state));
    this.#state = state;
    this.#anchors = next;
    this.#known.clear();
    this.#heldStatus = undefined;
  }

  #bench(): Bench {
    return {
      crypto: this.#crypto,
      device: this.#parts.id,
      anchors: this.#anchors,
      profile: this.#profile.profile,
      profileHash: this.#profile.hash,
      state: this.#state,
      nonce: this.#nonce,
      tick: this.tick,
      strangers: this.#strangers,
      confirmedAtDevice: () => this.#parts.therapy.confirmedAtDevice(),
      known: this.#known,
      heldStatus: this.#heldStatus,
    };
  }
}
