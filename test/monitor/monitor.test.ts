import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderLog, type ReadResource } from '../../clients/cli/log-source.ts';
import { monitor } from '../../clients/cli/monitor.ts';
import { newerAnchors } from '../../clients/cli/newer-anchors.ts';
import { type Alarm, type Look, LogWatch } from '../../clients/cli/watch.ts';
import { SeenCheckpoints } from '../../clients/common/evidence/seen-checkpoints.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { receiptRuns, tellRun } from '../../server/protocol/verify/cover.ts';
import { type World, makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { writeLog } from '../support/log-folder.ts';

const GO = '/usr/share/gocode';
const hasGo =
  existsSync(join(GO, 'src/golang.org/x/mod/sumdb/tlog')) && spawnSync('go', ['version']).status === 0;

describe('a log that is watched from outside', () => {
  let folder = '';
  let world: World;
  let log: TestLog;
  let count = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cs-monitor-'));
    world = await makeWorld();
    writeFileSync(join(folder, 'anchors'), world.anchorsBytes);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    log = new TestLog();
    for (let i = 0; i < 600; i++) log.append({ type: 'alarm', time: NOW * 1000 + i, code: `A${i}` });
  });

  const publish = async (
    of: TestLog,
    size = of.entries.length,
    hashes?: readonly Uint8Array[],
  ): Promise<string> => {
    const at = join(folder, `log-${count++}`);
    const entries = of.entries.slice(0, size);
    writeLog(at, { checkpoint: await of.checkpoint(NOW, size), entries, ...(hashes && { hashes }) });
    return at;
  };
  /** Another history with the same keys: entry 300 is not what it was. */
  const forked = (): TestLog => {
    const other = new TestLog();
    other.entries.push(...log.entries);
    other.entries[300] = encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'OTHER' });
    return other;
  };
  let source: ReadResource = () => Promise.resolve(undefined);
  const watching = (others: readonly string[] = [], kid?: Uint8Array): LogWatch =>
    new LogWatch((path) => source(path), {
      trust: () => world.anchors,
      seen: new SeenCheckpoints(join(folder, `memory-${count++}.json`)),
      others: others.map((note, i) => ({ name: `auditor ${i}`, read: () => Promise.resolve(note) })),
      stallSeconds: 600,
      kid,
    });
  const kinds = ({ alarms }: Look): readonly Alarm['kind'][] => alarms.map(({ kind }) => kind);
  const see = async (watch: LogWatch, at: string, now = NOW + 1): Promise<Look> => {
    source = folderLog(at);
    return watch.look(now);
  };

  it('raises no alarm while it grows as a log should', async () => {
    const watch = watching();
    for (const size of [1, 255, 256, 257, 512, 600]) {
      const look = await see(watch, await publish(log, size));
      assert.deepEqual([look.size, kinds(look)], [size, []]);
    }
  });

  it('is caught with two histories, whether the change is old or new', async () => {
    const watch = watching();
    await see(watch, await publish(log, 500));
    for (const size of [500, 600])
      assert.deepEqual(kinds(await see(watch, await publish(forked(), size))), ['fork']);
    assert.deepEqual(kinds(await see(watch, await publish(log))), [], 'the genuine one is still followed');
  });

  it('is caught when it shows two heads to two auditors', async () => {
    const size = 550;
    const other = await forked().checkpoint(NOW, size);
    // As one witness shows it: signed by the log, without the quorum.
    const stranger = new TestLog('log', 'stranger');
    stranger.entries.push(...forked().entries);
    const alone = await stranger.checkpoint(NOW, size);
    const forged = other.replace(`— ${log.origin} `, `— ${log.origin} AAAA`);
    assert.deepEqual(kinds(await see(watching([await log.checkpoint(NOW, 300)]), await publish(log))), []);
    assert.deepEqual(kinds(await see(watching([other]), await publish(log))), ['split-view']);
    assert.deepEqual(kinds(await see(watching([alone]), await publish(log))), ['split-view']);
    assert.deepEqual(
      kinds(await see(watching([forged, 'noise']), await publish(log))),
      [],
      'what nobody signed accuses nobody',
    );
  });

  it('is caught when its end is cut, and when an old copy is served', async () => {
    const watch = watching();
    await see(watch, await publish(log));
    assert.deepEqual(kinds(await see(watch, await publish(log, 590))), ['rolled-back']);
  });

  it('is caught serving an old or a changed tile', async () => {
    const at = await publish(log);
    const fresh = folderLog(at);
    const old = folderLog(await publish(log, 520));
    for (const lie of [
      async (path: string) => (path.startsWith('tile/0/002') ? old('tile/0/002.p/8') : fresh(path)),
      async (path: string) => {
        const bytes = await fresh(path);
        if (path !== 'tile/0/001' || !bytes) return bytes;
        const changed = bytes.slice();
        changed[40] = (changed[40] ?? 0) ^ 1;
        return changed;
      },
      async (path: string) => (path.startsWith('tile/0/001') ? undefined : fresh(path)),
    ]) {
      source = lie;
      assert.deepEqual(kinds(await watching().look(NOW + 1)), ['rewrite']);
    }
  });

  it('is caught when nobody witnesses it any more, and when nobody did', async () => {
    assert.deepEqual(kinds(await see(watching(), await publish(log), NOW + 601)), ['stalled']);
    const alone = new TestLog('log', 'stranger');
    alone.entries.push(...log.entries);
    assert.deepEqual(kinds(await see(watching(), await publish(alone))), ['signature']);
    assert.deepEqual(kinds(await see(watching(), join(folder, 'nowhere'))), ['unreachable']);
  });

  it('tells a clinician of each use of a passkey, once', async () => {
    const kid = testBytes('mine', 16);
    const used = {
      type: 'signed',
      time: NOW * 1000,
      device: testBytes('d', 8),
      command: testBytes('c'),
      tier: 2,
    } as const;
    log.append({ ...used, kids: [kid] });
    log.append({ ...used, kids: [testBytes('other', 16)] });
    const watch = watching([], kid);
    const first = await see(watch, await publish(log));
    assert.deepEqual(
      first.uses.map(({ index }) => index),
      [600],
    );
    assert.match(first.uses[0]?.says ?? '', /your passkey .* first person signed/u);
    log.append({ ...used, kids: [kid] });
    assert.deepEqual(
      (await see(watch, await publish(log))).uses.map(({ index }) => index),
      [602],
    );
  });

  it('that leaves an outcome out of a search is caught by the numbers of the receipts', () => {
    const outcome = (number: number) =>
      ({
        type: 'outcome',
        time: NOW,
        device: testBytes('d', 8),
        command: testBytes(`c${number}`),
        index: 0,
        result: 1,
        digest: testBytes(`r${number}`),
        number,
      }) as const;
    const [whole] = receiptRuns([1, 2, 3, 4].map(outcome));
    assert.deepEqual(whole?.missing, []);
    const [filtered] = receiptRuns([1, 2, 4].map(outcome));
    assert.deepEqual(filtered?.missing, [3]);
    assert.match(filtered ? tellRun(filtered) : '', /receipts 3 are missing between 1 and 4/u);
    const [twice] = receiptRuns([outcome(1), { ...outcome(1), digest: testBytes('another') }]);
    assert.deepEqual(twice?.twice, [1]);
  });

  it('is followed under newer anchors that those before let in, also when a version was missed, and under no others', async () => {
    const issued = (version: number, by = world.authority): Promise<Uint8Array> =>
      issueAnchors({ ...world.anchors, version }, by, world.recovery);
    assert.equal((await newerAnchors(nodeCrypto, await issued(3), world.anchors)).version, 3);
    const present = { ...world.anchors, version: 3 };
    assert.equal(await newerAnchors(nodeCrypto, await issued(2), present), present);
    await assert.rejects(newerAnchors(nodeCrypto, await issued(4, world.device), present), {
      code: 'E_ANCHORS',
    });
  });

  it('is looked at by `countersign monitor --once`, which remembers, and ends with what it found', async () => {
    const memory = join(folder, 'monitor-memory.json');
    const look = async (at: string): Promise<number> => {
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = () => true;
      try {
        const stall = String(Math.floor(Date.now() / 1000));
        return await monitor.run([
          at,
          '--anchors',
          join(folder, 'anchors'),
          '--memory',
          memory,
          '--once',
          '--stall',
          stall,
        ]);
      } finally {
        process.stdout.write = write;
      }
    };
    assert.equal(await look(await publish(log, 500)), 0);
    assert.equal(await look(await publish(forked(), 600)), 1);
    assert.equal(await look(await publish(log)), 0);
    assert.equal(await look(join(folder, 'nowhere')), 2);
  });

  it('verifies with the tools of Go’s checksum database, which find what was changed', async function () {
    if (!hasGo) {
      console.log('left out: go and golang-golang-x-mod-dev are not installed');
      this.skip();
    }
    this.timeout(120_000);
    const older = join(folder, 'older');
    writeFileSync(older, await log.checkpoint(NOW, 300));
    const program = join(folder, 'sumdb');
    const env = {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: GO,
      GOFLAGS: '',
      GOCACHE: join(folder, 'go-cache'),
    };
    const built = spawnSync(
      'go',
      ['build', '-o', program, fileURLToPath(new URL('sumdb.go', import.meta.url))],
      { env, encoding: 'utf8' },
    );
    assert.equal(built.status, 0, built.stderr);
    const run = (at: string) => spawnSync(program, [at, log.vkey, older], { encoding: 'utf8' });
    const sound = run(await publish(log));
    assert.deepEqual([sound.status, sound.stdout], [0, '600 entries, continuing 300\n'], sound.stderr);
    const hashes = log.entries.map((entry) => leafHash(nodeCrypto.sha256, entry));
    hashes[77] = testBytes('another');
    assert.equal(run(await publish(log, 600, hashes)).status, 1);
    const other = new TestLog();
    other.entries.push(...log.entries);
    other.entries[7] = encodeEntry({ type: 'alarm', time: NOW, code: 'OTHER' });
    assert.equal(run(await publish(other)).status, 1, 'another history');
  });
});
