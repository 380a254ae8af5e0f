import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';

/** The gateway's database as whoever holds the file reads and writes it: with no program of ours in between. */
export class StolenDatabase {
  readonly #db: DatabaseSync;

  constructor(gatewayFolder: string) {
    this.#db = new DatabaseSync(join(gatewayFolder, 'countersign.db'));
  }

  /** Every entry of the log, in order. */
  entries(): readonly Bytes[] {
    return this.#db
      .prepare('SELECT bytes FROM log_entry ORDER BY idx')
      .all()
      .map(({ bytes }) => (bytes instanceof Uint8Array ? Uint8Array.from(bytes) : new Uint8Array()));
  }

  /** The newest checkpoint with its witnesses. Throws Error when there is none. */
  checkpoint(): string {
    const note = this.#db.prepare('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1').get()?.['note'];
    if (typeof note !== 'string') throw new Error('no checkpoint lies in the database');
    return note;
  }

  run(sql: string): void {
    this.#db.exec(sql);
  }

  close(): void {
    this.#db.close();
  }
}
