import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WitnessState, folderState } from '../../clients/witness/state.ts';
import { type Answer, type Witness, openWitness } from '../../clients/witness/witness.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type Bytes, base64, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type NodeReader, consistencyPath, leafHash, root } from '../../server/protocol/log/merkle.ts';
import * as notes from '../../server/protocol/log/note.ts';
import { newSigner, sha256 } from '../audit/world.ts';

const origin = 'log.example/w';
const name = 'witness.example';
const logSigner = newSigner();
const signer = newSigner();
const vkey = notes.encodeVkey(sha256, origin, notes.LOG_KEY, logSigner.key.raw);
const witnessKey = notes.encodeVkey(sha256, name, notes.WITNESS_KEY, signer.key.raw);
const id = hex(sha256(utf8(origin)));
const now = 1_753_000_000_123;

const leaves = Array.from({ length: 20 }, (_, i) => leafHash(sha256, utf8(`e${i}`)));
const node: NodeReader = (level, index) =>
  root(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

async function checkpoint(size: number, of = leaves, as = logSigner, at = origin): Promise<string> {
  const body = notes.formatCheckpoint({ origin: at, size, root: root(sha256, of.slice(0, size)) });
  return notes.formatNote({ body, signatures: [await notes.signNote(sha256, body, at, as)] });
}

const request = (old: number, path: readonly Bytes[], note: string): string =>
  [`old ${old}`, ...path.map(base64), '', note].join('\n');

async function grow(witness: Witness, from: number, to: number): Promise<Answer> {
  const path = from === 0 ? [] : consistencyPath(sha256, node, from, to);
  return witness.add(request(from, path, await checkpoint(to)));
}

const bodyIn = (note: string): string => notes.parseNote(note).body;
const bodyOf = (witness: Witness): string => bodyIn(witness.checkpoint(id).body);

describe('A witness', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cs-wit-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (state: WitnessState = folderState(folder)): Promise<Witness> =>
    openWitness({
      logs: [{ origin, vkey }],
      name,
      signer,
      state,
      crypto: nodeCrypto,
      now: () => now,
    });

  it('cosigns a log that grows, with the time, and shows what it saw last', async () => {
    const witness = await open();
    assert.equal(witness.checkpoint(id).status, 404);
    for (const [from, to] of [[0, 3], [3, 4], [4, 13], [13, 13], [13, 20]] as const) {
      const answer = await grow(witness, from, to);
      assert.equal(answer.status, 200, answer.body);
      const note = (await checkpoint(to)) + answer.body;
      const policy = { k: 1, witnesses: [witnessKey] };
      const evidence = await notes.verifyCheckpoint(nodeCrypto, { note, logKeys: [vkey], policy });
      assert.deepEqual(evidence.cosignatureTimes, [1_753_000_000]);
      assert.equal(evidence.size, to);
    }
    const shown = witness.checkpoint(id).body;
    const policy = { k: 1, witnesses: [witnessKey] };
    const { size } = await notes.verifyCheckpoint(nodeCrypto, { note: shown, logKeys: [vkey], policy });
    assert.equal(size, 20, 'with the log’s signature and its own');
    assert.equal((await open()).checkpoint(id).body, shown, 'also after a restart');
  }); // prettier-ignore

  it('follows a log that changes its key: under either while both are named, then under the new one alone', async () => {
    const witness = await open();
    const next = newSigner();
    const nextKey = notes.encodeVkey(sha256, origin, notes.LOG_KEY, next.key.raw);
    const under = async (by: typeof next, from: number, to: number): Promise<number> => {
      const path = from === 0 ? [] : consistencyPath(sha256, node, from, to);
      return (await witness.add(request(from, path, await checkpoint(to, leaves, by)))).status;
    };
    assert.equal(await under(logSigner, 0, 3), 200);
    assert.equal(await under(next, 3, 4), 403, 'not before it was told');
    await witness.follow([
      { origin, vkey },
      { origin, vkey: nextKey },
    ]);
    assert.equal(await under(logSigner, 3, 4), 200);
    assert.equal(await under(next, 4, 5), 200, 'it goes on where the one before ended');
    await assert.rejects(witness.follow([{ origin: 'log.example/other', vkey }]), { name: 'NoteError' });
    await witness.follow([{ origin, vkey: nextKey }]);
    assert.equal(await under(logSigner, 5, 6), 403);
    assert.equal(await under(next, 4, 6), 409, 'it forgets nothing');
    assert.equal(await under(next, 5, 6), 200);
  });

  it('answers 404 for a log it does not know', async () => {
    const witness = await open();
    const note = await checkpoint(3, leaves, logSigner, 'log.example/other');
    assert.equal((await witness.add(request(0, [], note))).status, 404);
    assert.equal(witness.checkpoint(hex(sha256(utf8('log.example/other')))).status, 404);
  });

  it('answers 403 without a valid signature of the log', async () => {
    const witness = await open();
    const impostor = await checkpoint(3, leaves, newSigner());
    assert.equal((await witness.add(request(0, [], impostor))).status, 403);
    const altered = (await checkpoint(3)).replace('\n3\n', '\n4\n');
    assert.equal((await witness.add(request(0, [], altered))).status, 403);
    assert.deepEqual(await readdir(folder), []);
  });

  it('answers 409 with the size it has seen when the old size is another', async () => {
    const witness = await open();
    await grow(witness, 0, 5);
    for (const from of [0, 3, 6]) {
      const answer = await grow(witness, from, 9);
      assert.deepEqual(answer, { status: 409, type: 'text/x.tlog.size', body: '5\n' });
    }
  });

  it('answers 422 to a fork, a false proof and a false empty tree', async () => {
    const witness = await open();
    await grow(witness, 0, 5);
    const forked = leaves.with(1, leafHash(sha256, utf8('another')));
    const path = consistencyPath(sha256, node, 5, 9);
    assert.equal((await witness.add(request(5, path, await checkpoint(9, forked)))).status, 422);
    assert.equal((await witness.add(request(5, [], await checkpoint(5, forked)))).status, 422);
    assert.equal((await witness.add(request(5, path.slice(1), await checkpoint(9)))).status, 422);
    assert.equal((await witness.add(request(5, [...path, ...path], await checkpoint(9)))).status, 422);
    assert.equal(bodyOf(witness), bodyIn(await checkpoint(5)));
    const long = Array.from({ length: 50 }, () => leaves[0] ?? new Uint8Array());
    assert.equal((await witness.add(request(5, long, await checkpoint(9)))).status, 422);
    await rm(folder, { recursive: true });
    const fresh = await open();
    assert.equal((await fresh.add(request(0, path, await checkpoint(9)))).status, 422);
    const body = notes.formatCheckpoint({ origin, size: 0, root: sha256(utf8('not empty')) });
    const signatures = [await notes.signNote(sha256, body, origin, logSigner)];
    assert.equal((await fresh.add(request(0, [], notes.formatNote({ body, signatures })))).status, 422);
  });

  it('answers 400 to what is no such request, and to an old size beyond the new', async () => {
    const witness = await open();
    const good = request(0, [], await checkpoint(3));
    for (const text of ['', 'old 0\n', good.replace('old 0', 'old 00'), good.replace('old', 'new'),
      good.replace('\n\n', '\nx\n\n'), good.slice(0, -1), request(9, [], await checkpoint(3)), 'x'.repeat(50_000),
      request(0, Array.from({ length: 64 }, () => sha256(utf8('h'))), await checkpoint(3)),
    ]) assert.equal((await witness.add(text)).status, 400, text.slice(0, 80)); // prettier-ignore
  });

  it('lets only one of two requests through that would fork the log at the same moment', async () => {
    const witness = await open();
    const forked = leaves.with(1, leafHash(sha256, utf8('another')));
    const answers = await Promise.all([
      witness.add(request(0, [], await checkpoint(7))),
      witness.add(request(0, [], await checkpoint(7, forked))),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status).sort((a, b) => a - b),
      [200, 409],
    );
  });

  it('remembers across a restart, in files that only it can read', async () => {
    await grow(await open(), 0, 5);
    const again = await open();
    assert.equal((await grow(again, 0, 9)).status, 409);
    assert.equal((await grow(again, 5, 9)).status, 200);
    const [file] = await readdir(folder);
    assert.ok(file);
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it('signs nothing when it cannot store it, and refuses to start on a damaged memory', async () => {
    const failing: WitnessState = { load: () => null, store: () => Promise.reject(new Error('disk full')) };
    const witness = await open(failing);
    await assert.rejects(grow(witness, 0, 5), /disk full/);
    assert.equal(witness.checkpoint(id).status, 404);
    await grow(await open(), 0, 5);
    const [file] = await readdir(folder);
    const path = join(folder, file ?? '');
    await writeFile(path, (await readFile(path, 'latin1')).replace('\n5\n', '\n4\n'), 'latin1');
    await assert.rejects(open(), notes.NoteError);
  });

  it('falls back on the note before when a write was torn, wherever it was cut', async () => {
    await grow(await open(), 0, 5);
    const [name] = await readdir(folder);
    const path = join(folder, name ?? '');
    const before = await readFile(path);
    await grow(await open(), 5, 9);
    const after = await readFile(path);
    assert.equal(after.length, before.length);
    const first = after.findIndex((byte, at) => byte !== before[at]);
    for (let cut = first; cut < first + 400; cut += 7) {
      await writeFile(path, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
      const seen = bodyOf(await open());
      const [older, newer] = [bodyIn(await checkpoint(5)), bodyIn(await checkpoint(9))];
      assert.ok([older, newer].includes(seen), `cut at ${cut}`);
      if (cut < first + 40) assert.equal(seen, older, `cut at ${cut}`);
    }
    await writeFile(path, after);
    assert.equal((await grow(await open(), 9, 13)).status, 200);
  });

  it('remembers the newest of many checkpoints, also after each of them', async () => {
    for (let size = 1; size < 12; size++) {
      assert.equal((await grow(await open(), size - 1, size)).status, 200);
      assert.equal(bodyOf(await open()), bodyIn(await checkpoint(size)));
    }
  });
});
