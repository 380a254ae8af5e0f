import type { Bytes } from '../protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../protocol/encoding/cbor.ts';
import type { Command } from '../protocol/command.ts';
import { arrayOf, bytesOf, decodeStrict, Fields } from '../protocol/encoding/fields.ts';
import type { Op } from '../store/batch.ts';

/**
 * The life of a command. After a restart, `logged` was never sent and is expired; `sent` may have reached the
 * device, is unknown, and the device is asked. Only a device's signed word leads out of `sent` and `unknown`.
 */
export type JournalState =
  'logged' | 'sent' | 'unknown' | 'applied' | 'applied-modified' | 'refused' | 'expired' | 'lost';

/** What has to be known about a command after a restart, and what its evidence is made of. */
export interface JournalEntry {
  readonly command: Bytes;
  readonly device: Bytes;
  readonly state: JournalState;
  /** Unix ms. */
  readonly updated: number;
  readonly tier: 1 | 2;
  readonly commandClass: string;
  readonly kids: readonly Bytes[];
  readonly subjects: readonly string[];
  readonly intentIndex: number;
  readonly notAfterTick: number;
  readonly bundle: Bytes;
  readonly attestation: Bytes;
  /** The device's receipt, once there is one. */
  readonly receipt: Bytes | undefined;
  readonly code: string | undefined;
}

const NONE = new Uint8Array();
const STATES: readonly JournalState[] = [
  'logged',
  'sent',
  'unknown',
  'applied',
  'applied-modified',
  'refused',
  'expired',
  'lost',
];

export const isOpen = (state: JournalState): boolean =>
  state === 'logged' || state === 'sent' || state === 'unknown';

/** The statement that makes an entry stand as given. */
export function journalOp(entry: JournalEntry): Op {
  return {
    sql: 'INSERT INTO journal(command, device, state, updated, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT(command) DO UPDATE SET state = excluded.state, updated = excluded.updated, body = excluded.body',
    params: [entry.command, entry.device, entry.state, entry.updated, encodeBody(entry)],
  };
}

/** Takes a device's nonce for a command that is about to be sent. Fails the second time: the table's key is both. */
export const onceOp = ({ device, nonce }: Pick<Command, 'device' | 'nonce'>): Op => ({
  sql: 'INSERT INTO granted(device, nonce) VALUES(?, ?)',
  params: [device, nonce],
});

/** Gives a nonce back that no grant can use any more. */
export const freeOp = ({ device, nonce }: Pick<Command, 'device' | 'nonce'>): Op => ({
  sql: 'DELETE FROM granted WHERE device = ? AND nonce = ?',
  params: [device, nonce],
});

/**
 * The statement that announces a command. Fails for one that was announced before, unless it never left, or the device
 * turned it down without a receipt: then its nonce was given back.
 */
export function announceOp(entry: JournalEntry, nonce: Bytes): Op {
  const { sql, params } = journalOp(entry);
  const over =
    "journal.state = 'expired' OR (journal.state = 'refused' AND NOT EXISTS (SELECT 1 FROM granted WHERE granted.device = journal.device AND granted.nonce = ?))";
  return { sql: `${sql} WHERE ${over}`, params: [...params, nonce], expect: 1 };
}

function encodeBody(entry: JournalEntry): Bytes {
  return encode(
    new Map<number, Cbor>([
      [1, entry.tier],
      [2, entry.commandClass],
      [3, entry.kids],
      [4, entry.subjects],
      [5, entry.intentIndex],
      [6, entry.notAfterTick],
      [7, entry.bundle],
      [8, entry.attestation],
      [9, entry.receipt ?? NONE],
      [10, entry.code ?? ''],
    ]),
  );
}

/** A row of the journal table, as the store gives it. */
export interface JournalRow {
  readonly command: Bytes;
  readonly device: Bytes;
  readonly state: string;
  readonly updated: number;
  readonly body: Bytes;
}

/** Reads a row; throws Refusal when the store holds something this program did not write. */
export function parseJournal(row: JournalRow): JournalEntry {
  const keys = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const f = Fields.of(
    decodeStrict(row.body, 'journal', 65_536, 'E_STORAGE'),
    'journal',
    keys,
    [],
    'E_STORAGE',
  );
  const receipt = f.bytes(9);
  const code = f.text(10);
  const state = STATES.find((name) => name === row.state);
  return {
    command: row.command,
    device: row.device,
    state: state ?? 'unknown',
    updated: row.updated,
    tier: f.uint(1, 2) === 2 ? 2 : 1,
    commandClass: f.text(2),
    kids: f.array(3, 2).map((kid) => bytesOf(kid, 'journal.3', 16)),
    subjects: arrayOf(f.value(4), 'journal.4', 0, 2).map(String),
    intentIndex: f.uint(5),
    notAfterTick: f.uint(6),
    bundle: f.bytes(7),
    attestation: f.bytes(8),
    receipt: receipt.length > 0 ? receipt : undefined,
    code: code === '' ? undefined : code,
  };
}
