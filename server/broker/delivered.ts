import { openAttestation } from '../protocol/attestation.ts';
import { parseBundle } from '../protocol/bundle.ts';
import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import { parseCommand } from '../protocol/command.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { type Absence, KEPT_RECEIPTS, openAbsence, openReceipt, type Receipt } from '../protocol/receipt.ts';
import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import type { Answer } from '../protocol/link/wire.ts';
import type { Bedside } from './bedside.ts';
import type { Granted } from './granted.ts';
import type { DeviceLink } from '../transport/link.ts';
import type { JournalEntry } from './journal.ts';

/** The device's word on a command, or that there is none. Nobody else's word counts. */
export type Word =
  | { readonly kind: 'receipt'; readonly bytes: Bytes; readonly receipt: Receipt }
  /** Not accepted, and it cannot be any more: said in the channel, confirmed by a signed absence. */
  | { readonly kind: 'turned-down'; readonly code: RefusalCode; readonly absence: Bytes | undefined }
  | { readonly kind: 'unknown'; readonly why: string };

/** Evidence of what came of a delivery. */
export class Delivered {
  readonly #minted = true;
  readonly entry: JournalEntry;
  readonly bedside: Bedside;
  readonly word: Word;

  private constructor(entry: JournalEntry, bedside: Bedside, word: Word) {
    this.entry = entry;
    this.bedside = bedside;
    this.word = word;
  }

  static mint(entry: JournalEntry, bedside: Bedside, word: Word): Delivered {
    return new Delivered(entry, bedside, word);
  }

  /** Throws TypeError for anything that was not minted here. */
  static guard(value: Delivered): void {
    if (!(#minted in value) || !value.#minted) throw new TypeError('evidence was not minted here');
  }
}

/** Sends a granted command, once. Whatever goes wrong after the first byte is `unknown`, never a second try. */
export async function deliver(granted: Granted, crypto: Crypto): Promise<Delivered> {
  const { bedside, entry, bundle, companion } = granted;
  const done = (word: Word): Delivered => Delivered.mint(entry, bedside, word);
  const conversation = bedside.conversation;
  if (!conversation || conversation.link.closed)
    return done({ kind: 'turned-down', code: 'E_LINK', absence: undefined });
  try {
    const answer = await conversation.ask({ kind: 'deliver', bundle, ...(companion && { companion }) });
    if (answer.kind !== 'refused') return done(await readWord(answer, entry, bedside, crypto));
    const asked = await conversation.ask({ kind: 'receipt-for', command: entry.command });
    const said = endsAtDevice(conversation.link) ? answer.code : undefined;
    return done(await readWord(asked, entry, bedside, crypto, said));
  } catch (error) {
    return done({ kind: 'unknown', why: said(error) });
  }
}

/** Asks the device what became of a command. Nothing is sent but the question. */
export async function settle(entry: JournalEntry, bedside: Bedside, crypto: Crypto): Promise<Delivered> {
  const done = (word: Word): Delivered => Delivered.mint(entry, bedside, word);
  try {
    const answer = await bedside.inContact().ask({ kind: 'receipt-for', command: entry.command });
    return done(await readWord(answer, entry, bedside, crypto));
  } catch (error) {
    return done({ kind: 'unknown', why: said(error) });
  }
}

/**
 * Reads an answer about one command. `refusedWith` is the code the device gave a moment ago, in the channel and
 * unsigned: with it, a signed absence settles the matter at once. Only where the channel itself ends at the device:
 * whoever carries an open one could invent the refusal and deliver the bundle later, while its grant lasts.
 */
async function readWord(
  answer: Answer,
  entry: JournalEntry,
  bedside: Bedside,
  crypto: Crypto,
  refusedWith?: RefusalCode,
): Promise<Word> {
  const { identity, id } = bedside.device;
  if (answer.kind === 'receipt') {
    const receipt = await openReceipt(crypto, answer.receipt, identity);
    if (!equal(receipt.command, entry.command) || !equal(receipt.device, id)) {
      throw new Refusal('E_DEVICE_IDENTITY', 'a receipt for another command', 'receipt.4');
    }
    return { kind: 'receipt', bytes: answer.receipt, receipt };
  }
  if (answer.kind !== 'absence') return { kind: 'unknown', why: 'the device did not answer the question' };
  const absence = await openAbsence(crypto, answer.absence, identity);
  if (!equal(absence.command, entry.command) || !equal(absence.device, id)) {
    throw new Refusal('E_DEVICE_IDENTITY', 'an absence for another command', 'absence.2');
  }
  if (await forgotten(absence, entry, bedside, crypto))
    return { kind: 'unknown', why: 'the device keeps no receipt from that far back' };
  const over = absence.final || absence.ticks > entry.notAfterTick;
  if (!refusedWith && !over)
    return { kind: 'unknown', why: 'the device has no receipt yet, and could still accept it' };
  return { kind: 'turned-down', code: refusedWith ?? 'E_GRANT_EXPIRED', absence: answer.absence };
}

/** Mutual TLS ends at the device, and so does an encrypted tap, which has a channel of its own. */
const endsAtDevice = ({ kind, channel }: DeviceLink): boolean =>
  kind === 'websocket' || channel.some((byte) => byte !== 0);

/**
 * Could the device have accepted the command and dropped its receipt since? Its counter counts what it accepted: below
 * that of the command, it never did; and a receipt is kept until this many newer ones have come.
 */
async function forgotten(
  { counter, number }: Absence,
  entry: JournalEntry,
  { device }: Bedside,
  crypto: Crypto,
): Promise<boolean> {
  if (counter < parseCommand(parseBundle(entry.bundle).command).counter) return false;
  const { receiptNumber } = await openAttestation(crypto, entry.attestation, device.identity);
  return number - receiptNumber > KEPT_RECEIPTS;
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
