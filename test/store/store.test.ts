import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { SCHEMA } from '../../server/protocol/version.ts';
import { openForWriting, prepareFolder } from '../../server/store/database.ts';
import { StoreConflict, StoreUnavailable } from '../../server/store/errors.ts';
import { MIGRATIONS, SCHEMA_VERSION, SchemaError, migrate } from '../../server/store/migrations.ts';
import { type Store, openStore } from '../../server/store/store.ts';

const PUT = 'INSERT INTO kv (name, value) VALUES (?, ?)';
const put = (name: string) => ({ sql: PUT, params: [name, utf8(name)] });

describe('The store', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cs-store-'));
    store = openStore(join(folder, 'data'));
  });
  afterEach(async () => {
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const names = () =>
    store
      .reader('SELECT name FROM kv ORDER BY name')
      .all()
      .map((row) => row['name']);

  it('lives in a folder and files that only its owner can read', async () => {
    await store.write([put('a')]);
    assert.equal((await stat(join(folder, 'data'))).mode & 0o777, 0o700);
    for (const file of await readdir(join(folder, 'data'))) {
      assert.equal((await stat(join(folder, 'data', file))).mode & 0o777, 0o600, file);
    }
  });

  it('has written what it acknowledged, value for value', async () => {
    const params = ['b', 'tag', 42, 'ü\u0000', 2n ** 40n, null] as const;
    await store.write([
      { sql: 'INSERT INTO lock (id, kind, since, reason, until, subject, "by") VALUES (?, ?, ?, ?, ?, ifnull(?, \'none\'), \'x\')', params },
    ]); // prettier-ignore
    const row = { ...store.reader('SELECT * FROM lock').get() };
    assert.deepEqual(row, {
      id: 'b',
      kind: 'tag',
      subject: 'none',
      reason: 'ü\u0000',
      by: 'x',
      since: 42,
      until: 2 ** 40,
    });
    const blob = new Uint8Array(200_000).fill(9);
    await store.write([{ sql: PUT, params: ['blob', blob] }]);
    assert.deepEqual(store.reader('SELECT value FROM kv').get()?.['value'], blob);
  });

  it('makes the ops of a call all or nothing, and one call’s fault not another’s', async () => {
    const results = await Promise.allSettled([
      store.write([put('a')]),
      store.write([put('b'), put('a')]),
      store.write([put('c')]),
      store.write([put('d'), { sql: 'UPDATE kv SET value = NULL WHERE name = ?', params: ['z'], expect: 1 }]),
      store.write([{ sql: 'no such statement', params: [] }]),
      store.write([put('e')]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status === 'fulfilled'),
      [true, false, true, false, false, true],
    );
    assert.ok(results.every((each) => each.status === 'fulfilled' || each.reason instanceof StoreConflict));
    assert.deepEqual(names(), ['a', 'c', 'e']);
  });

  it('refuses to attach another database, in reading and in writing', async () => {
    const sql = `ATTACH DATABASE '${join(folder, 'other.db')}' AS other`;
    assert.throws(() => store.reader(sql), /not authorized/);
    await assert.rejects(store.write([{ sql, params: [] }]), StoreConflict);
    assert.throws(() => store.reader('DELETE FROM kv').run(), /readonly/);
  });

  it('rejects everybody of a batch that finds the disk full, and stays usable', async () => {
    await store.write([put('a')]);
    const pages = Number(store.reader('PRAGMA page_count').get()?.['page_count']);
    await store.write([{ sql: `PRAGMA max_page_count = ${pages}`, params: [] }]);
    const large = { sql: PUT, params: ['large', new Uint8Array(100_000)] };
    const results = await Promise.allSettled([store.write([put('b')]), store.write([large])]);
    for (const each of results) {
      assert.ok(each.status === 'rejected' && each.reason instanceof StoreUnavailable);
      assert.equal(each.reason.code, 'full');
      assert.match(each.reason.message, /make room/);
    }
    assert.deepEqual(names(), ['a']);
    await store.write([{ sql: 'PRAGMA max_page_count = 1000000', params: [] }]);
    await store.write([large]);
    assert.deepEqual(names(), ['a', 'large']);
  });

  it('writes what was queued before it stops, and nothing after', async () => {
    const queued = store.write([put('a')]);
    await store.stop();
    await queued;
    await assert.rejects(store.write([put('b')]), StoreUnavailable);
  });
});

describe('The schema', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cs-schema-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('has the version that the program announces', () => {
    assert.equal(SCHEMA_VERSION, SCHEMA);
  });

  it('of a newer program is refused in a sentence that says what to do', () => {
    const db = openForWriting(prepareFolder(folder));
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    assert.throws(
      () => openStore(folder),
      (error) => {
        assert.ok(error instanceof SchemaError);
        assert.match(error.message, /newer version: start that version, or put back a copy/);
        return true;
      },
    );
  });

  it('of somebody else’s database is left alone', () => {
    const db = openForWriting(prepareFolder(folder));
    db.exec('CREATE TABLE theirs (a)');
    db.close();
    assert.throws(() => openStore(folder), SchemaError);
  });

  it('moves forward in one step, after a copy that can be put back', async () => {
    const file = prepareFolder(folder);
    const db = openForWriting(file);
    migrate(db, file);
    db.exec("INSERT INTO kv VALUES ('a', x'01')");
    const broken = [
      ...MIGRATIONS,
      'CREATE TABLE more (a INTEGER) STRICT; CREATE TABLE more (a INTEGER) STRICT',
    ];
    assert.throws(() => migrate(db, file, broken), /already exists/);
    assert.throws(() => db.prepare('SELECT * FROM more'), /no such table/);
    migrate(db, file, [...MIGRATIONS, 'CREATE TABLE more (a INTEGER) STRICT']);
    assert.equal(db.prepare('SELECT count(*) AS n FROM more').get()?.['n'], 0);
    db.close();
    const copy = `${file}.before-${SCHEMA_VERSION + 1}`;
    assert.equal((await stat(copy)).mode & 0o777, 0o600);
    const before = new DatabaseSync(copy);
    assert.equal(before.prepare('SELECT count(*) AS n FROM kv').get()?.['n'], 1);
    assert.throws(() => before.prepare('SELECT * FROM more'), /no such table/);
    before.close();
  });
});
