import assert from 'node:assert/strict';
import { changesSaid, eventSaid, foundSaid } from '../../clients/tablet/history/said.ts';
import { linesOf } from '../../clients/tablet/history/lines.ts';
import { judgePage, type PastEntry } from '../../clients/tablet/history/past.ts';
import { Device } from '../../clients/tablet/history/device-past.ts';
import { judgeEntry, type Judged } from '../../clients/tablet/history/judge.ts';
import { base64url, hex } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { encodeStatement } from '../../server/protocol/statement.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';

describe('the history of a device on the tablet', () => {
  let whole: Case;
  before(async () => {
    whole = await makeCase(await makeWorld());
  });

  /** What a gateway answers with one entry, any part of it changed. */
  const judge = async ({
    proof = whole.evidence.outcome,
    path = proof.path.map(base64url),
    bare = false,
    checkpoint = proof.checkpoint,
    device = whole.world.deviceId,
    statement,
  }: {
    proof?: Case['evidence']['outcome'];
    path?: string[];
    bare?: boolean;
    checkpoint?: string;
    device?: Uint8Array;
    statement?: Uint8Array;
  } = {}): Promise<PastEntry | undefined> => {
    const { entry, index } = proof;
    const one = { index, people: [], entry: base64url(entry), ...(!bare && { path }) };
    const said = statement ? { ...one, statement: base64url(statement) } : one;
    const answer = { entries: [said], more: false, checkpoint };
    return (await judgePage(nodeCrypto, whole.world.anchors, answer, device)).entries[0];
  };

  it('an entry is verified by its path to a checkpoint that the witnesses cosigned', async () => {
    const found = await judge();
    assert.equal(found?.verdict, 'VERIFIED');
    assert.equal(found.entry.type, 'outcome');
  });

  it('an entry has failed that stands elsewhere, is another, or is under a checkpoint nobody cosigned', async () => {
    const { outcome } = whole.evidence;
    const other = whole.bundle.proof;
    assert.equal(
      (await judge({ path: [base64url(new Uint8Array(32)), ...outcome.path.slice(1).map(base64url)] }))
        ?.verdict,
      'FAILED',
    );
    assert.equal((await judge({ proof: { ...outcome, entry: other.entry } }))?.verdict, 'FAILED');
    const lines = outcome.checkpoint.trimEnd().split('\n');
    const unwitnessed = `${lines.slice(0, -1).join('\n')}\n`;
    assert.equal((await judge({ checkpoint: unwitnessed }))?.verdict, 'FAILED');
  });

  it('an entry has failed that is about another device, however well it is proven', async () => {
    assert.equal((await judge({ device: new Uint8Array(8) }))?.verdict, 'FAILED');
  });

  it('an entry without a path is not checked, and never taken for verified', async () => {
    assert.equal((await judge({ bare: true }))?.verdict, 'NOT CHECKED');
  });

  it('a command tells what it changed in the words of the signed profile, and only when all of it is verified', async () => {
    const hash = hex(nodeCrypto.sha256(whole.bundle.command));
    const { anchors, device } = whole.world;
    const { told } = await judgeEntry(nodeCrypto, anchors, whole.bytes, hash, device.key);
    assert.ok(told);
    const lines = changesSaid(told);
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, /^[A-Z].* → .*\S/u);
    const broken = whole.bytes.slice();
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    assert.equal((await judgeEntry(nodeCrypto, anchors, broken, hash, device.key)).told, undefined);
  });

  const [DEVICE, HASH] = [new Uint8Array(8).fill(1), new Uint8Array(32).fill(2)];
  const A = { kid: 'aa'.repeat(16), name: 'Dr A' };
  const B = { kid: 'bb'.repeat(16), name: 'Dr B' };
  const logged = (index: number, entry: Omit<Entry, 'time'>, more: Partial<PastEntry> = {}): PastEntry => ({
    index,
    entry: { ...entry, time: index },
    people: [],
    verdict: 'VERIFIED',
    ...more,
  });
  const about = { device: DEVICE, command: HASH };

  it('a command is one line with both people, whatever the log has of it', () => {
    const [line, ...more] = linesOf([
      logged(9, { type: 'outcome', ...about, index: 7, result: 1, number: 3 }),
      logged(7, { type: 'intent', ...about, tier: 2 }, { people: [A, B] }),
      logged(6, { type: 'secondEntry', ...about, result: 1 }, { people: [B] }),
      logged(5, { type: 'signed', ...about, tier: 2 }, { people: [A] }),
    ]);
    assert.deepEqual(more, []);
    assert.equal(line?.what, 'applied');
    assert.equal(line.hash, hex(HASH));
    assert.deepEqual(
      [line.first?.name, line.second?.name, line.blind, line.at.index],
      ['Dr A', 'Dr B', true, 9],
    );
    assert.equal(line.primed, false);
  });

  it('a second person who was shown the values is never said to have entered them', () => {
    const shown = logged(6, { type: 'secondEntry', ...about, result: 3 }, { people: [B] });
    const signed = logged(5, { type: 'signed', ...about, tier: 2 }, { people: [A] });
    const intent = logged(7, { type: 'intent', ...about, tier: 2, result: 3 }, { people: [A, B] });
    const said = (entries: readonly PastEntry[]) =>
      linesOf(entries).map(({ what, primed, blind, second }) => [what, primed, blind, second?.name]);
    assert.deepEqual(said([shown, signed]), [['signed', true, false, 'Dr B']]);
    assert.deepEqual(said([intent]), [['underway', true, false, 'Dr B']]);
  });

  it('an emergency and its review are one line; a review alone is its own', () => {
    const emergency = logged(3, { type: 'emergency', ...about, result: 1, number: 4 }, { people: [A] });
    const review = logged(
      8,
      { type: 'statement', number: 10 },
      { people: [B], review: { command: hex(HASH), found: 'drill: none hurt' } },
    );
    const reason = { command: hex(HASH), reason: 'danger', text: 'no pulse' };
    const why = logged(5, { type: 'statement', number: 13 }, { people: [A], why: reason });
    const [line, ...more] = linesOf([review, why, emergency]);
    assert.deepEqual(more, []);
    assert.deepEqual([line?.what, line?.review?.index, line?.why?.index], ['emergency', 8, 5]);
    const [alone] = linesOf([why]);
    assert.equal(alone?.what, 'reason');
    assert.equal(eventSaid(alone), 'The patient was in danger: no pulse');
    assert.deepEqual(
      linesOf([review]).map(({ what }) => what),
      ['review'],
    );
    const next = logged(6, {
      type: 'emergency',
      device: DEVICE,
      command: new Uint8Array(32),
      result: 1,
      number: 5,
    });
    assert.deepEqual(
      linesOf([next, emergency]).map(({ followed }) => followed),
      [false, true],
    );
    assert.equal(foundSaid('drill: none hurt'), 'it was a test or a drill: none hurt');
    assert.equal(foundSaid('looked at it'), 'looked at it');
  });

  it('what was refused before anything was announced is an attempt; what was announced first is a refused command', () => {
    const refused = logged(4, { type: 'refused', ...about, code: 'E_RATE' });
    assert.deepEqual(
      linesOf([refused]).map(({ what }) => what),
      ['attempt'],
    );
    const waited = logged(3, { type: 'signed', ...about, tier: 2 }, { people: [A] });
    assert.deepEqual(
      linesOf([refused, waited]).map(({ what }) => what),
      ['refused'],
    );
  });

  it('a review is proven by its digest in the log: another text, or one about another device, has failed', async () => {
    const { log, deviceId } = whole.world;
    const saying = (found: string, of = deviceId): Uint8Array =>
      encodeStatement({
        purpose: 'review',
        time: 1,
        nonce: new Uint8Array(16),
        detail: new Map<number, Uint8Array | string>([
          [1, of],
          [2, HASH],
          [3, found],
        ]),
      });
    const proofOf = (statement: Uint8Array) => {
      const digest = nodeCrypto.sha256(statement);
      const kids = [new Uint8Array(16)];
      return log.proof(log.append({ type: 'statement', time: 1, digest, kids, number: 10 }), NOW + 2);
    };
    const statement = saying('drill');
    const proof = await proofOf(statement);
    const found = await judge({ proof, statement });
    assert.deepEqual([found?.verdict, found?.review?.found], ['VERIFIED', 'drill']);
    const detail = new Map<number, Uint8Array | string>([[1, deviceId], [2, HASH], [3, 'danger'], [4, 'no pulse']]); // prettier-ignore
    const own = encodeStatement({ purpose: 'reason', time: 1, nonce: new Uint8Array(16), detail });
    const said = await judge({ proof: await proofOf(own), statement: own });
    assert.equal(said?.review, undefined, 'what the rescuer says is no review');
    assert.deepEqual(
      [said?.verdict, said?.why],
      ['VERIFIED', { command: hex(HASH), reason: 'danger', text: 'no pulse' }],
    );
    assert.equal((await judge({ proof, statement: saying('needed') }))?.verdict, 'FAILED');
    assert.equal((await judge({ proof }))?.verdict, 'FAILED');
    const others = saying('drill', new Uint8Array(8));
    assert.equal((await judge({ proof: await proofOf(others), statement: others }))?.verdict, 'FAILED');
  });
});

describe('an open history of a device', () => {
  const of = (index: number, type: 'outcome' | 'alarm' = 'outcome'): PastEntry => ({
    index,
    entry: { type, time: NOW + index, command: new Uint8Array(32).fill(index), result: 1 },
    people: [],
    verdict: 'VERIFIED',
  });
  const proven = { verdict: 'VERIFIED' } as Judged;

  it('takes what came since on top, keeps older pages and proofs, and proves only what is new', async () => {
    let log = [4, 3, 2, 1];
    const asked: string[] = [];
    const device = new Device(
      {
        read: (_, rows, limit, before = Infinity) => {
          const all = rows === 'alarms' ? [] : log.filter((index) => index < before);
          return Promise.resolve({
            entries: all.slice(0, limit).map((one) => of(one)),
            more: all.length > limit,
          });
        },
        prove: (hash) => Promise.resolve((asked.push(hash), proven)),
      },
      'ab',
      {} as PublicKey,
    );
    const shown = () => {
      const { value } = device.shown;
      return typeof value === 'object' ? [value.lines.map(({ at }) => at.index), value.more] : value;
    };
    await device.begin(2);
    await device.older();
    assert.deepEqual(shown(), [[4, 3, 2, 1], false]);
    const [before] = [asked.length];
    log = [5, ...log];
    await device.refresh(2);
    assert.deepEqual(shown(), [[5, 4, 3, 2, 1], false]);
    assert.deepEqual(
      asked.slice(before),
      [5, 2, 1].map((index) => hex(new Uint8Array(32).fill(index))),
    );
    // So much came that nobody knows what lies between: the newest page alone, and the rest when it is asked for.
    log = [9, 8, 7, 6, ...log];
    await device.refresh(2);
    assert.deepEqual(shown(), [[9, 8], true]);
  });

  it('reads once more when something happened while it was read, and stays as it is when it cannot be read', async () => {
    let answers: (() => void)[] = [];
    let count = 0;
    let broken = false;
    const device = new Device(
      {
        async read(_, rows) {
          if (broken) throw new Error('away');
          if (rows === 'alarms') return { entries: [], more: false };
          count += 1;
          const entries = count === 1 ? [of(1)] : [of(2), of(1)];
          if (count === 1) await new Promise<void>((resolve) => answers.push(resolve));
          return { entries, more: false };
        },
        prove: () => Promise.resolve(proven),
      },
      'ab',
      undefined,
    );
    const beginning = device.begin();
    await device.refresh();
    for (const answer of answers) answer();
    answers = [];
    await beginning;
    broken = true;
    await device.refresh();
    const { value } = device.shown;
    assert.deepEqual(typeof value === 'object' && value.lines.map(({ at }) => at.index), [2, 1]);
  });
});
