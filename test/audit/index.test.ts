import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginOp, insertOp, moveOp } from '../../server/audit/log-rows.ts';
import { logEntry } from '../../server/audit/log-writer.ts';
import type { IndexFilter } from '../../server/edge/desks/audit-desk.ts';
import { csvField, instant, zoneName } from '../../server/gateway/audit/export-text.ts';
import { Follower } from '../../server/gateway/audit/index-follow.ts';
import { access, gaps, receiptsOf } from '../../server/gateway/audit/index-gaps.ts';
import { beforeEmergency, search } from '../../server/gateway/audit/index-query.ts';
import { type IndexDatabase, openIndex } from '../../server/gateway/audit/index-schema.ts';
import { AuditIndex } from '../../server/gateway/audit/search.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { openForReading } from '../../server/store/database.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';

const DEVICE = testBytes('device', 8);
const T = 1_790_000_000_000;
const KIDS = [testBytes('a', 16), testBytes('b', 16)];
const command = (name: string): Uint8Array => testBytes(`command ${name}`);
const intent = (name: string, time: number): Entry => ({
  type: 'intent', time, device: DEVICE, command: command(name), kids: KIDS, tier: 2, commitments: [testBytes('c')], link: 1, detail: 'reader-1',
}); // prettier-ignore
const outcome = (name: string, time: number, number: number, result = 1): Entry => ({
  type: 'outcome', time, device: DEVICE, command: command(name), index: 0, result, digest: testBytes(`receipt ${name}`), number,
}); // prettier-ignore

describe('the audit index', () => {
  let folder = '';
  let store: Store;
  let db: IndexDatabase;
  let size = 0;

  const log = async (...entries: readonly Entry[]): Promise<void> => {
    const ops = entries.map((entry, i) => {
      const stored = logEntry(entry);
      return insertOp(size + i, stored, leafHash(nodeCrypto.sha256, stored.bytes));
    });
    await store.write([
      ...(size === 0 ? [beginOp('note')] : []),
      ...ops,
      moveOp(1, size, size + entries.length, 'note'),
    ]);
    size += entries.length;
  };
  const follow = (): Follower => {
    const follower = new Follower(openForReading(store.file), db);
    while (follower.step());
    return follower;
  };
  const find = (filter: Partial<IndexFilter> = {}) => search(db, { rows: 'all', witnessed: size, ...filter });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cs-index-'));
    store = openStore(folder);
    db = openIndex(folder);
    size = 0;
  });
  afterEach(async () => {
    db.close();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('names each kind of gap, and none where there is none', async () => {
    await log(intent('1', T), outcome('1', T + 1, 1), intent('2', T + 2), outcome('2', T + 3, 2));
    follow();
    assert.deepEqual(gaps(db, T + 10_000_000), []);
    assert.deepEqual(receiptsOf(db, DEVICE), { first: 1, last: 2, missing: [], twice: [] });
    await log(
      intent('5', T + 4),
      outcome('5', T + 5, 5, 2),
      { ...outcome('6', T + 6, 6), digest: testBytes('one') },
      { ...outcome('7', T + 7, 6), digest: testBytes('other') },
      {
        type: 'receipt',
        time: T + 8,
        device: DEVICE,
        command: command('8'),
        digest: testBytes('r8'),
        number: 7,
        result: 1,
      },
      intent('9', T + 9),
      {
        type: 'signed',
        time: T + 10,
        device: DEVICE,
        command: command('10'),
        kids: KIDS.slice(0, 1),
        tier: 2,
      },
      { type: 'alarm', time: T - 60_000, code: 'E_CLOCK' },
    );
    follow();
    const found = gaps(db, T + 10_000_000);
    assert.deepEqual(
      found.map(({ kind, entry, first, last }) =>
        [kind, entry, first, last].filter((part) => part !== undefined),
      ),
      [
        ['receipt-skipped', 5, 3, 4],
        ['receipt-twice', 6, 6, 6],
        ['device-only', 8],
        ['no-receipt', 9],
        ['values-differ', 5],
        ['no-end', 10],
        ['clock', 11],
      ],
    );
    for (const { says } of found) assert.match(says, /^[A-Z].*\.$/u);
    assert.deepEqual(receiptsOf(db, DEVICE), { first: 1, last: 7, missing: [3, 4], twice: [6] });
    assert.deepEqual(
      gaps(db, T + 11)
        .map(({ kind }) => kind)
        .includes('no-receipt'),
      false,
      'what is under way is no gap',
    );
  });

  it('takes the patient of an emergency from the command before it, unless that gave the device to somebody else', async () => {
    const rescue = (name: string, number: number): Entry => ({
      type: 'emergency', time: T, device: DEVICE, command: command(name), kids: KIDS.slice(0, 1), digest: testBytes(`receipt ${name}`), number, result: 1,
    }); // prettier-ignore
    const whose = (name: string): string | undefined =>
      find().rows.find((row) => row.command === hex(command(name)))?.patient;
    const patient = testBytes('patient');
    const is = (name: string, action: string): void =>
      void db
        .prepare('UPDATE story SET patient = ?, action = ? WHERE command = ?')
        .run(patient, action, command(name));
    await log(rescue('0', 1), intent('1', T), outcome('1', T, 2));
    follow();
    is('1', 'program');
    await log(rescue('2', 3), intent('3', T), outcome('3', T, 4));
    follow();
    is('3', 'associate');
    await log(rescue('4', 5));
    follow();
    assert.deepEqual(['0', '2', '4'].map(whose), [undefined, hex(patient).slice(0, 8), undefined]);
    assert.equal(beforeEmergency(db, hex(command('2')))?.command, hex(command('1')));
    for (const name of ['0', '1', '4']) assert.equal(beforeEmergency(db, hex(command(name))), undefined);
  });

  it('gives pages of a hundred, each row once, with the total and the end', async () => {
    await log(
      ...Array.from({ length: 250 }, (_, i): Entry => ({
        type: 'alarm',
        time: T + i,
        code: i % 2 === 0 ? 'E_LINK' : 'E_NONCE',
      })),
    );
    follow();
    const seen: number[] = [];
    for (let before: number | undefined; ;) {
      const page = find({ before });
      assert.equal(page.total, 250);
      seen.push(...page.rows.map(({ id }) => id));
      before = page.rows.at(-1)?.id;
      assert.equal(page.end, seen.length === 250);
      if (page.end) break;
      assert.equal(page.rows.length, 100);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 250 }, (_, i) => 249 - i),
    );
    for (const skip of [0, 30, 124, 125, 149, 150, 249, 250, 9_000]) {
      // Entries that come later move no row of a list that began before them.
      const page = find({ before: 250 - 3, skip });
      assert.deepEqual(page.rows.map(({ id }) => id), seen.slice(3 + skip, 103 + skip)); // prettier-ignore
      assert.equal(page.end, skip + 100 >= 247, `the end after ${skip}`);
    }
    assert.deepEqual(find({ code: 'E_NONCE', skip: 120 }).rows.map(({ id }) => id), [9, 7, 5, 3, 1]); // prettier-ignore
    assert.equal(find({ code: 'E_NONCE' }).total, 125);
    assert.equal(find({ rows: 'commands' }).total, 0);
  });

  it('tells pairs that sign together from others', async () => {
    await log(
      intent('1', T),
      intent('2', T),
      { ...intent('3', T), kids: [...KIDS].reverse() },
      { ...intent('4', T), kids: KIDS.slice(0, 1) },
    );
    follow();
    assert.deepEqual(
      access(db).pairs.map(({ together }) => together),
      [2, 1],
    );
  });

  it('is made again when the log is another one than it was made from', async () => {
    await log({ type: 'alarm', time: T, code: 'E_LINK' }, { type: 'alarm', time: T, code: 'E_NONCE' });
    follow();
    await store.write([
      { sql: 'DELETE FROM log_entry', params: [] },
      { sql: 'DELETE FROM log_head', params: [] },
    ]);
    size = 0;
    await log({ type: 'alarm', time: T, code: 'E_RATE' }, { type: 'alarm', time: T, code: 'E_RATE' });
    follow();
    assert.deepEqual(
      find().rows.map(({ code }) => code),
      ['E_RATE', 'E_RATE'],
    );
  });

  it('answers from a thread of its own, says how far it is, and takes nothing but what is asked here', async () => {
    await log(intent('1', T), outcome('1', T + 1, 1));
    db.close();
    const index = new AuditIndex(store.file);
    try {
      const found = await index.ask('search', { rows: 'all', witnessed: 2, place: "reader-1' OR 1=1 --" });
      assert.deepEqual([found.total, found.indexed, found.size], [0, 2, 2]);
      assert.equal((await index.ask('search', { rows: 'all', witnessed: 2, place: 'reader-1' })).total, 1);
    } finally {
      await index.stop();
    }
    db = openIndex(folder);
  });
});

describe('a field of an export', () => {
  it('that a spreadsheet would take for a formula stays text', () => {
    for (const text of ['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '|cmd', '%0A', ' =1', '\t=1'])
      assert.match(csvField(text), /^"?'/u, text);
    assert.equal(csvField('reader-1'), 'reader-1');
    assert.equal(csvField(-1), '-1', 'a number of ours is a number');
  });

  it('is quoted as RFC 4180 has it, and stays one line', () => {
    assert.equal(csvField('a,b'), '"a,b"');
    assert.equal(csvField('say "so"'), '"say ""so"""');
    assert.equal(csvField('one\r\ntwo\u0000\u2028three'), 'one two three');
    assert.equal(csvField(undefined), '');
  });

  it('tells a time with the offset that its column names', () => {
    assert.equal(instant(0, 0), '1970-01-01T00:00:00.000Z');
    assert.equal(instant(0, 330), '1970-01-01T05:30:00.000+05:30');
    assert.equal(instant(0, -90), '1969-12-31T22:30:00.000-01:30');
    assert.deepEqual([zoneName(0), zoneName(-90), zoneName(60)], ['UTC', 'UTC-01:30', 'UTC+01:00']);
    assert.match(instant(Number.MAX_SAFE_INTEGER, 0), /^unix-ms-/u);
  });
});
