import { setTimeout as pause } from 'node:timers/promises';
import type { Attestation } from '../../server/protocol/attestation.ts';
import { type Bundle, encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Command, OPERATION } from '../../server/protocol/command.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import type { Profile } from '../../server/protocol/profile.ts';
import type { Receipt } from '../../server/protocol/receipt.ts';
import { Refusal, type RefusalCode } from '../../server/protocol/refusal.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../../server/protocol/link/wire.ts';
import { attestationIn, refusalIn, unexpected } from './answers.ts';
import { checkMoved, checkReceipt, checkUnmoved, openedReceipt } from './bench-checks.ts';
import type { Declaration } from './declaration.ts';
import { CaseFault, same, shown, Skipped } from './faults.ts';
import { type Contact, Lost } from './links/contact.ts';
import type { DeviceProcess } from './links/device-process.ts';
import type { Place } from './place.ts';
import { type BundleChanges, type Facts, makeBundle } from './world/bundles.ts';
import type { Hospital } from './world/hospital.ts';
import type { KitLog } from './world/kit-log.ts';
import type { People, Person } from './world/people.ts';
import { type Changes, ruleFor, tierIfAllowed, wishesOf } from './world/wishes.ts';

/** One message and what came back, for the report. */
export interface Exchange {
  readonly sent: Bytes;
  readonly got: Bytes | undefined;
  readonly ms: number;
}

export interface BenchParts {
  readonly declaration: Declaration;
  readonly hospital: Hospital;
  readonly log: KitLog;
  readonly people: People;
  readonly first: Person;
  readonly second: Person;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  readonly place: Place;
  readonly process: DeviceProcess;
  /** Unix seconds. */
  readonly now: number;
  readonly onExchange: (exchange: Exchange) => void;
}

/** How a message that proves nothing has to be answered. */
export interface Expected {
  readonly codes: readonly RefusalCode[];
  /** After the grant and one approval verified, a refusal is a receipt; before, a receipt is a waste. */
  readonly receipt?: boolean;
}

/** Strangers may cost a device about thirty signatures at once; on a reader, opening is one of them. */
const COSTS_BEFORE_REFILL = 18;
const TOKEN_MS = 10_500;
/** A device’s time is whole seconds: a grant can be late only once it has run for one. */
export const TICK_MS = 1_100;

/** A device under test in the hands of a hospital that can do everything a real one can, and everything wrong. */
export class Bench {
  readonly parts: BenchParts;
  /** Settings whose window is used up. */
  readonly #exhausted = new Set<string>();
  /** Changes that were refused by a receipt: the same command again would get the same receipt. */
  readonly #answered = new Set<string>();
  #lastWish = '';
  #contact: Contact | undefined;
  #attestation: Attestation | undefined;
  #status: Bytes | undefined;
  #costs = 0;
  /** Version of the revocation list that travels along. */
  statusVersion = 0;

  constructor(parts: BenchParts) {
    this.parts = parts;
  }

  /** What the device last said of itself. */
  get attestation(): Attestation {
    if (!this.#attestation) throw new Error('the device was not opened');
    return this.#attestation;
  }

  /** Everything bundles are built from. */
  async facts(): Promise<Facts> {
    const { profile, log, hospital, now } = this.parts;
    const attestation = this.#attestation ?? (await this.open());
    this.#status ??= await this.statusList(attestation.statusVersion + 1);
    return { profile, log, grantKey: hospital.signer('grant'), status: this.#status, attestation, now };
  }

  /** The empty revocation list under a number; later bundles carry it. */
  async statusList(version: number): Promise<Bytes> {
    this.statusVersion = version;
    const list = { version, issued: this.parts.now, revoked: [] };
    this.#status = await issueStatus(list, this.parts.hospital.signer('authority'));
    return this.#status;
  }

  async contact(): Promise<Contact> {
    if (!this.#contact || this.#contact.closed) this.#contact = await this.parts.place.contact();
    return this.#contact;
  }

  /** Forgets the connection: the next message goes over a new one. */
  hangUp(): void {
    this.#contact?.close();
    this.#contact = undefined;
  }

  /** After a failure nobody knows what the device is in; where the declaration allows it, it starts from the bench. */
  async renew(): Promise<void> {
    const { declaration, process } = this.parts;
    this.hangUp();
    this.#attestation = undefined;
    this.#answered.clear();
    if (declaration.start === undefined || declaration.state === undefined) return;
    await process.cut();
    await this.parts.place.left();
    process.forget();
    this.#status = undefined;
    this.#exhausted.clear();
    process.start();
    await this.contact();
    await pause(TICK_MS);
  }

  /** One message, one answer; an answer that is none of the protocol's is a fault of the device. */
  async send(message: Request | Bytes): Promise<Answer> {
    const sent = message instanceof Uint8Array ? message : encodeRequest(message);
    const contact = await this.contact();
    const since = performance.now();
    let got: Bytes | undefined;
    try {
      got = await contact.exchange(sent);
    } finally {
      this.parts.onExchange({ sent, got, ms: performance.now() - since });
    }
    try {
      return parseAnswer(got);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const rule = 'every answer is one of section 6';
      throw new CaseFault(rule, { expected: 'an answer', got: error.message, field: error.field ?? '' });
    }
  }

  /** Opens the device and believes only what it signed for this channel. */
  async open(): Promise<Attestation> {
    this.#costs++;
    const answer = await this.patiently({ kind: 'open' });
    const { declaration, profileHash } = this.parts;
    const said = await attestationIn(answer, declaration.identity);
    same('the attestation names the declared device', 'attestation.5', declaration.id, said.device);
    same('the attestation names the profile it holds', 'attestation.11', profileHash, said.profile);
    const { channel } = await this.contact();
    same('the attestation is bound to this channel', 'attestation.16', channel, said.channel);
    this.#attestation = said;
    return said;
  }

  /** Sends what should not be refused for being asked too often: a bucket that is empty fills again. */
  async patiently(message: Request): Promise<Answer> {
    for (let waited = 0; ; waited += TOKEN_MS / 7) {
      const answer = await this.send(message);
      const tooOften = answer.kind === 'refused' && answer.code === 'E_RATE';
      if (!tooOften || waited > TOKEN_MS) return answer;
      await pause(TOKEN_MS / 7);
    }
  }

  /** A bundle for the device as it stands now, by as many people as its tier takes. */
  async bundle(changes: BundleChanges = {}, tier: 1 | 2 = 1): Promise<Bundle> {
    const { first, second } = this.parts;
    return makeBundle(await this.facts(), tier === 1 ? [first] : [first, second], changes);
  }

  /** The first change of a tier that the profile allows now, whose window is not used up, and that is news. */
  async wish(tier: 1 | 2): Promise<Changes> {
    const { profile, attestation } = await this.facts();
    const all = wishesOf(profile, attestation.settings, tier);
    const left = all.filter((each) => !this.#exhausted.has(settingsOf(each)));
    const wish = left.find((each) => !this.#answered.has(shown(each)));
    if (wish) {
      this.#lastWish = shown(wish);
      return wish;
    }
    if (left.length > 0) {
      await this.accept(1); // the counter moves on, and every command is news again
      return this.wish(tier);
    }
    throw new Skipped(
      all.length > 0
        ? 'what may change within a window is used up; declare `state`, or wait until the window is over'
        : `the profile has no setting that ${tier === 1 ? 'one person' : 'two people'} may change from here`,
    );
  }

  /** Has the device take one change of a tier, and holds its receipt and its new state against every rule. */
  async accept(
    tier: 1 | 2 = 1,
  ): Promise<{ readonly receipt: Receipt; readonly bytes: Bytes; readonly bundle: Bundle }> {
    await this.open();
    for (;;) {
      const changes = await this.wish(tier);
      const taken = await this.perform({ changes }, tier);
      if (taken !== 'rate-of-change') return taken;
      for (const code of changes.keys()) this.#exhausted.add(String(code));
    }
  }

  /** Delivers a genuine command that the device has to take; the device was opened. */
  async perform(command: Partial<Command>, tier: 1 | 2, companion?: Bytes) {
    const before = this.attestation;
    const bundle = await this.bundle({ command }, tier);
    const request = {
      kind: 'deliver',
      bundle: encodeBundle(bundle),
      ...(companion && { companion }),
    } as const;
    const answer = await this.patiently(request);
    if (answer.kind === 'refused' && answer.code === 'E_CMD_RATE_OF_CHANGE') return 'rate-of-change' as const;
    if (answer.kind !== 'receipt') throw unexpected('a receipt', answer);
    const receipt = await openedReceipt(answer.receipt, this.parts.declaration.identity);
    checkReceipt(receipt, { before, bundle, changes: command.changes ?? new Map() });
    this.#costs = 0;
    this.#answered.clear();
    this.#attestation = undefined;
    const after = await this.open();
    checkMoved(before, after, receipt, answer.receipt);
    return { receipt, bytes: answer.receipt, bundle };
  }

  /** Sends what has to be refused, and shows that nothing moved. The device was opened. */
  async refuse(message: Request | Bytes, expected: Expected): Promise<void> {
    const before = this.attestation;
    let answer: Answer;
    try {
      answer = await this.send(message);
    } catch (error) {
      // A device may hang up on what it cannot read; what counts is that nothing moved.
      if (!(error instanceof Lost) || !expected.codes.includes('E_CMD_MALFORMED')) throw error;
      this.hangUp();
      return checkUnmoved(before, await this.open(), { receipt: false });
    }
    const receipted = answer.kind === 'receipt';
    const codes = expected.codes.join(' or ');
    const refusal = await refusalIn(answer, before, this.parts.declaration.identity);
    if (!refusal) throw unexpected(`a refusal with ${codes}`, answer);
    if (!expected.codes.includes(refusal.code)) {
      const { code: got, field } = refusal;
      throw new CaseFault(`it is refused with ${codes}`, { expected: codes, got, field });
    }
    const receiptRule = 'a refusal is a receipt after the grant and one approval verified, and not before';
    same(
      receiptRule,
      'answer.0',
      expected.receipt === true ? 'a receipt' : 'no receipt',
      receipted ? 'a receipt' : 'no receipt',
    );
    if (receipted) this.#answered.add(this.#lastWish);
    checkUnmoved(before, await this.open(), { receipt: receipted });
    if (this.#costs > COSTS_BEFORE_REFILL && (await this.contact()).kind === 'nfc') await this.accept(1);
  }

  /** Operations that need somebody at the device, or that this profile lacks, are no reason to fail. */
  ruleOf(operation: number) {
    const rule = ruleFor(this.parts.profile, operation);
    if (!rule) throw new Skipped(`the profile has no operation ${nameOf(operation)}`);
    return rule;
  }

  /** Somebody confirms at the device, where an operation asks for it. */
  async confirmFor(operation: number): Promise<void> {
    if (!this.ruleOf(operation).physicalIntent) return;
    if (this.parts.declaration.confirm === undefined)
      throw new Skipped('nobody can confirm at the device: declare `confirm`');
    await this.parts.process.confirm();
  }

  tierOf(changes: Changes): 1 | 2 | undefined {
    return tierIfAllowed(this.parts.profile, this.attestation.settings, changes);
  }
}

const settingsOf = (changes: Changes): string => [...changes.keys()].join();

const nameOf = (operation: number): string =>
  Object.entries(OPERATION).find(([, number]) => number === operation)?.[0] ?? String(operation);
