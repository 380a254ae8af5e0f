import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { logEntry } from '../../server/audit/log-writer.ts';
import { verifyStore } from '../../server/audit/walk.ts';
import { nodeCrypto } from '../../server/crypto.ts';
import { type World, entry, world } from './world.ts';

describe('A walk through the log', () => {
  let here: World;
  afterEach(() => here.end());

  for (const [what, sql, at] of [
    [
      'a changed byte',
      `UPDATE log_entry SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE idx = 5`,
      5,
    ],
    [
      'a changed hash',
      `UPDATE log_entry SET hashes = CAST(x'00' || substr(hashes, 2) AS BLOB) WHERE idx = 7`,
      7,
    ],
    ['a missing first entry', 'DELETE FROM log_entry WHERE idx = 0', 0],
    ['a missing entry', 'DELETE FROM log_entry WHERE idx = 13', 13],
    ['a missing last entry', 'DELETE FROM log_entry WHERE idx = 19', 19],
    [
      'an added entry',
      `INSERT INTO log_entry SELECT 20, 1, 1, NULL, NULL, hashes, bytes FROM log_entry WHERE idx = 0`,
      20,
    ],
  ] as const) {
    it(`names ${what} by its index`, async () => {
      here = await world();
      const store = here.openStore();
      const log = await here.openLog(store);
      for (let i = 0; i < 20; i++) await log.appendDurable([entry()]);
      await log.stop();
      assert.equal((await verifyStore(store, nodeCrypto, [here.logKey])).fault, null);
      await store.stop();
      const db = new DatabaseSync(join(here.folder, 'store', 'countersign.db'));
      db.exec(sql);
      db.close();
      const report = await verifyStore(here.openStore(), nodeCrypto, [here.logKey]);
      assert.equal(report.fault?.index, at, report.fault?.what);
    });
  }

  for (const column of ['device', 'command', 'type', 'time']) {
    it(`names an entry that a search by ${column} would miss`, async () => {
      here = await world();
      const store = here.openStore();
      const log = await here.openLog(store);
      const [device, command] = [new Uint8Array(8), new Uint8Array(32)];
      const said = { type: 'unknown', time: 1_700_000_000_000, device, command, index: 0 } as const;
      for (let i = 0; i < 5; i++) await log.appendDurable([logEntry(said)]);
      await log.stop();
      assert.equal((await verifyStore(store, nodeCrypto, [here.logKey])).fault, null);
      await store.stop();
      const db = new DatabaseSync(join(here.folder, 'store', 'countersign.db'));
      const other = column === 'type' || column === 'time' ? '1' : "x'11'";
      db.exec(`UPDATE log_entry SET ${column} = ${other} WHERE idx = 3`);
      db.close();
      const report = await verifyStore(here.openStore(), nodeCrypto, [here.logKey]);
      assert.equal(report.fault?.index, 3, report.fault?.what);
    });
  }
});
