import { join } from 'node:path';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { verifyStore, type WalkReport } from '../../server/audit/walk.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { DATABASE_NAME, openForReading } from '../../server/store/database.ts';
import { logVkeys } from '../support/ward-witness.ts';

/** One moment of the gateway's own database, read from outside while the gateway lives or not. */
export interface StoreMoment {
  /** State of every command in the journal, by its hash in hexadecimal. */
  readonly journal: ReadonlyMap<string, string>;
  readonly walk: WalkReport;
  /** The newest signed checkpoint that witnesses cosigned. */
  readonly checkpoint: string | undefined;
}

/** Reads the journal and re-hashes the whole log, in one read transaction. */
export async function readStore(folder: string): Promise<StoreMoment> {
  const db = openForReading(join(folder, 'gateway', DATABASE_NAME));
  try {
    db.exec('BEGIN');
    const journal = new Map<string, string>();
    for (const { command, state } of db.prepare('SELECT command, state FROM journal').all()) {
      if (command instanceof Uint8Array) journal.set(hex(command), String(state));
    }
    const newest = db.prepare('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1').get();
    const store = {
      file: '',
      reader: (sql: string) => db.prepare(sql),
      write: () => Promise.reject(new Error('only looking')),
      stop: () => Promise.resolve(),
    };
    const walk = await verifyStore(store, nodeCrypto, logVkeys(folder));
    return { journal, walk, checkpoint: newest && String(newest['note']) };
  } finally {
    db.close();
  }
}
