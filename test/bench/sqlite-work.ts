import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { newRow } from './rows.ts';

// The yardstick: the same rows in a plain table, group commit on the calling thread. No hashes, no tree, no index.

const config = ownConfig({});
mkdirSync(join(config.folder, 'plain'), { recursive: true });
const db = new DatabaseSync(join(config.folder, 'plain/plain.db'));
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
db.exec('CREATE TABLE entry (idx INTEGER PRIMARY KEY, type, time, device BLOB, command BLOB, bytes BLOB)');
const insert = db.prepare('INSERT INTO entry (type, time, device, command, bytes) VALUES (?, ?, ?, ?, ?)');
const none = new Uint8Array();

let waiting: (() => void)[] = [];
let scheduled = false;

function append(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (scheduled) return;
    scheduled = true;
    setImmediate(commit);
  });
}

function commit(): void {
  scheduled = false;
  const batch = waiting;
  waiting = [];
  db.exec('BEGIN IMMEDIATE');
  for (let i = 0; i < batch.length; i++) {
    const { type, time, device = none, command = none, bytes } = newRow();
    insert.run(type, time, device, command, bytes);
  }
  db.exec('COMMIT');
  for (const resolve of batch) resolve();
}

answering({
  async append(args) {
    const { callers, ms } = z.object({ callers: z.number(), ms: z.number() }).parse(args);
    const started = performance.now();
    let count = 0;
    const one = async (): Promise<void> => {
      while (performance.now() - started < ms) {
        await append();
        count++;
      }
    };
    await Promise.all(Array.from({ length: callers }, one));
    return { count, ms: performance.now() - started, loopP99Ms: 0 };
  },
});
