import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../clients/cli/verify.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encodeEvidence } from '../../server/protocol/evidence/evidence.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { encodeVkey, formatNote, LOG_KEY, parseNote, signNote } from '../../server/protocol/log/note.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeReceipt, makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { type PublishedLog, writeLog } from '../support/log-folder.ts';

let memories = 0;
/** Runs the command as a computer that has seen nothing yet, and gives its exit code and what it printed. */
const run = (...args: string[]): Promise<{ code: number; out: string }> =>
  runAs(join(tmpdir(), `cs-memory-${process.pid}-${memories++}.json`), ...args);

async function runAs(memory: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const write = process.stdout.write.bind(process.stdout);
  let out = '';
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    out += String(chunk);
    return true;
  };
  try {
    return { code: await verify.run([...args, '--memory', memory]), out };
  } finally {
    process.stdout.write = write;
    if (memory.includes('cs-memory-')) rmSync(memory, { force: true });
  }
}

describe('countersign verify', () => {
  let folder = '';
  let whole: Case;
  let checkpoint = '';
  let entries: readonly Bytes[] = [];
  let hashes: readonly Bytes[] = [];
  let count = 0;

  const file = (name: string, bytes: Bytes | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const log = (published: Partial<PublishedLog>): string => {
    const path = join(folder, `log-${count++}`);
    writeLog(path, { checkpoint, entries, hashes, ...published });
    return path;
  };
  const trusting = (target: string, ...more: string[]): Promise<{ code: number; out: string }> =>
    run(target, '--anchors', join(folder, 'anchors'), ...more);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cs-verify-'));
    whole = await makeCase(await makeWorld());
    const { world } = whole;
    // Enough for a full tile and a partial one.
    while (world.log.entries.length < 300) {
      world.log.append({ type: 'alarm', time: NOW * 1000 + world.log.entries.length, code: 'TEST' });
    }
    entries = [...world.log.entries];
    hashes = entries.map((entry) => leafHash(nodeCrypto.sha256, entry));
    checkpoint = await world.log.checkpoint(NOW + 9);
    file('anchors', world.anchorsBytes);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('says VERIFIED first and ends with 0 for whole evidence', async () => {
    const { code, out } = await trusting(file('whole', whole.bytes));
    assert.equal(code, 0);
    assert.match(out, /^VERIFIED {2}/);
    assert.equal(out.match(/✔/g)?.length, 9);
    assert.match(out, /Amplitude \[3\]: 2\.5 V -> 2\.0 V/);
  });

  it('ends with 2 when nobody vouches for the keys', async () => {
    const { code, out } = await run(file('whole', whole.bytes));
    assert.equal(code, 2);
    assert.match(out, /^INCOMPLETE/);
  });

  it('finds one flipped byte in the evidence and names the check', async () => {
    const bytes = whole.bytes.slice();
    const at = Buffer.from(bytes).indexOf('countersign.test","crossOrigin"') + 2;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const { code, out } = await trusting(file('flipped', bytes));
    assert.equal(code, 1);
    assert.match(out, /^FAILED/);
    assert.match(out, /✘ 2 Signed by the clinicians/);
  });

  it('finds a swapped receipt and names both places that betray it', async () => {
    const { world, bundle, evidence } = whole;
    const receipt = await makeReceipt(world, bundle, world.attestation.settings, { number: 59 });
    const { code, out } = await trusting(file('swapped', encodeEvidence({ ...evidence, receipt })));
    assert.equal(code, 1);
    assert.match(out, /✘ 7 Read back as asked .*settings after/);
    assert.match(out, /✘ 8 In the log, before and after .*another receipt/);
  });

  it('gives the same answer as JSON', async () => {
    const { out } = await trusting(file('whole', whole.bytes), '--json');
    const report: unknown = JSON.parse(out);
    assert.ok(typeof report === 'object' && report !== null && 'verdict' in report && 'checks' in report);
    assert.equal(report.verdict, 'VERIFIED');
  });

  it('verifies a whole log in a folder, and over HTTP', async () => {
    const path = log({});
    const fromFolder = await trusting(path);
    assert.deepEqual([fromFolder.code, fromFolder.out.slice(0, 8)], [0, 'VERIFIED']);
    assert.match(fromFolder.out, /300 of 300 entries/);
    const server = createServer(({ url = '' }, response) => {
      try {
        response.end(readFileSync(join(path, url.replace('/log', ''))));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      const overHttp = await trusting(`http://127.0.0.1:${address.port}/log/`);
      assert.equal(overHttp.code, 0, overHttp.out);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('ends with 2 for a log that nobody vouches for', async () => {
    const { code, out } = await run(log({}));
    assert.equal(code, 2);
    assert.match(out, /^INCOMPLETE/);
  });

  it('finds one flipped byte of one entry and names the entry', async () => {
    const changed = entries.map((entry) => entry.slice());
    const entry = changed[270];
    assert.ok(entry);
    entry[entry.length - 1] = (entry.at(-1) ?? 0) ^ 1;
    const { code, out } = await trusting(log({ entries: changed }));
    assert.equal(code, 1);
    assert.match(out, /✘ entry 270 was changed after it was logged/);
  });

  it('finds one flipped bit of a published hash and does not blame the entry', async () => {
    const changed = hashes.map((hash) => hash.slice());
    changed[3]?.fill(0);
    const { code, out } = await trusting(log({ hashes: changed }));
    assert.equal(code, 1);
    assert.match(out, /✘ the published hash of entry 3 was changed/);
  });

  it('finds one deleted entry and names it', async () => {
    const { code, out } = await trusting(log({ entries: entries.toSpliced(258, 1) }));
    assert.equal(code, 1);
    assert.match(out, /✘ entry 258 was taken out/);
  });

  it('finds a log rewritten without one entry, hashes and all', async () => {
    const shorter = entries.toSpliced(258, 1);
    const { code, out } = await trusting(log({ entries: shorter, hashes: hashes.toSpliced(258, 1) }));
    assert.equal(code, 1);
    assert.match(out, /✘ the log ends after 256 entries, but a checkpoint promises 300/);
  });

  it('finds a truncated tail', async () => {
    const { code, out } = await trusting(log({ entries: entries.slice(0, 290) }));
    assert.equal(code, 1);
    assert.match(out, /✘ the log ends after 290 entries, but a checkpoint promises 300/);
  });

  it('finds a tail cut together with its checkpoint, by a checkpoint somebody kept', async () => {
    const older = await whole.world.log.checkpoint(NOW + 9, 290);
    const path = log({ checkpoint: older, entries: entries.slice(0, 290), hashes: hashes.slice(0, 290) });
    assert.equal((await trusting(path)).code, 0);
    const { code, out } = await trusting(path, '--checkpoint', file('kept', checkpoint));
    assert.equal(code, 1);
    assert.match(out, /promises 300/);
  });

  it('narrows a rewritten history down between two checkpoints', async () => {
    const other = new TestLog();
    other.entries.push(...entries);
    other.entries[200] = entries[201] ?? new Uint8Array();
    const path = log({ checkpoint: await other.checkpoint(NOW), entries: other.entries, hashes: [] });
    writeLog(path, { checkpoint: await other.checkpoint(NOW), entries: other.entries });
    const kept = [100, 250].map(async (size) =>
      file(`kept-${size}`, await whole.world.log.checkpoint(NOW, size)),
    );
    const flags = (await Promise.all(kept)).flatMap((path) => ['--checkpoint', path]);
    const { code, out } = await trusting(path, ...flags);
    assert.equal(code, 1);
    assert.match(out, /✘ entries 100 to 249 are not those of the checkpoint over 250/);
  });

  it('finds the wrong witness, and the wrong log', async () => {
    for (const [foreign, says] of [
      [new TestLog('log', 'stranger'), /✘ .*0 of 1 needed cosignatures/],
      [new TestLog('foreign'), /✘ .*another log/],
    ] as const) {
      foreign.entries.push(...entries);
      const { code, out } = await trusting(log({ checkpoint: await foreign.checkpoint(NOW) }));
      assert.equal(code, 1);
      assert.match(out, says);
    }
  });

  it('takes what the log signed before its key was replaced, when the anchors of then are given as well', async () => {
    const { world } = whole;
    const { origin, vkey } = world.anchors.log;
    const next = testSigner('the next log key', ALGORITHM.EdDSA);
    const body = parseNote(checkpoint).body;
    const [, cosigned] = parseNote(checkpoint).signatures;
    assert.ok(cosigned);
    const newest = formatNote({
      body,
      signatures: [await signNote(nodeCrypto.sha256, body, origin, next), cosigned],
    });
    const later = {
      ...world.anchors,
      version: 2,
      log: { origin, vkey: encodeVkey(nodeCrypto.sha256, origin, LOG_KEY, next.key.raw) },
    };
    const both = { ...later, log: { ...later.log, other: vkey } };
    const anchors = async (name: string, said: typeof later): Promise<string> =>
      file(name, await issueAnchors(said, world.authority, world.recovery));
    const [now, overlap] = [await anchors('anchors-2', later), await anchors('anchors-both', both)];
    const kept = file('kept', await world.log.checkpoint(NOW, 100));
    const at = log({ checkpoint: newest });
    assert.equal((await run(at, '--anchors', now)).code, 0);
    assert.equal((await run(at, '--anchors', now, '--checkpoint', kept)).code, 1);
    assert.equal(
      (await run(at, '--anchors', now, '--anchors', join(folder, 'anchors'), '--checkpoint', kept)).code,
      0,
    );
    assert.equal(
      (await run(at, '--anchors', overlap, '--checkpoint', kept)).code,
      0,
      'either key, while both are named',
    );
    assert.equal(
      (await run(log({}), '--anchors', now, '--anchors', join(folder, 'anchors'))).code,
      1,
      'the newest is held against the anchors of now',
    );
    const memory = join(folder, 'memory.json');
    assert.equal((await runAs(memory, log({}), '--anchors', join(folder, 'anchors'))).code, 0);
    assert.equal(
      (await runAs(memory, at, '--anchors', now)).code,
      0,
      'and what this computer saw then is no fault',
    );
    const stranger = testSigner('somebody else');
    const theirs = file('anchors-theirs', await issueAnchors(later, stranger, stranger));
    await assert.rejects(run(at, '--anchors', theirs, '--anchors', join(folder, 'anchors')), /E_ANCHORS/u);
  });

  it('cannot check what is not there, and says so', async () => {
    await assert.rejects(run(join(folder, 'nothing')), /is not there/);
    await assert.rejects(run(folder), /no checkpoint; is it a log/);
    const { world } = whole;
    const bad = file('bad-anchors', await issueAnchors(world.anchors, world.recovery, world.authority));
    await assert.rejects(run(folder, '--anchors', bad), /does not hold usable anchors/);
  });
});
