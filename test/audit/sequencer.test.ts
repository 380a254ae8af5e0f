import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { LogInconsistent, QuorumUnavailable } from '../../server/audit/errors.ts';
import type { Appended } from '../../server/audit/sequenced.ts';
import { verifyStore } from '../../server/audit/walk.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../../server/protocol/log/merkle.ts';
import { verifyCheckpoint } from '../../server/protocol/log/note.ts';
import { StoreConflict, StoreUnavailable } from '../../server/store/errors.ts';
import { nodeCrypto } from '../../server/crypto.ts';
import { type World, entry, sha256, world } from './world.ts';

const witnessKeys = (here: World) => here.witnesses.map(({ vkey }) => vkey);

async function assertProven(here: World, appended: Appended, bytes: Uint8Array, k = 1): Promise<void> {
  const policy = { k, witnesses: witnessKeys(here) };
  const checkpoint = await verifyCheckpoint(nodeCrypto, {
    note: appended.checkpoint,
    logKeys: [here.logKey],
    policy,
  });
  const { index, path, size } = appended;
  assert.equal(checkpoint.size, size);
  const leaf = leafHash(sha256, bytes);
  assert.ok(verifyInclusion(sha256, { index, size, leaf, path, root: checkpoint.root }));
}

const pause = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

async function until(what: string, test: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (test()) return;
    await pause(25);
  }
  assert.fail(`it did not come about in 5 s: ${what}`);
}

describe('The log', () => {
  let here: World;
  afterEach(() => here.end());

  it('resolves an append with a proof that strangers can verify', async () => {
    here = await world();
    const log = await here.openLog(here.openStore());
    assert.equal(log.health, 'ok');
    for (let i = 0; i < 9; i++) {
      const one = entry();
      const [appended] = await log.append([one]);
      assert.equal(appended?.index, i);
      await assertProven(here, appended, one.bytes);
    }
    assert.equal(log.latest().cosigned?.size, 9);
  });

  it('gathers what is queued into few transactions and few witness rounds', async () => {
    here = await world();
    const log = await here.openLog(here.openStore());
    const entries = Array.from({ length: 300 }, () => entry());
    const all = await Promise.all(entries.map((one) => log.append([one])));
    for (const [i, [appended]] of all.entries()) {
      assert.ok(appended);
      const one = entries[i];
      assert.ok(one);
      if (i % 37 === 0) await assertProven(here, appended, one.bytes);
    }
    assert.deepEqual(new Set(all.map(([one]) => one?.index)).size, 300);
    const [witness] = here.witnesses;
    assert.ok(witness && witness.requests.length <= 5, `${witness?.requests.length} requests`);
  });

  it('keeps entries and the ops alongside in one transaction, or neither', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    const op = { sql: 'INSERT INTO kv (name, value) VALUES (?, ?)', params: ['grant', utf8('once')] };
    await log.append([entry()], [op]);
    assert.equal(store.reader('SELECT count(*) AS n FROM kv').get()?.['n'], 1);
    // The same grant again, beside innocent entries of the same moment: only the guilty one is refused.
    const [again, good] = await Promise.allSettled([log.append([entry()], [op]), log.append([entry()])]);
    assert.ok(again.status === 'rejected' && again.reason instanceof StoreConflict);
    assert.ok(good.status === 'fulfilled' && good.value[0]?.index === 1);
    const report = await verifyStore(store, nodeCrypto, [here.logKey]);
    assert.deepEqual(report.fault, null);
    assert.equal(report.entries, 2);
  });

  it('proves consistency between any two sizes, also after it was opened again', async () => {
    here = await world();
    const store = here.openStore();
    let log = await here.openLog(store);
    const roots = new Map<number, Uint8Array>();
    for (let i = 0; i < 21; i++) {
      if (i === 11) {
        await log.stop();
        log = await here.openLog(store);
        assert.equal(log.health, 'ok');
      }
      await log.appendDurable([entry()]);
      roots.set(i + 1, log.latest().root);
    }
    for (const [size1, root1] of roots) {
      for (const [size2, root2] of roots) {
        if (size1 > size2) continue;
        const path = log.consistency(size1, size2);
        assert.ok(verifyConsistency(sha256, { size1, size2, root1, root2, path }), `${size1}-${size2}`);
      }
    }
    const proof = log.proofOf(3, 17);
    assert.ok(
      verifyInclusion(sha256, {
        index: 3,
        size: 17,
        leaf: proof.leafHash,
        path: proof.path,
        root: roots.get(17) ?? utf8(''),
      }),
    );
    assert.throws(() => log.proofOf(3, 99), RangeError);
  });

  it('needs its quorum of distinct witnesses, and waits for no more than that', async () => {
    here = await world(3);
    const [, , slow] = here.witnesses;
    assert.ok(slow);
    slow.delay = 1_500;
    const log = await here.openLog(here.openStore(), { k: 2 });
    const started = performance.now();
    const one = entry();
    const [appended] = await log.append([one]);
    assert.ok(appended);
    await assertProven(here, appended, one.bytes, 2);
    assert.ok(performance.now() - started < 1_000);
  });

  it('says so when witnesses are away, keeps the entry, and recovers by itself', async () => {
    here = await world();
    const [witness] = here.witnesses;
    assert.ok(witness);
    const log = await here.openLog(here.openStore(), { quorumWait: 200 });
    await log.append([entry()]);
    witness.down = true;
    await assert.rejects(log.append([entry()]), (error) => {
      assert.ok(error instanceof QuorumUnavailable);
      assert.match(error.message, /witness-0.example: it is down/);
      return true;
    });
    assert.equal(log.health, 'no-quorum');
    const [durable] = await log.appendDurable([entry()]);
    assert.equal(durable?.index, 2);
    assert.equal(log.proofOf(1).checkpoint, null);
    witness.down = false;
    await until('the quorum is back', () => log.health === 'ok' && log.latest().cosigned?.size === 3);
    const kept = log.entry(1);
    assert.ok(kept);
    const { checkpoint, ...proof } = log.proofOf(1);
    assert.ok(checkpoint !== null);
    await assertProven(here, { ...proof, checkpoint }, kept.bytes);
  });

  it('starts without its witnesses, without calling that healthy', async () => {
    here = await world();
    const [witness] = here.witnesses;
    assert.ok(witness);
    witness.down = true;
    const log = await here.openLog(here.openStore(), { quorumWait: 100 });
    assert.equal(log.health, 'no-quorum');
    await assert.rejects(log.append([entry()]), QuorumUnavailable);
    witness.down = false;
    await until('the quorum is there', () => log.health === 'ok');
    await log.append([entry()]);
  });

  it('refuses to go on from a backup that is older than what a witness saw', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    await log.append([entry(), entry()]);
    await log.stop();
    await store.stop();
    await cp(join(here.folder, 'store'), join(here.folder, 'backup'), { recursive: true });
    const later = here.openStore();
    const grown = await here.openLog(later);
    await grown.append([entry()]);
    await grown.stop();
    const restored = here.openStore('backup');
    const rolledBack = await here.openLog(restored);
    assert.equal(rolledBack.health, 'inconsistent');
    assert.equal(rolledBack.inconsistency?.error.reason, 'truncated');
    assert.match(rolledBack.inconsistency?.evidence ?? '', /^log.example\/ward\n3\n/);
    await assert.rejects(rolledBack.append([entry()]), LogInconsistent);
    // Alarms and receipts of emergencies still find a place, beside the log.
    const op = { sql: 'INSERT INTO kv (name, value) VALUES (?, ?)', params: ['receipt', utf8('r')] };
    const [aside] = await rolledBack.appendDurable([entry()], [op]);
    assert.equal(aside?.index, null);
    assert.equal(restored.reader('SELECT count(*) AS n FROM log_aside').get()?.['n'], 1);
    assert.equal(restored.reader('SELECT count(*) AS n FROM kv').get()?.['n'], 1);
    assert.equal(rolledBack.latest().size, 2);
  });

  it('notices a fork when the witness saw other entries of the same number', async () => {
    here = await world();
    const first = await here.openLog(here.openStore('a'));
    await first.append([entry(), entry()]);
    await first.stop();
    const [witness] = here.witnesses;
    assert.ok(witness);
    witness.down = true;
    const forked = await here.openLog(here.openStore('b'), { quorumWait: 100 });
    await forked.appendDurable([entry(), entry(), entry()]);
    witness.down = false;
    await until('the fork is seen', () => forked.health === 'inconsistent');
    assert.equal(forked.inconsistency?.error.reason, 'fork');
    await assert.rejects(forked.append([entry()]), LogInconsistent);
  });

  it('is not stopped by a witness that claims a fork it cannot show', async () => {
    here = await world(2);
    const [liar] = here.witnesses;
    assert.ok(liar);
    const lying = liar.client as { add: unknown };
    lying.add = () => Promise.resolve({ kind: 'conflict', size: 1_000_000 });
    const log = await here.openLog(here.openStore(), { k: 1 });
    await log.append([entry()]);
    lying.add = () => Promise.resolve({ kind: 'unprovable' });
    await log.append([entry()]);
    assert.equal(log.health, 'ok');
  });

  it('survives an abrupt end: everything acknowledged is there, and the log goes on', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    await Promise.all(Array.from({ length: 40 }, () => log.append([entry()])));
    const [witness] = here.witnesses;
    assert.ok(witness);
    // What the copy has not, no witness may see either: the power goes for everything at once.
    witness.down = true;
    void log.appendDurable([entry()]).catch(() => undefined);
    // As a power cut leaves it: the files as they are now, without anything being closed.
    await cp(join(here.folder, 'store'), join(here.folder, 'crashed'), { recursive: true });
    await log.stop();
    witness.down = false;
    const after = here.openStore('crashed');
    const again = await here.openLog(after);
    assert.equal(again.health, 'ok');
    assert.ok(again.latest().size >= 40);
    const [appended] = await again.append([entry()]);
    assert.ok(appended && appended.index >= 40);
    assert.equal((await verifyStore(after, nodeCrypto, [here.logKey])).fault, null);
  });

  it('is closed to a second gateway: the older of two can add nothing', async () => {
    here = await world();
    const older = await here.openLog(here.openStore());
    await older.append([entry()]);
    const newer = await here.openLog(here.openStore());
    await newer.append([entry()]);
    const fenced = (error: unknown) => error instanceof LogInconsistent && error.reason === 'fenced';
    await assert.rejects(older.append([entry()]), fenced);
    await assert.rejects(older.appendDurable([entry()]), fenced);
    assert.equal(older.health, 'inconsistent');
    const [appended] = await newer.append([entry()]);
    assert.equal(appended?.index, 2);
    assert.equal(newer.health, 'ok');
  });

  it('refuses entries when the disk is full, and takes them when there is room again', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    await log.append([entry()]);
    const pages = Number(store.reader('PRAGMA page_count').get()?.['page_count']);
    await store.write([{ sql: `PRAGMA max_page_count = ${pages}`, params: [] }]);
    const large = () => ({ ...entry(), bytes: new Uint8Array(60_000) });
    for (let i = 0; i < 2; i++) {
      await assert.rejects(log.append([large()]), (error) => {
        assert.ok(error instanceof StoreUnavailable);
        assert.equal(error.code, 'full');
        return true;
      });
    }
    assert.equal(log.latest().size, 1);
    await store.write([{ sql: 'PRAGMA max_page_count = 1000000', params: [] }]);
    const big = large();
    const [appended] = await log.append([big]);
    assert.ok(appended);
    assert.equal(appended.index, 1);
    await assertProven(here, appended, big.bytes);
    assert.equal((await verifyStore(store, nodeCrypto, [here.logKey])).fault, null);
  });

  it('refuses a policy that cannot work, and entries beyond their bounds', async () => {
    here = await world();
    const store = here.openStore();
    await assert.rejects(here.openLog(store, { k: 2 }), RangeError);
    await assert.rejects(here.openLog(store, { k: 0 }), RangeError);
    const log = await here.openLog(store);
    await assert.rejects(log.append([{ ...entry(), bytes: new Uint8Array(65_536) }]), RangeError);
    await assert.rejects(log.append([]), RangeError);
  });

  it('does not go on after its last entries were cut off', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    await log.append([entry(), entry(), entry()]);
    await log.stop();
    await store.write([{ sql: 'DELETE FROM log_entry WHERE idx = 2', params: [] }]);
    const cut = await here.openLog(store);
    assert.equal(cut.health, 'inconsistent');
    assert.equal(cut.inconsistency?.error.reason, 'damaged');
    await assert.rejects(cut.append([entry()]), LogInconsistent);
    const [aside] = await cut.appendDurable([entry()]);
    assert.equal(aside?.index, null);
  });
});
