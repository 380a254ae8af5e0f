import { parseEmergency } from '../protocol/bundle.ts';
import { type Bytes, equal, hex } from '../protocol/encoding/bytes.ts';

import { parseCommand } from '../protocol/command.ts';
import { encode } from '../protocol/encoding/cbor.ts';
import { ROLE } from '../protocol/credential.ts';
import type { Crypto } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { arrayOf, bytesOf, decodeStrict, textOf, uint } from '../protocol/encoding/fields.ts';
import { openReceipt, type Receipt, RESULT } from '../protocol/receipt.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseSigned, parseStatement, PURPOSE, type SignedStatement } from '../protocol/statement.ts';
import type { Person } from '../authenticate/authenticated.ts';
import type { Bedside } from './bedside.ts';
import { type OwnReason, parseOwnReason } from './emergency-reason.ts';

export interface EmergencyParts {
  readonly crypto: Crypto;
  readonly now: () => number;
  readonly bedside: (id: string) => Bedside | undefined;
  /** Announces something in the log under a name, once; durable when it resolves. */
  readonly announce: (name: string, entry: Omit<Entry, 'time'>) => Promise<void>;
  /** The same of a statement about a device: the log has its digest, and what was signed is kept beside it, under a name if one is given. */
  readonly said: (
    entry: Omit<Entry, 'time'>,
    device: Bytes,
    signed: SignedStatement,
    name?: string,
  ) => Promise<void>;
  readonly keep: (name: string, value: Bytes) => Promise<void>;
  readonly recall: (name: string) => Bytes | undefined;
  readonly verify: (signed: SignedStatement, purpose: 'review' | 'reason') => Promise<Person>;
  /** Told of each thing that happens to a device: `changed` where it has an open review now, or none any more. */
  readonly tell: (event: 'changed' | 'emergency' | 'review', device: Bytes) => void;
}

/** Who says something about an emergency, as their session has it. */
export interface EmergencyAsker {
  readonly subject: string;
  readonly roles: number;
  /** Is it one of their passkeys? People may have more than one. */
  readonly owns: (kid: Bytes) => boolean;
}

/** With whichever of their passkeys either was signed. */
const isRescuer = ({ rescuers }: Bedside, by: Person, { owns }: EmergencyAsker): boolean =>
  rescuers.some((kid) => equal(kid, by.credential.key.kid) || owns(kid));

const MAX_RECORD = 16_384;
const reviewOf = (bedside: Bedside): string => `review ${bedside.device.hex}`;
const rescuedOf = (bedside: Bedside): string => `rescued ${bedside.device.hex}`;
const reasonOf = (command: Bytes): string => `reason ${hex(command)}`;

/**
 * What was done through the emergency door reaches the log, whoever brings the news first, the device or the reader
 * station; and somebody else than the rescuer has to look at it before two people can change the device again.
 */
export class Emergencies {
  readonly #parts: EmergencyParts;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: EmergencyParts) {
    this.#parts = parts;
  }

  /** Takes up reviews that a restart found open. */
  recall(bedsides: Iterable<Bedside>): void {
    for (const bedside of bedsides) {
      const at = this.#parts.recall(rescuedOf(bedside));
      if (at) bedside.rescuedAt = uint(decodeStrict(at, 'rescued', 16), 'rescued');
      const kept = this.#parts.recall(reviewOf(bedside));
      if (!kept || kept.length === 0) continue;
      const [command, kids] = arrayOf(decodeStrict(kept, 'review', 256), 'review', 2, 2);
      bedside.review = bytesOf(command, 'review', 32);
      bedside.rescuers = arrayOf(kids, 'review', 0, 2).map((kid) => bytesOf(kid, 'review', 16));
    }
  }

  /**
   * A record that a station kept: [emergency message, receipt]. Resolves once it is in the log, with its digest.
   * Throws Refusal for a record that proves nothing.
   */
  async record(bytes: Bytes): Promise<Bytes> {
    const { crypto, bedside } = this.#parts;
    const [message, signed] = arrayOf(decodeStrict(bytes, 'record', MAX_RECORD), 'record', 2, 2);
    const { command } = parseEmergency(bytesOf(message, 'record.message'));
    const at = bedside(hex(parseCommand(command).device));
    if (!at)
      throw new Refusal('E_NOT_ENROLLED', 'a record of a device that is not of this hospital', 'command.2');
    const receiptBytes = bytesOf(signed, 'record.receipt');
    const receipt = await openReceipt(crypto, receiptBytes, at.device.identity);
    if (!equal(receipt.command, crypto.sha256(command)))
      throw new Refusal('E_CMD_HASH', 'a receipt for something else', 'record.receipt');
    await this.used(at, receiptBytes, receipt);
    const digest = crypto.sha256(bytes);
    await this.#parts.keep(`emergency record ${hex(receipt.command)}`, bytes);
    return digest;
  }

  /** A verified receipt of the safe mode: logged once, and a review is open. Any other receipt is none of this. */
  used(bedside: Bedside, bytes: Bytes, receipt: Receipt): Promise<void> {
    // Device and station may bring the same news at once.
    return this.#after(() => this.#used(bedside, bytes, receipt));
  }

  /** One after the other. */
  #after(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #used(bedside: Bedside, bytes: Bytes, receipt: Receipt): Promise<void> {
    if (receipt.grant || receipt.result === 'refused') return;
    const { crypto, now, announce, keep, recall, tell } = this.#parts;
    const digest = crypto.sha256(bytes);
    const name = `emergency ${hex(digest)}`;
    if (recall(name)) return;
    const { command, kids, number } = receipt;
    bedside.review = command;
    bedside.rescuers = kids;
    await keep(reviewOf(bedside), encode([command, [...kids]]));
    bedside.rescuedAt = now();
    await keep(rescuedOf(bedside), encode(bedside.rescuedAt));
    const result = RESULT[receipt.result];
    await announce(name, {
      type: 'emergency',
      device: bedside.device.id,
      command,
      kids,
      digest,
      number,
      result,
    });
    tell('changed', bedside.device.id);
    tell('emergency', bedside.device.id);
  }

  /**
   * Closes a review by a `review` statement of an operator or a second clinician who is not the rescuer, naming device
   * and command, with a note. Throws Refusal E_SCOPE, E_ROLE, E_DUAL_SAME_PERSON or E_CMD_MALFORMED.
   */
  async review(signed: SignedStatement, asker: EmergencyAsker): Promise<void> {
    const { crypto, bedside, said, keep, tell } = this.#parts;
    const by = await this.#signer(signed, 'review', asker);
    const { detail } = parseStatement(signed.statement);
    const at = bedside(hex(bytesOf(detail.get(1), 'statement.5.1', 8)));
    const command = bytesOf(detail.get(2), 'statement.5.2', 32);
    if (textOf(detail.get(3), 'statement.5.3', 500).trim() === '')
      throw new Refusal('E_CMD_MALFORMED', 'say what you found', 'statement.5.3');
    if (!at?.review || !equal(at.review, command))
      throw new Refusal('E_SCOPE', 'no such review is open', 'statement.5.1');
    if (isRescuer(at, by, asker))
      throw new Refusal('E_DUAL_SAME_PERSON', 'whoever rescued does not review it', 'statement');
    if ((by.credential.roles & asker.roles & (ROLE.operator | ROLE.second)) === 0)
      throw new Refusal('E_ROLE', 'an operator or a second clinician reviews', 'credential.roles');
    const digest = crypto.sha256(signed.statement);
    const kids = [signed.approval.kid];
    await said({ type: 'statement', digest, kids, number: PURPOSE.review }, at.device.id, signed);
    await keep(reviewOf(at), new Uint8Array());
    at.review = undefined;
    tell('changed', at.device.id);
    tell('review', at.device.id);
  }

  /**
   * Why the rescuer used the door, by their own `reason` statement: once, and as long as the review is open. Throws Refusal
   * E_SCOPE, E_ROLE or E_CMD_MALFORMED.
   */
  async explain(signed: SignedStatement, asker: EmergencyAsker): Promise<void> {
    const by = await this.#signer(signed, 'reason', asker);
    const { device, command } = parseOwnReason(signed.statement);
    return this.#after(async () => {
      const { crypto, bedside, said, tell } = this.#parts;
      const at = bedside(hex(device));
      if (!at?.review || !equal(at.review, command))
        throw new Refusal('E_SCOPE', 'no such review is open', 'statement.5.2');
      if (!isRescuer(at, by, asker))
        throw new Refusal('E_ROLE', 'whoever used the door says why they did', 'approval.kid');
      if (this.reason(command)) throw new Refusal('E_SCOPE', 'the reason was given already', 'statement.5.2');
      const digest = crypto.sha256(signed.statement);
      const entry = {
        type: 'statement',
        digest,
        kids: [signed.approval.kid],
        number: PURPOSE.reason,
      } as const;
      await said(entry, device, signed, reasonOf(command));
      tell('review', device);
    });
  }

  /** What the rescuer said about an emergency, by the hash of its command; undefined while they have not. */
  reason(command: Bytes): OwnReason | undefined {
    const kept = this.#parts.recall(reasonOf(command));
    return kept && parseOwnReason(parseSigned(kept).statement);
  }

  async #signer(
    signed: SignedStatement,
    purpose: 'review' | 'reason',
    { subject }: EmergencyAsker,
  ): Promise<Person> {
    const by = await this.#parts.verify(signed, purpose);
    if (by.subject !== subject)
      throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in here', 'approval.kid');
    return by;
  }
}
