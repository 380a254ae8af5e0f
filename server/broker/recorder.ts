import type { Intent } from '../audit/intent.ts';
import type { LogWriter } from '../audit/log-writer.ts';
import type { Appended } from '../audit/sequenced.ts';
import type { LogEntry } from '../audit/sequencer.ts';
import type { Authorized } from '../authorize/request.ts';
import { parseBundle, type Proof } from '../protocol/bundle.ts';
import { type Bytes, concat, equal } from '../protocol/encoding/bytes.ts';
import { encode } from '../protocol/encoding/cbor.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { parseCommand } from '../protocol/command.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { SHOWN } from '../protocol/primed.ts';
import { type Receipt, RESULT } from '../protocol/receipt.ts';
import type { RefusalCode } from '../protocol/refusal.ts';
import type { SealedOutcome } from '../protocol/stream.ts';
import type { Op } from '../store/batch.ts';
import type { Store } from '../store/store.ts';
import type { Bedside } from './bedside.ts';
import { Delivered } from './delivered.ts';
import { announceOp, freeOp, type JournalEntry, journalOp, onceOp } from './journal.ts';

export interface RecorderParts {
  readonly log: LogWriter;
  readonly store: Pick<Store, 'write'>;
  readonly sha256: Sha256;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  readonly bedside: (device: Bytes) => Bedside;
  /** Keeps what a command's commitments open to, under its patient's key. */
  readonly keepOpenings: (command: Bytes, patient: Bytes, openings: Bytes) => readonly Op[];
  readonly mintIntent: (authorized: Authorized, proof: Proof, leaf: Bytes) => Intent;
  /** Makes a log entry storable, and its appended place a proof. */
  readonly logEntry: (entry: Entry) => Parameters<LogWriter['append']>[0][number];
  readonly proofOf: (bytes: Bytes, appended: Awaited<ReturnType<LogWriter['append']>>[number]) => Proof;
}

/** Applied or refused is the device's own word, sealed in the log; anything else is unknown. */
export type Ending =
  | { readonly kind: 'sealed'; readonly sealed: SealedOutcome }
  | { readonly kind: 'unknown'; readonly command: Bytes };

/** Writes a command's life into log and journal: each step in one transaction, before anything follows from it. */
export class Recorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /**
   * Announces a command: durable, sequenced and witnessed before this resolves; what lowers risk does not wait for the
   * witnesses, and the device knows it by its own profile. Rejects with StoreConflict when it was announced before.
   */
  async recordIntent(authorized: Authorized): Promise<Intent> {
    const { log, now, bedside, mintIntent, logEntry, proofOf } = this.#parts;
    const { who, tier, commandClass, waits } = authorized.request;
    const at = bedside(who.command.device);
    const { commitments, openings } = this.#commitments(authorized);
    const entry = logEntry({
      type: 'intent',
      time: now(),
      device: who.command.device,
      command: who.hash,
      kids: who.approvals.map((approval) => approval.kid),
      tier,
      commitments,
      link: at.device.transport === 'nfc' ? 2 : 1,
      ...(at.conversation && { detail: printable(at.conversation.link.place) }),
      ...(who.primed && { result: SHOWN }),
    });
    const journal: JournalEntry = {
      command: who.hash,
      device: who.command.device,
      state: 'logged',
      updated: now(),
      tier,
      commandClass,
      kids: who.approvals.map((approval) => approval.kid),
      subjects: who.people.map((person) => person.subject),
      intentIndex: 0,
      notAfterTick: 0,
      bundle: new Uint8Array(),
      attestation: at.seen?.bytes ?? new Uint8Array(),
      receipt: undefined,
      code: undefined,
    };
    const alongside = [announceOp(journal, who.command.nonce), ...openings, ...authorized.spent];
    const [appended] = await (waits ? log.append([entry], alongside) : log.appendSigned([entry], alongside));
    if (!appended) throw new Error('the log gave no place for the intent');
    return mintIntent(authorized, proofOf(entry.bytes, appended), appended.leafHash);
  }

  /**
   * Marks a granted command as sent, durably, before its first byte leaves. Rejects with StoreConflict when this nonce
   * of the device was granted before, by whatever process.
   */
  async sent(intent: Intent, bundle: Bytes, notAfterTick: number): Promise<JournalEntry> {
    const { who, tier, commandClass } = intent.authorized.request;
    const entry: JournalEntry = {
      command: who.hash,
      device: who.command.device,
      state: 'sent',
      updated: this.#parts.now(),
      tier,
      commandClass,
      kids: who.approvals.map((approval) => approval.kid),
      subjects: who.people.map((person) => person.subject),
      intentIndex: intent.index,
      notAfterTick,
      bundle,
      attestation: this.#parts.bedside(who.command.device).seen?.bytes ?? new Uint8Array(),
      receipt: undefined,
      code: undefined,
    };
    await this.#parts.store.write([onceOp(who.command), journalOp(entry)]);
    return entry;
  }

  /**
   * Joins the outcome to its intent: in the log, and witnessed; or marks the command as unknown. Witnesses that are
   * away change nothing about what is known here and written down: the answer is unknown until they are back.
   */
  async seal(delivered: Delivered): Promise<Ending> {
    Delivered.guard(delivered);
    const { entry, word } = delivered;
    if (word.kind === 'unknown') return this.#unknown(delivered);
    const { log, now, sha256, logEntry, proofOf } = this.#parts;
    const receipt = word.kind === 'receipt' ? word : undefined;
    const code = receipt ? receipt.receipt.code : word.kind === 'turned-down' ? word.code : undefined;
    const logged = logEntry({
      type: 'outcome',
      time: now(),
      device: entry.device,
      command: entry.command,
      index: entry.intentIndex,
      result: receipt ? RESULT[receipt.receipt.result] : RESULT.refused,
      ...(code && { code }),
      ...(receipt && { digest: sha256(receipt.bytes), number: receipt.receipt.number }),
    });
    const after: JournalEntry = {
      ...entry,
      state: receipt ? receipt.receipt.result : 'refused',
      updated: now(),
      receipt: receipt?.bytes,
      code,
    };
    // What the device turned down without a receipt did not use its nonce up: a new command may have it.
    const free = receipt ? [] : [freeOp(parseCommand(parseBundle(entry.bundle).command))];
    const alongside = [journalOp(after), ...free, ...this.#receiptOps(delivered)];
    const placed = await this.#place(logged, alongside);
    this.#settleBedside(delivered, after);
    const appended = placed && (await log.witnessed(placed).catch(() => undefined));
    if (!appended) return { kind: 'unknown', command: entry.command };
    return {
      kind: 'sealed',
      sealed: {
        command: entry.command,
        receipt: receipt?.bytes ?? new Uint8Array(),
        code: code ?? '',
        proof: proofOf(logged.bytes, appended),
      },
    };
  }

  /** A log that is inconsistent proves nothing, but what a device did is kept beside it all the same. */
  async #place(logged: LogEntry, alongside: readonly Op[]): Promise<Appended | undefined> {
    const { log } = this.#parts;
    try {
      const [placed] = await log.appendSigned([logged], alongside);
      return placed;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'LogInconsistent') throw error;
      await log.appendDurable([logged], alongside);
      return undefined;
    }
  }

  /**
   * Closes a command that was announced and never sent: an intent without an outcome would look like one that is
   * still under way. Durable only, because nothing follows from it.
   */
  async abandon(entry: JournalEntry, code: RefusalCode): Promise<void> {
    const { log, now, logEntry } = this.#parts;
    const { device, command, intentIndex: index } = entry;
    const said = { device, command, index, result: RESULT.refused, code };
    const after: JournalEntry = { ...entry, state: 'expired', updated: now(), code };
    await log.appendDurable([logEntry({ type: 'outcome', time: now(), ...said })], [journalOp(after)]);
  }

  async #unknown({ entry, bedside }: Delivered): Promise<Ending> {
    const { log, now, logEntry } = this.#parts;
    const after: JournalEntry = { ...entry, state: 'unknown', updated: now() };
    bedside.unknown = after;
    if (entry.state !== 'unknown') {
      const said = { device: entry.device, command: entry.command, index: entry.intentIndex };
      await log.appendDurable([logEntry({ type: 'unknown', time: now(), ...said })], [journalOp(after)]);
    }
    return { kind: 'unknown', command: entry.command };
  }

  #settleBedside({ bedside, word }: Delivered, after: JournalEntry): void {
    if (bedside.unknown && equal(bedside.unknown.command, after.command)) {
      bedside.unknown = undefined;
      bedside.askedAt = undefined;
    }
    if (word.kind !== 'receipt') return;
    if (this.#follows(bedside, word.receipt)) this.noteReceipt(bedside, word.receipt.number, word.bytes);
    if (word.receipt.result !== 'refused') bedside.lastApplied.set(after.commandClass, after.updated);
  }

  /** Remembers the newest receipt of a device that stands in the log. */
  noteReceipt(bedside: Bedside, number: number, bytes: Bytes): void {
    if (number <= (bedside.receipts?.number ?? 0)) return;
    bedside.receipts = { number, hash: this.#parts.sha256(bytes) };
  }

  /** Does a receipt follow the last one in the log? Else those between are fetched first, and then this one again. */
  #follows({ receipts }: Bedside, { number, previous }: Receipt): boolean {
    return receipts ? number === receipts.number + 1 && equal(previous, receipts.hash) : number === 1;
  }

  #receiptOps({ entry, word, bedside }: Delivered): readonly Op[] {
    if (word.kind !== 'receipt') return [];
    const kept = this.#attachment('receipt', word.bytes, entry);
    if (!this.#follows(bedside, word.receipt)) return [kept];
    return [this.receiptOp(bedside, word.receipt.number, word.bytes), kept];
  }

  /** The statement that remembers a device's newest receipt over a restart. */
  receiptOp(bedside: Bedside, number: number, bytes: Bytes): Op {
    return {
      sql: 'INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value',
      params: [`receipts ${bedside.device.hex}`, encode([number, this.#parts.sha256(bytes)])],
    };
  }

  #attachment(kind: string, bytes: Bytes, { command }: Pick<JournalEntry, 'command'>): Op {
    return {
      sql: 'INSERT INTO attachment(hash, kind, bytes) VALUES(?, ?, ?) ON CONFLICT(hash) DO NOTHING',
      params: [this.#parts.sha256(concat(command, bytes)), kind, bytes],
    };
  }

  /** Personal fields stand in the tree as salted commitments; salts and values stay outside, where they can be erased. */
  #commitments({ request }: Authorized): { commitments: readonly Bytes[]; openings: readonly Op[] } {
    const { sha256, random, keepOpenings } = this.#parts;
    const { reason, note, order } = request.context;
    const { who } = request;
    const fields = [
      encode(who.people.map((person) => person.subject)),
      encode([reason, note, order]),
      encode([...request.tablets]),
    ];
    const salted = fields.map((field) => ({ salt: random(16), field }));
    const commitments = salted.map(({ salt, field }) => sha256(concat(salt, field)));
    const openings = encode(salted.map(({ salt, field }) => [salt, field]));
    return { commitments, openings: keepOpenings(who.hash, who.command.patient, openings) };
  }
}

/** Labels come from configuration and certificates; in the log they are plain ASCII. */
const printable = (label: string): string => label.replaceAll(/[^ -~]/g, '?').slice(0, 160);
