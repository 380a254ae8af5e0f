import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { LockFacts } from '../../server/authorize/lock-kinds.ts';
import { Locks, type LocksNeed } from '../../server/authorize/locks.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { alice, asker, audra, bob, DEVICE_ID, NOW, olga, oscar, random, readerOf, refusal, saying, sha256, sign, type Staff, TestStore, verify } from './ward.ts'; // prettier-ignore

const FACTS: LockFacts = {
  people: [{ subject: alice.subject, roles: alice.credential.roles }],
  tablets: ['tablet-1'],
  device: DEVICE_ID,
  site: 'ward-3',
};
const locked = refusal('E_LOCKED');

describe('locks', () => {
  let store: TestStore;
  let locks: Locks;
  before(async () => void (store = await TestStore.make()));
  after(() => store.remove());

  const opened = (changes: Partial<LocksNeed> = {}): Locks =>
    new Locks({ store: store.now, sha256, random, verify, ...changes });

  beforeEach(async () => {
    await store.now.write([{ sql: 'DELETE FROM lock', params: [] }]);
    locks = opened();
  });

  const set = async (by: Staff, kind: string, subject: string, seconds?: number) => {
    const detail: [number, Cbor][] = [[1, kind], [2, subject], [3, 'Battery recall']]; // prettier-ignore
    return locks.lock(
      await sign(by, 'lock', seconds === undefined ? detail : [...detail, [4, seconds]]),
      asker(by),
      NOW,
    );
  };
  const lift = async (by: Staff, id: string, now = NOW) =>
    locks.unlock(await sign(by, 'unlock', [[3, 'Solved'], [5, id]]), asker(by), now); // prettier-ignore

  it('hold at once, say why, and name what has to be logged', async () => {
    locks.check(FACTS, NOW);
    const change = set(alice, 'device', DEVICE_ID);
    const { lock, entry } = await change;
    assert.throws(() => locks.check(FACTS, NOW), saying('E_LOCKED', /^device: Battery recall$/u));
    assert.equal(lock.by, alice.subject);
    assert.equal(entry.detail, `device ${DEVICE_ID} ${lock.id}`);
    assert.equal(entry.result, 1);
    encodeEntry(entry);
    encodeEntry((await lift(alice, lock.id)).entry);
    locks.check(FACTS, NOW);
  });

  it('hold before the disk has answered', async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    locks = opened({ store: { reader: readerOf(store), write: () => slow } });
    const change = set(olga, 'all', '');
    for (let i = 0; i < 50 && (locks.list(NOW)?.length ?? 0) === 0; i++) await new Promise(setImmediate);
    assert.throws(() => locks.check(FACTS, NOW), locked);
    assert.equal(locks.reload(), true);
    assert.throws(() => locks.check(FACTS, NOW), locked, 'reading the list again does not lift it');
    release();
    await change;
  });

  it('hold also when they could not be stored, and whoever set them hears of it', async () => {
    locks = opened({
      store: { reader: readerOf(store), write: () => Promise.reject(new Error('disk full')) },
    });
    await assert.rejects(set(olga, 'all', ''), /disk full/u);
    assert.throws(() => locks.check(FACTS, NOW), locked);
  });

  it('hold on when lifting them could not be stored', async () => {
    const { lock } = await set(olga, 'all', '');
    locks = opened({
      store: { reader: readerOf(store), write: () => Promise.reject(new Error('disk full')) },
    });
    await assert.rejects(lift(olga, lock.id), /disk full/u);
    assert.throws(() => locks.check(FACTS, NOW), locked);
  });

  it('survive a restart', async () => {
    await set(bob, 'person', alice.subject);
    const { lock } = await set(bob, 'tablet', 'tablet-7');
    await lift(bob, lock.id);
    await store.restart();
    locks = opened();
    assert.throws(() => locks.check(FACTS, NOW), locked);
    assert.deepEqual(locks.list(NOW)?.map(({ kind, subject, until }) => [kind, subject, until]), [
      ['person', alice.subject, undefined],
    ]); // prettier-ignore
  });

  it('end by themselves when they have an end', async () => {
    await set(olga, 'site', 'ward-3', 60);
    assert.throws(() => locks.check(FACTS, NOW + 59_999), locked);
    locks.check(FACTS, NOW + 60_000);
    assert.deepEqual(locks.list(NOW + 60_000), []);
    await locks.lock(await sign(olga, 'lock', [[1, 'tablet'], [2, 't'], [3, 'Lost']]), asker(olga), NOW + 60_000); // prettier-ignore
    assert.equal(store.now.reader('SELECT id FROM lock').all().length, 1, 'the ended one is swept out');
  });

  it('lock everything while the list cannot be read, and open up when it can', async () => {
    let broken = true;
    const reader = (sql: string) => {
      if (broken) throw new Error('disk error');
      return store.now.reader(sql);
    };
    locks = opened({ store: { reader, write: (ops) => store.now.write(ops) } });
    assert.throws(() => locks.check({ people: [] }, NOW), saying('E_LOCKED', /could not be read/u));
    assert.throws(() => locks.checkPresence({ people: [] }, NOW), locked);
    assert.equal(locks.list(NOW), undefined);
    await assert.rejects(set(olga, 'tablet', 't'), locked);
    broken = false;
    assert.equal(locks.reload(), true);
    locks.check(FACTS, NOW);
  });

  it('lock everything when one of them cannot be understood', async () => {
    const sql =
      'INSERT INTO lock (id, kind, subject, reason, "by", since, until) VALUES (?, ?, ?, ?, ?, ?, ?)';
    await store.now.write([{ sql, params: ['x', 'planet', 'earth', 'r', 'b', NOW, null] }]);
    locks = opened();
    assert.throws(() => locks.check(FACTS, NOW), locked);
  });

  it('of devices, sites and everything let people sign in, so that somebody can lift them', async () => {
    for (const [kind, subject] of [['all', ''], ['site', 'ward-3'], ['device', DEVICE_ID]] as const) await set(olga, kind, subject); // prettier-ignore
    locks.checkPresence(FACTS, NOW);
    await set(olga, 'tablet', 'tablet-1');
    assert.throws(() => locks.checkPresence(FACTS, NOW), locked);
  });

  it('are set by whoever signs commands, and by no reader', async () => {
    for (const by of [alice, olga]) await set(by, 'all', '');
    await assert.rejects(set(audra, 'all', ''), refusal('E_ROLE'));
  });

  it('on everything, on a site and on a role are lifted by an operator only, whoever set them', async () => {
    for (const [kind, subject] of [
      ['all', ''],
      ['site', 'ward-3'],
      ['role', 'maker'],
    ] as const) {
      const { lock } = await set(alice, kind, subject);
      await assert.rejects(lift(alice, lock.id), refusal('E_ROLE'));
      await assert.rejects(lift(audra, lock.id), refusal('E_ROLE'));
      await lift(olga, lock.id);
    }
    locks.check(FACTS, NOW);
  });

  it('are lifted by who set them or by an operator, not by others', async () => {
    const { lock } = await set(alice, 'device', DEVICE_ID);
    await assert.rejects(lift(bob, lock.id), refusal('E_ROLE'));
    await lift(alice, lock.id);
    const again = await set(alice, 'device', DEVICE_ID);
    await lift(olga, again.lock.id);
  });

  it('on a person are not lifted by that person, nor anything else by them', async () => {
    const { lock } = await set(bob, 'person', olga.subject);
    const other = await set(alice, 'all', '');
    await assert.rejects(lift(olga, lock.id), locked);
    await assert.rejects(lift(olga, other.lock.id), locked);
    await lift(oscar, lock.id);
    await lift(olga, other.lock.id);
  });

  it('on the operators need an end, for nobody could lift them', async () => {
    await assert.rejects(set(alice, 'role', 'operator'), refusal('E_CMD_MALFORMED'));
    const { lock } = await set(alice, 'role', 'operator', 60);
    await assert.rejects(lift(olga, lock.id), locked);
  });

  it('that ended or never were cannot be lifted', async () => {
    const { lock } = await set(olga, 'all', '', 1);
    await assert.rejects(lift(olga, lock.id, NOW + 1_000), refusal('E_SCOPE'));
    await assert.rejects(lift(olga, 'nothing'), refusal('E_SCOPE'));
  });

  it('are refused when their statement says something else', async () => {
    const cases: [number, Cbor][][] = [
      [[1, 'planet'], [2, 'earth'], [3, 'why']],
      [[1, 'device'], [2, 'not hex'], [3, 'why']],
      [[1, 'role'], [2, 'janitor'], [3, 'why']],
      [[1, 'all'], [2, 'more'], [3, 'why']],
      [[1, 'all'], [2, ''], [3, '...']],
      [[1, 'all'], [2, ''], [3, 'why'], [4, 0]],
      [[1, 'all'], [2, ''], [3, 'why'], [5, 'x']],
      [[1, 'all'], [2, '']],
    ]; // prettier-ignore
    for (const detail of cases) {
      await assert.rejects(
        locks.lock(await sign(olga, 'lock', detail), asker(olga), NOW),
        refusal('E_CMD_MALFORMED'),
      );
    }
    const unlock = await sign(olga, 'unlock', [[1, 'all'], [2, ''], [3, 'why']]); // prettier-ignore
    await assert.rejects(locks.lock(unlock, asker(olga), NOW), refusal('E_CMD_MALFORMED'));
    assert.deepEqual(locks.list(NOW), []);
  });

  it('are refused when the signature is not the signer’s', async () => {
    const good = await sign(olga, 'lock', [[1, 'all'], [2, ''], [3, 'why']]); // prettier-ignore
    const other = await sign(olga, 'lock', [[1, 'all'], [2, ''], [3, 'other']]); // prettier-ignore
    await assert.rejects(
      locks.lock({ ...good, statement: other.statement }, asker(olga), NOW),
      refusal('E_ASSERTION'),
    );
  });

  it('are not set or lifted by a statement of somebody else than is signed in', async () => {
    const detail: [number, Cbor][] = [[1, 'all'], [2, ''], [3, 'why']]; // prettier-ignore
    await assert.rejects(
      locks.lock(await sign(olga, 'lock', detail), asker(alice), NOW),
      refusal('E_ASSERTION'),
    );
    const { lock } = await set(olga, 'all', '');
    const lifting = await sign(olga, 'unlock', [[5, lock.id]]);
    await assert.rejects(locks.unlock(lifting, asker(alice), NOW), refusal('E_ASSERTION'));
  });

  it('need the role in the token too, not in the credential alone', async () => {
    const detail: [number, Cbor][] = [[1, 'all'], [2, ''], [3, 'why']]; // prettier-ignore
    await assert.rejects(
      locks.lock(await sign(olga, 'lock', detail), asker(olga, ROLE.auditor), NOW),
      refusal('E_ROLE'),
    );
    const { lock } = await set(olga, 'all', '');
    const lifting = await sign(olga, 'unlock', [[5, lock.id]]);
    await assert.rejects(locks.unlock(lifting, asker(olga, ROLE.auditor), NOW), refusal('E_ROLE'));
  });

  it('answer any statement with a lock or a refusal', async () => {
    const open = opened({ verify: () => Promise.resolve(olga) });
    const { approval } = await sign(olga, 'lock', []);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (statement) => {
        await assert.rejects(
          open.lock({ statement, approval }, asker(olga), NOW),
          (error) => error instanceof Refusal,
        );
        await assert.rejects(
          open.unlock({ statement, approval }, asker(olga), NOW),
          (error) => error instanceof Refusal,
        );
      }),
      { numRuns: 200 },
    );
    await assert.rejects(
      open.lock({ statement: utf8(''), approval }, asker(olga), NOW),
      refusal('E_CMD_MALFORMED'),
    );
  });

  it('of one kind cannot be so many that the kill switch no longer fits', async () => {
    for (let i = 0; i < 200; i++) await set(alice, 'tablet', `tablet-${i + 10}`);
    await assert.rejects(set(alice, 'tablet', 'tablet-more'), refusal('E_RATE'));
    await set(alice, 'all', '');
    assert.throws(() => locks.check(FACTS, NOW), locked);
  });
});
