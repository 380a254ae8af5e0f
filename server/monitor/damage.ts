import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Entry } from '../protocol/log/entry.ts';
import type { Store } from '../store/store.ts';
import type { Keeper } from './keeper.ts';
import { blockAside, gapOp } from './mend.ts';

export interface DamageParts {
  readonly store: Pick<Store, 'reader'>;
  readonly keeper: Pick<Keeper, 'write'>;
  /** Unix ms. */
  readonly now: () => number;
  /** Every device that is enrolled. */
  readonly devices: readonly { readonly id: Bytes }[];
  readonly log: (entry: Entry) => void;
  /** Tells whoever runs the gateway. */
  readonly warn: (what: string, count: number) => void;
}

/** One part of the gateway's health. */
export interface DamageTold {
  readonly name: string;
  readonly state: 'ok' | 'warning';
  readonly says: string;
  readonly mend?: string;
}

/** Whoever is on duty after a long weekend still reads of it. */
const WARNED_MS = 7 * 86_400_000;
const LONGEST = 160;

/** What was put aside because it could not be read again: told in the log once, and to operators for a week. */
export class Damage {
  readonly #parts: DamageParts;
  readonly #found = new Set<number>();
  /** Newest row of what was put aside that the log was told of. */
  #upTo = 0;
  #count: number;
  #newest: number;
  #file: string | undefined;

  /** Tells what the start found. */
  constructor(parts: DamageParts) {
    this.#parts = parts;
    const row = parts.store.reader('SELECT count(*) AS n, max(found) AS at FROM aside').get();
    const file = parts.store
      .reader("SELECT what FROM aside WHERE what LIKE 'file %' ORDER BY found DESC LIMIT 1")
      .get();
    this.#count = Number(row?.['n']);
    this.#newest = Number(row?.['at'] ?? 0);
    this.#file = file === undefined ? undefined : String(file['what']).slice('file '.length);
    this.#tell();
  }

  /** A block turned out to be damaged while it was read. */
  block(id: number): void {
    if (this.#found.has(id)) return;
    this.#found.add(id);
    const { keeper, now } = this.#parts;
    keeper.write(blockAside(id, now()), () => {
      this.#count++;
      this.#newest = now();
      this.#tell();
    });
  }

  /** Undefined when nothing was ever put aside. */
  health(): DamageTold | undefined {
    if (this.#count === 0) return undefined;
    const says = `${this.#count} damaged ${this.#count === 1 ? 'part' : 'parts'} put aside and shown as gaps`;
    const recent = this.#parts.now() - this.#newest < WARNED_MS;
    const kept =
      this.#file === undefined ? 'what was damaged is kept' : `what was damaged is kept as ${this.#file}`;
    const mend = `check the disk; ${kept}, and nothing else has to be done`;
    return { name: 'measurements', state: recent ? 'warning' : 'ok', says, ...(recent && { mend }) };
  }

  /** One entry for each device and kind; a device whose sessions are unknown gets its gap now. */
  #tell(): void {
    const { store, keeper, log, warn } = this.#parts;
    const sql = `SELECT max(id) AS id, device, what, max(found) AS found, min(since) AS since, count(*) AS parts,
      sum(next - first) AS frames FROM aside WHERE told = 0 AND id > ? GROUP BY device, what`;
    const upTo = this.#upTo;
    for (const { id, device, what, found, since, parts, frames } of store.reader(sql).all(upTo)) {
      this.#upTo = Math.max(this.#upTo, Number(id));
      const detail = `stored measurements could not be read: ${String(what)}`.slice(0, LONGEST);
      const about = device instanceof Uint8Array ? { device, number: Number(frames) } : {};
      log({ type: 'alarm', time: Number(found), code: 'telemetry.damaged', detail, ...about });
      warn(String(what), Number(parts));
      if (String(what).startsWith('file ')) this.#gaps(Number(since), Number(found));
    }
    if (this.#upTo > upTo)
      keeper.write([{ sql: 'UPDATE aside SET told = 1 WHERE told = 0 AND id <= ?', params: [this.#upTo] }]);
  }

  /** For devices of which the old file told nothing any more. */
  #gaps(since: number, found: number): void {
    const { store, keeper, devices } = this.#parts;
    for (const { id } of devices) {
      const known = store.reader('SELECT 1 FROM gap WHERE device = ? AND until >= ?').get(id, found);
      if (known === undefined) keeper.write([gapOp(id, 0, 0, since, found)]);
    }
  }
}
