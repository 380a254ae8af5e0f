import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Op, Value } from '../store/batch.ts';
import type { Store } from '../store/store.ts';

/** An entry as it is appended: its bytes, and the columns people search by. */
export interface LogEntry {
  /** Number of its kind. */
  readonly type: number;
  /** Unix milliseconds. */
  readonly time: number;
  readonly device?: Bytes;
  /** Command hash. */
  readonly command?: Bytes;
  /** At most 65,535 bytes: what the leaf hash is taken over. */
  readonly bytes: Bytes;
}

export interface StoredEntry extends LogEntry {
  readonly index: number;
  readonly leafHash: Bytes;
}

const INSERT =
  'INSERT INTO log_entry (idx, type, time, device, command, hashes, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
const ASIDE = 'INSERT INTO log_aside (type, time, device, command, bytes) VALUES (?, ?, ?, ?, ?)';
const MOVE = 'UPDATE log_head SET size = ?, note = ? WHERE id = 1 AND epoch = ? AND size = ?';
const BEGIN = 'INSERT INTO log_head (id, epoch, size, note) VALUES (1, 1, 0, ?)';
const TAKE = 'UPDATE log_head SET epoch = epoch + 1 WHERE id = 1 AND epoch = ?';
const COSIGNED =
  'INSERT INTO checkpoint (size, note) VALUES (?, ?) ON CONFLICT DO UPDATE SET note = excluded.note';

const columns = ({ type, time, device, command }: LogEntry): Value[] => [
  type,
  time,
  device ?? null,
  command ?? null,
];

export const insertOp = (index: number, entry: LogEntry, hashes: Bytes): Op => ({
  sql: INSERT,
  params: [index, ...columns(entry), hashes, entry.bytes],
});

export const asideOp = (entry: LogEntry): Op => ({ sql: ASIDE, params: [...columns(entry), entry.bytes] });

/** Moves the head from one size to the next: fails when another sequencer moved it, or took the log over. */
export const moveOp = (epoch: number, from: number, to: number, note: string): Op => ({
  sql: MOVE,
  params: [to, note, epoch, from],
  expect: 1,
});

export const beginOp = (note: string): Op => ({ sql: BEGIN, params: [note] });

/** Takes the log over: a sequencer of an earlier epoch can then no longer move the head. */
export const takeOp = (epoch: number): Op => ({ sql: TAKE, params: [epoch], expect: 1 });

export const cosignedOp = (size: number, note: string): Op => ({ sql: COSIGNED, params: [size, note] });

export interface Head {
  readonly epoch: number;
  readonly size: number;
  readonly note: string;
}

export interface CosignedCheckpoint {
  readonly size: number;
  readonly note: string;
}

const bytesOr = (value: unknown): Bytes | undefined => (value instanceof Uint8Array ? value : undefined);

/** Reads the log's rows. Everything it gives is committed. */
export class LogRows {
  readonly #store: Store;
  constructor(store: Store) {
    this.#store = store;
  }

  head(): Head | null {
    const row = this.#store.reader('SELECT epoch, size, note FROM log_head').get();
    if (row === undefined) return null;
    return { epoch: Number(row['epoch']), size: Number(row['size']), note: String(row['note']) };
  }

  /** The cosigned checkpoint of exactly this size, or the newest one. */
  cosigned(size?: number): CosignedCheckpoint | null {
    const row =
      size === undefined
        ? this.#store.reader('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1').get()
        : this.#store.reader('SELECT size, note FROM checkpoint WHERE size = ?').get(size);
    return row === undefined ? null : { size: Number(row['size']), note: String(row['note']) };
  }

  /** Hashes of the subtrees that entry `index` completes. */
  hashes(index: number): Bytes | undefined {
    return bytesOr(this.#store.reader('SELECT hashes FROM log_entry WHERE idx = ?').get(index)?.['hashes']);
  }

  /** Number of entries by the greatest index: one more than it. */
  count(): number {
    return Number(this.#store.reader('SELECT ifnull(max(idx), -1) + 1 AS n FROM log_entry').get()?.['n']);
  }

  entry(index: number): StoredEntry | null {
    return this.entries(index, 1)[0] ?? null;
  }

  /** Up to `limit` entries from `index` on, in order. */
  entries(index: number, limit: number): StoredEntry[] {
    const rows = this.#store
      .reader(
        'SELECT idx, type, time, device, command, substr(hashes, 1, 32) AS leaf, bytes FROM log_entry WHERE idx >= ? ORDER BY idx LIMIT ?',
      )
      .all(index, limit);
    return rows.map((row) => {
      const device = bytesOr(row['device']);
      const command = bytesOr(row['command']);
      return {
        index: Number(row['idx']),
        type: Number(row['type']),
        time: Number(row['time']),
        ...(device && { device }),
        ...(command && { command }),
        leafHash: bytesOr(row['leaf']) ?? new Uint8Array(),
        bytes: bytesOr(row['bytes']) ?? new Uint8Array(),
      };
    });
  }
}
