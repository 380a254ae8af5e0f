import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CareRelations } from '../../server/authorize/care-relation.ts';
import type { Actor } from '../../server/authorize/draft.ts';
import { Drafts, type DraftsNeed } from '../../server/authorize/drafts.ts';
import { RateLimits } from '../../server/authorize/rate-limits.ts';
import { LIMITS } from '../../server/limits.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { StoreConflict } from '../../server/store/errors.ts';
import { testBytes } from '../support/keys.ts';
import {
  alice, approvalOf, bob, careForAll, commandBytes, DEVICE, DEVICE_ID, NOW, olga, random, refusal, saying, sha256,
  type Staff, TestStore,
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

describe('drafts', () => {
  let store: TestStore;
  let bounds = { openPerPerson: 8, asksPerHour: 20, entriesPerHour: 20 };
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
    bounds = { openPerPerson: 8, asksPerHour: 20, entriesPerHour: 20 };
    await store.now.write(['draft', 'rate'].map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
    drafts = await opened();
  });

  const create = async (command: Bytes = commandBytes(), to = drafts, now = NOW): Promise<string> =>
    to.create({ command, approval: await approvalOf(alice, command), context: CONTEXT }, ALICE, now);

  it('hand out the complete set once, after the second person entered the same', async () => {
    const command = commandBytes();
    const companion = testBytes('companion');
    const first = await approvalOf(alice, command);
    const id = await drafts.create({ command, approval: first, context: CONTEXT, companion }, ALICE, NOW);
    assert.match(id, /^[\w-]{22}$/u);
    const { kind, entry } = await drafts.enter(id, command, BOB, NOW + 1);
    assert.equal(kind, 'matched');
    assert.equal(entry.result, 1);
    encodeEntry(entry);
    const second = await approvalOf(bob, command);
    const complete = { command, approvals: [first, second], context: CONTEXT, companion, tablets: ['tablet-1', 'tablet-2'], primed: false }; // prettier-ignore
    assert.deepEqual(drafts.complete(id, second, BOB, NOW + 2), complete);
    assert.deepEqual(await drafts.take(id, second, BOB, NOW + 2), complete);
    await assert.rejects(drafts.take(id, second, BOB, NOW + 2), closed);
    assert.equal(store.now.reader('SELECT id FROM draft').all().length, 0);
  });

  it('give the complete set to one of two who ask at the same moment', async () => {
    const command = commandBytes();
    const id = await create(command);
    await drafts.enter(id, command, BOB, NOW);
    const second = await approvalOf(bob, command);
    const taken = await Promise.allSettled([1, 2].map(() => drafts.take(id, second, BOB, NOW)));
    assert.deepEqual(taken.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  });

  it('show a second person what to enter, and nothing of what was entered', async () => {
    const id = await create();
    assert.deepEqual(drafts.list(BOB, NOW), [
      {
        id,
        device: DEVICE_ID,
        by: alice.subject,
        reason: 'titration',
        order: 'ORD-1',
        note: undefined,
        operation: 1,
        tier: 2,
        settings: [7],
        matched: false,
        shown: false,
        since: NOW,
        expires: NOW + LIMITS.draftLife.max,
        attemptsLeft: 2,
      },
    ]);
  });

  it('never show people their own, nor those of devices they do not care for', async () => {
    await create();
    assert.deepEqual(drafts.list(ALICE, NOW), []);
    assert.deepEqual(drafts.list({ ...BOB, tablet: 'tablet-1' }, NOW), []);
    const strict = await opened({ care: new CareRelations(utf8(`{"${alice.subject}":["${DEVICE_ID}"]}`)) });
    assert.deepEqual(strict.list(BOB, NOW), []);
    const [id = ''] = drafts.list(BOB, NOW).map((draft) => draft.id);
    await assert.rejects(strict.enter(id, commandBytes(), BOB, NOW), closed);
  });

  it('take no second entry from the same person, tablet or passkey', async () => {
    const id = await create();
    const same: Actor[] = [
      ALICE,
      { ...ALICE, tablet: 'tablet-2' },
      { ...BOB, tablet: 'tablet-1' },
      { subject: bob.subject, tablet: 'tablet-2', kid: alice.credential.key.kid },
    ];
    for (const by of same) {
      await assert.rejects(drafts.enter(id, commandBytes(), by, NOW), refusal('E_DUAL_SAME_PERSON'));
    }
    assert.equal(drafts.list(BOB, NOW)[0]?.attemptsLeft, 2);
  });

  it('name the settings that differ, never a value, and close at the second mismatch', async () => {
    const id = await create(commandBytes(70, { changes: new Map([[7, 70], [9, 1]]) })); // prettier-ignore
    const wrong = commandBytes(70, { changes: new Map([[7, 71], [8, 2], [9, 1]]) }); // prettier-ignore
    const { entry, ...first } = await drafts.enter(id, wrong, BOB, NOW);
    assert.deepEqual(first, { kind: 'differs', settings: [7, 8], fields: [], left: 1 });
    const bobs = BOB.kid ? [BOB.kid] : [];
    const command = sha256(commandBytes(70, { changes: new Map([[7, 70], [9, 1]]) })); // prettier-ignore
    assert.deepEqual(entry, {
      type: 'secondEntry',
      time: NOW,
      device: DEVICE,
      command,
      kids: bobs,
      result: 0,
    });
    encodeEntry(entry);
    const second = await drafts.enter(id, wrong, BOB, NOW);
    assert.equal(second.kind === 'differs' && second.left, 0);
    await assert.rejects(drafts.enter(id, wrong, BOB, NOW), closed);
    assert.deepEqual(drafts.list(BOB, NOW), []);
    const [own] = drafts.own(ALICE, NOW);
    assert.deepEqual([own?.state, own?.second], ['differs', bob.subject], 'whoever asked is told');
  });

  it('share two attempts among all who try, also at the same moment', async () => {
    const id = await create();
    const tries = await Promise.allSettled(
      [BOB, OLGA, BOB, OLGA].map((by) => drafts.enter(id, commandBytes(71), by, NOW)),
    );
    assert.deepEqual(tries.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'rejected']); // prettier-ignore
    await assert.rejects(drafts.enter(id, commandBytes(), BOB, NOW), closed);
  });

  it('name the other fields that differ', async () => {
    const cases: Record<string, Parameters<typeof commandBytes>[1]> = {
      device: { device: testBytes('other', 8) },
      nonce: { nonce: testBytes('other', 16) },
      counter: { counter: 6 },
      profile: { profile: testBytes('other') },
      settings: { settings: testBytes('other') },
      operation: { operation: OPERATION.stop },
      patient: { patient: testBytes('other') },
      companion: { companion: testBytes('other') },
    };
    for (const [field, change] of Object.entries(cases)) {
      const said = await drafts.enter(await create(), commandBytes(70, change), BOB, NOW);
      assert.deepEqual(said.kind === 'differs' && [said.fields, said.settings], [[field], []]);
      for (const { id } of drafts.list(BOB, NOW)) await drafts.enter(id, commandBytes(1), BOB, NOW);
    }
  });

  it('agree exactly when the bytes are equal', async () => {
    bounds = { openPerPerson: 500, asksPerHour: 1_000, entriesPerHour: 1_000 };
    const changes = fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, changes, async (a, b) => {
        const [first, second] = [a, b].map((list) => commandBytes(0, { changes: new Map(list) }));
        assert.ok(first && second);
        const { kind } = await drafts.enter(await create(first), second, BOB, NOW);
        assert.equal(kind === 'matched', Buffer.compare(first, second) === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('once shown to the second person are a primed check for good, also after a restart, and no entry counts any more', async () => {
    const command = commandBytes();
    const id = await create(command);
    for (const by of [ALICE, { ...BOB, tablet: 'tablet-1' }])
      await assert.rejects(drafts.show(id, by, NOW), refusal('E_DUAL_SAME_PERSON'));
    const { command: shown, entry } = await drafts.show(id, BOB, NOW);
    assert.deepEqual([shown, entry.type, entry.result], [command, 'secondEntry', 3]);
    encodeEntry(entry);
    assert.equal(drafts.own(ALICE, NOW)[0]?.check, 'primed');
    for (const held of [drafts, await opened()]) {
      await assert.rejects(held.enter(id, command, BOB, NOW), closed);
      await assert.rejects(held.enter(id, command, OLGA, NOW), closed);
      await assert.rejects(held.show(id, OLGA, NOW), closed);
      assert.equal(held.list(BOB, NOW)[0]?.shown, true);
      assert.equal(held.complete(id, await approvalOf(bob, command), BOB, NOW).primed, true);
    }
    assert.deepEqual((await drafts.show(id, BOB, NOW)).command, command, 'the answer can be lost on the way');
  });

  it('with a value outside of the site’s range are entered, and shown to nobody, also after a restart', async () => {
    const command = commandBytes();
    const wish = { command, approval: await approvalOf(alice, command), context: CONTEXT, outside: true };
    const id = await drafts.create(wish, ALICE, NOW);
    for (const held of [drafts, await opened()])
      await assert.rejects(held.show(id, BOB, NOW), saying('E_POLICY', /outside of this site/u));
    assert.equal((await drafts.enter(id, command, BOB, NOW)).kind, 'matched');
  });

  it('that were entered are not shown afterwards: a check stays what it was', async () => {
    const id = await create();
    await drafts.enter(id, commandBytes(), BOB, NOW);
    await assert.rejects(drafts.show(id, BOB, NOW), closed);
    assert.equal(drafts.own(ALICE, NOW)[0]?.check, 'entered');
    assert.equal(drafts.complete(id, await approvalOf(bob, commandBytes()), BOB, NOW).primed, false);
  });

  it('do not count what is no command at all', async () => {
    const id = await create();
    await assert.rejects(drafts.enter(id, utf8('nonsense'), BOB, NOW), refusal('E_CMD_MALFORMED'));
    assert.equal(drafts.list(BOB, NOW)[0]?.attemptsLeft, 2);
  });

  it('let nobody else sign after one person entered it, and let that person hear the answer again', async () => {
    const id = await create();
    const approval = await approvalOf(bob, commandBytes());
    await assert.rejects(drafts.take(id, approval, BOB, NOW), closed);
    await drafts.enter(id, commandBytes(), BOB, NOW);
    await assert.rejects(drafts.take(id, approval, OLGA, NOW), closed);
    await assert.rejects(drafts.take(id, approval, { ...BOB, tablet: 'tablet-9' }, NOW), closed);
    await assert.rejects(drafts.enter(id, commandBytes(), OLGA, NOW), closed);
    assert.equal((await drafts.enter(id, commandBytes(), BOB, NOW)).kind, 'matched');
    await drafts.take(id, approval, BOB, NOW);
  });

  it('are matched by one of two people who enter the same at the same moment', async () => {
    const id = await create();
    const tries = await Promise.allSettled(
      [BOB, OLGA].map((by) => drafts.enter(id, commandBytes(), by, NOW)),
    );
    assert.deepEqual(
      tries.map((tried) => tried.status === 'rejected' && closed(tried.reason)),
      [false, true],
    );
    await assert.rejects(drafts.take(id, await approvalOf(olga, commandBytes()), OLGA, NOW), closed);
    await drafts.take(id, await approvalOf(bob, commandBytes()), BOB, NOW);
  });

  it('are not handed out when another process closed them', async () => {
    const id = await create();
    await drafts.enter(id, commandBytes(), BOB, NOW);
    await store.now.write([{ sql: 'DELETE FROM draft', params: [] }]);
    await assert.rejects(drafts.take(id, await approvalOf(bob, commandBytes()), BOB, NOW), StoreConflict);
  });

  it('end after fifteen minutes, for entering as for signing', async () => {
    const end = NOW + LIMITS.draftLife.max;
    const id = await create();
    assert.equal(drafts.list(BOB, end - 1).length, 1);
    assert.equal(drafts.list(BOB, end).length, 0);
    await assert.rejects(drafts.enter(id, commandBytes(), BOB, end), closed);
    await drafts.enter(id, commandBytes(), BOB, end - 1);
    await assert.rejects(drafts.take(id, await approvalOf(bob, commandBytes()), BOB, end), closed);
  });

  it('are taken back by who signed, and by nobody else', async () => {
    const command = commandBytes();
    const id = await create(command);
    assert.equal(await drafts.withdraw(sha256(command), BOB, NOW), undefined);
    const entry = await drafts.withdraw(sha256(command), ALICE, NOW);
    assert.equal(entry?.type, 'cancelled');
    await assert.rejects(drafts.enter(id, command, BOB, NOW), closed);
  });

  it('are bounded per person at one time', async () => {
    bounds = { ...bounds, openPerPerson: 2 };
    await Promise.all([create(commandBytes(1)), create(commandBytes(2))]);
    await assert.rejects(create(commandBytes(3)), refusal('E_RATE'));
    assert.equal(drafts.list(BOB, NOW).length, 2);
    await create(commandBytes(3), drafts, NOW + LIMITS.draftLife.max);
  });

  it('are bounded per hour, for who asks and for who is asked', async () => {
    bounds = { ...bounds, asksPerHour: 3, entriesPerHour: 2 };
    const ids = [await create(), await create(), await create()];
    await assert.rejects(create(), refusal('E_RATE'));
    assert.equal(drafts.list(BOB, NOW).length, 3, 'a refused request is not among them');
    await drafts.enter(ids[0] ?? '', commandBytes(), BOB, NOW);
    await drafts.enter(ids[1] ?? '', commandBytes(), BOB, NOW);
    await assert.rejects(drafts.enter(ids[2] ?? '', commandBytes(), BOB, NOW), refusal('E_RATE'));
    await drafts.enter(ids[2] ?? '', commandBytes(), OLGA, NOW);
  });
});
