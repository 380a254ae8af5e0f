import assert from 'node:assert/strict';
import type { Actor } from '../../server/authorize/draft.ts';
import { Drafts, type DraftsNeed } from '../../server/authorize/drafts.ts';
import { RateLimits } from '../../server/authorize/rate-limits.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import {
  alice, approvalOf, bob, careForAll, commandBytes, DEVICE, NOW, olga, random, refusal, sha256,
  type Staff, readerOf, TestStore,
} from './ward.ts'; // prettier-ignore

const at = (person: Staff, tablet: string): Actor => ({
  subject: person.subject,
  tablet,
  kid: person.credential.key.kid,
});
const ALICE = at(alice, 'tablet-1');
const BOB = at(bob, 'tablet-2');
const OLGA = at(olga, 'tablet-3');
const CONTEXT = { reason: 'titration', note: 'to 70 per minute', order: 'ORD-1' };
const closed = refusal('E_DRAFT');

describe('drafts and the disk', () => {
  let store: TestStore;
  const bounds = { openPerPerson: 8, asksPerHour: 20, entriesPerHour: 20 };
  let drafts: Drafts;
  before(async () => void (store = await TestStore.make()));
  after(() => store.remove());

  const opened = async (changes: Partial<DraftsNeed> = {}): Promise<Drafts> =>
    new Drafts({
      store: store.now,
      sha256,
      random,
      rates: await RateLimits.open(store.now, NOW),
      care: careForAll(),
      bounds: () => bounds,
      ...changes,
    });

  beforeEach(async () => {
    await store.now.write(['draft', 'rate'].map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
    drafts = await opened();
  });

  const create = async (command: Bytes = commandBytes(), to = drafts, now = NOW): Promise<string> =>
    to.create({ command, approval: await approvalOf(alice, command), context: CONTEXT }, ALICE, now);

  it('survive a restart: open ones with their attempts, matched ones with who matched', async () => {
    const [tried, matched, spent] = [await create(), await create(commandBytes(80)), await create()];
    await drafts.enter(tried, commandBytes(71), BOB, NOW);
    await drafts.enter(matched, commandBytes(80), BOB, NOW);
    for (const by of [BOB, OLGA]) await drafts.enter(spent, commandBytes(71), by, NOW);
    await store.restart();
    drafts = await opened();
    const listed = drafts.list(BOB, NOW).map(({ id, attemptsLeft, matched: by }) => [id, attemptsLeft, by]);
    assert.deepEqual(new Map(listed.map(([id, ...rest]) => [id, rest])), new Map([[tried, [1, false]], [matched, [2, true]]])); // prettier-ignore
    assert.deepEqual(drafts.list(OLGA, NOW).map(({ id }) => id), [tried]); // prettier-ignore
    const approval = await approvalOf(bob, commandBytes(80));
    await assert.rejects(drafts.take(matched, approval, OLGA, NOW), closed);
    assert.deepEqual((await drafts.take(matched, approval, BOB, NOW)).command, commandBytes(80));
    await assert.rejects(drafts.enter(spent, commandBytes(), BOB, NOW), closed);
    const last = await drafts.enter(tried, commandBytes(71), BOB, NOW);
    assert.equal(last.kind === 'differs' && last.left, 0);
  });

  it('leave out what the store cannot give back whole', async () => {
    const sql = 'INSERT INTO draft (id, device, body, expires) VALUES (?, ?, ?, ?)';
    await create();
    await store.now.write([{ sql, params: ['broken', DEVICE, utf8('x'), NOW + 1e6] }]);
    assert.equal((await opened()).list(BOB, NOW).length, 1);
  });

  it('keep nothing and give no id when the store cannot write', async () => {
    const broken = { reader: readerOf(store), write: () => Promise.reject(new Error('disk full')) };
    const failing = await opened({ store: broken });
    await assert.rejects(create(commandBytes(), failing), /disk full/u);
    assert.deepEqual(failing.list(BOB, NOW), []);
  });

  it('count an attempt that could not be stored', async () => {
    const id = await create();
    let fail = false;
    const write = (ops: Parameters<DraftsNeed['store']['write']>[0]): Promise<void> =>
      fail ? Promise.reject(new Error('disk full')) : store.now.write(ops);
    const failing = await opened({ store: { reader: readerOf(store), write } });
    fail = true;
    await assert.rejects(failing.enter(id, commandBytes(71), BOB, NOW), /disk full/u);
    assert.equal(failing.list(BOB, NOW)[0]?.attemptsLeft, 1);
  });
});
