import { isOpen, type JournalEntry, parseJournal } from '../../broker/journal.ts';
import type { Ending } from '../../broker/recorder.ts';
import type { CommandView } from '../../edge/desks/desk.ts';
import type { Registry } from '../../fleet/registry.ts';
import type { Proof } from '../../protocol/bundle.ts';
import { type Bytes, hex, unhex } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { ENTRY } from '../../protocol/log/entry.ts';
import { encodeEvidence } from '../../protocol/evidence/evidence.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Store } from '../../store/store.ts';
import { EmergencyRecords } from './emergency-records.ts';
import { vouched } from '../trust/vouched.ts';

export interface RecordsParts {
  readonly store: Pick<Store, 'reader'>;
  readonly registry: Registry;
  readonly crypto: Crypto;
  /** The anchors that were in force when a log entry was appended, and whether they still are. */
  readonly anchors: (index: number) => { readonly bytes: Bytes; readonly present: boolean };
  /** Proofs of log entries, under the newest witnessed checkpoint and as they were proven at their time. */
  readonly log: { proofOf(index: number): Proof; proofThen(index: number): Proof };
}

/** Read access to the journal and to what the emergency door did: what became of commands, and the evidence of each. */
export class Records {
  readonly #store: Pick<Store, 'reader'>;
  readonly #registry: Registry;
  readonly #anchors: RecordsParts['anchors'];
  readonly #proofOf: (index: number) => Proof;
  readonly #proofThen: (index: number) => Proof;
  readonly #emergencies: EmergencyRecords;

  constructor(parts: RecordsParts) {
    this.#store = parts.store;
    this.#registry = parts.registry;
    this.#anchors = parts.anchors;
    this.#proofOf = (index) => parts.log.proofOf(index);
    this.#proofThen = (index) => parts.log.proofThen(index);
    this.#emergencies = new EmergencyRecords(parts);
  }

  /** The newest commands first. */
  commands({ device, limit }: { readonly device?: string; readonly limit: number }): readonly CommandView[] {
    const rows = device
      ? this.#store
          .reader('SELECT * FROM journal WHERE device = ? ORDER BY updated DESC LIMIT ?')
          .all(unhex(device), limit)
      : this.#store.reader('SELECT * FROM journal ORDER BY updated DESC LIMIT ?').all(limit);
    const rescues = this.#emergencies.all().filter((one) => device === undefined || one.device === device);
    return [...rows.map((row) => viewOf(readRow(row))), ...rescues]
      .sort((a, b) => b.updated - a.updated)
      .slice(0, limit);
  }

  command(hash: string): CommandView | undefined {
    const entry = this.#entry(hash);
    return entry ? viewOf(entry) : this.#emergencies.view(hash);
  }

  /** Commands that a restart found open, the oldest first. */
  open(): readonly JournalEntry[] {
    const sql = "SELECT * FROM journal WHERE state IN ('logged', 'sent', 'unknown') ORDER BY updated";
    return this.#store
      .reader(sql)
      .all()
      .map((row) => this.#placed(readRow(row)));
  }

  /** The journal's entry of a command that was announced and never sent, if it is one. */
  announced(command: Bytes): JournalEntry | undefined {
    const entry = this.#entry(hex(command));
    return entry?.state === 'logged' ? this.#placed(entry) : undefined;
  }

  /** An intent's index is known once it is in the log: after the journal's row was written with it. */
  #placed(entry: JournalEntry): JournalEntry {
    if (entry.state !== 'logged') return entry;
    const intentIndex = this.#newestEntry(entry, ENTRY.intent.number);
    return intentIndex === undefined ? entry : { ...entry, intentIndex };
  }

  /** When a command of each class was last applied to a device (Unix ms). */
  lastApplied(device: Bytes): ReadonlyMap<string, number> {
    const sql =
      "SELECT * FROM journal WHERE device = ? AND state IN ('applied', 'applied-modified') ORDER BY updated DESC LIMIT 50";
    const last = new Map<string, number>();
    for (const row of this.#store.reader(sql).all(device)) {
      const { commandClass, updated } = readRow(row);
      if (!last.has(commandClass)) last.set(commandClass, updated);
    }
    return last;
  }

  /** Number and hash of the newest receipt of a device that stands in the log. */
  kept(name: string): Bytes | undefined {
    const row = this.#store.reader('SELECT value FROM kv WHERE name = ?').get(name);
    return row?.['value'] instanceof Uint8Array ? row['value'] : undefined;
  }

  /** The device a command is for, where it was announced or done through the emergency door. */
  deviceOf(hash: string): Bytes | undefined {
    const rescue = this.#emergencies.view(hash);
    return this.#entry(hash)?.device ?? (rescue && unhex(rescue.device));
  }

  /** What the device said of itself when a command was begun, where that is kept. */
  attestationOf(hash: string): Bytes | undefined {
    return this.#entry(hash)?.attestation;
  }

  /** The evidence file of a command that was sent and whose outcome is in the log; undefined of any other. */
  evidenceIfAny(hash: string): Bytes | undefined {
    const entry = this.#entry(hash);
    if (!entry) return this.#rescueIfAny(hash);
    return isOpen(entry.state) || entry.bundle.length === 0 ? undefined : this.evidence(hash);
  }

  #rescueIfAny(hash: string): Bytes | undefined {
    try {
      return this.#emergencies.evidence(hash);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  /** The evidence file of a finished command or an emergency. Throws Refusal E_DRAFT while there is none. */
  evidence(hash: string): Bytes {
    const entry = this.#entry(hash);
    if (!entry && this.#emergencies.view(hash)) return this.#emergencies.evidence(hash);
    const device = entry && this.#registry.byId(hex(entry.device));
    if (!entry || !device || isOpen(entry.state))
      throw new Refusal('E_DRAFT', 'the command is not finished', 'command');
    // Keys may have been replaced since: what proved it then, proves it under the anchors of then.
    const { bytes: anchors, present } = this.#anchors(entry.intentIndex);
    const outcome = this.#outcomeIndex(entry);
    return encodeEvidence({
      anchors,
      profile: device.profileBytes,
      bundle: entry.bundle,
      attestation: entry.attestation,
      receipt: entry.receipt ?? new Uint8Array(),
      outcome: present ? this.#proofOf(outcome) : this.#proofThen(outcome),
      deviceKey: device.identityKey,
      listing: vouched(device.listing, anchors),
    });
  }

  /** The sealed outcome of the last command to a device, however it was settled. Throws Refusal E_DRAFT when there is none. */
  lastEnding(device: Bytes): Ending {
    const sql = 'SELECT * FROM journal WHERE device = ? ORDER BY updated DESC LIMIT 1';
    const row = this.#store.reader(sql).get(device);
    const entry = row && readRow(row);
    if (!entry || isOpen(entry.state))
      throw new Refusal('E_DRAFT', 'no command of this device is settled', 'device');
    const sealed = {
      command: entry.command,
      receipt: entry.receipt ?? new Uint8Array(),
      code: entry.code ?? '',
      proof: this.#proofOf(this.#outcomeIndex(entry)),
    };
    return { kind: 'sealed', sealed };
  }

  #outcomeIndex(entry: JournalEntry): number {
    const index = this.#newestEntry(entry, ENTRY.outcome.number);
    if (index === undefined) throw new Refusal('E_DRAFT', 'the outcome is not in the log yet', 'command');
    return index;
  }

  /** Where the newest entry of a type about a command stands: among those of its device, not before its intent. */
  #newestEntry({ device, command, intentIndex }: JournalEntry, type: number): number | undefined {
    const sql =
      'SELECT idx FROM log_entry WHERE device = ? AND idx >= ? AND command = ? AND type = ? ORDER BY idx DESC LIMIT 1';
    const idx = this.#store.reader(sql).get(device, intentIndex, command, type)?.['idx'];
    return typeof idx === 'number' ? idx : undefined;
  }

  #entry(hash: string): JournalEntry | undefined {
    const row = this.#store.reader('SELECT * FROM journal WHERE command = ?').get(unhex(hash));
    return row && readRow(row);
  }
}

function readRow(row: Record<string, unknown>): JournalEntry {
  const { command, device, state, updated, body } = row;
  const bytes = (value: unknown): Bytes => (value instanceof Uint8Array ? value : new Uint8Array());
  return parseJournal({
    command: bytes(command),
    device: bytes(device),
    state: String(state),
    updated: Number(updated),
    body: bytes(body),
  });
}

const viewOf = (entry: JournalEntry): CommandView => ({
  hash: hex(entry.command),
  device: hex(entry.device),
  state: entry.state,
  tier: entry.tier,
  people: entry.subjects,
  updated: entry.updated,
  code: entry.code,
});
