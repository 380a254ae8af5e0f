import assert from 'node:assert/strict';
import { zipSync } from 'fflate';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { type Bytes, concat, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand } from '../../server/protocol/command.ts';
import { encodeEntry, parseEntry } from '../../server/protocol/log/entry.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { type BundleReport, type BundleTrust, verifyBundle } from '../../server/protocol/verify/bundle.ts';
import {
  encodeContinuations,
  encodeEntries,
  encodeOpenings,
  FILE,
  parseEntries,
} from '../../server/protocol/verify/bundle-files.ts';
import { readFingerprint, rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import type { CheckId } from '../../server/protocol/verify/run-checks.ts';
import { bundleOf, hashOf, zipOf } from '../support/bundle-zip.ts';
import { type Case, caseOf, makeCase, makePrimedCase } from '../support/evidence.ts';
import { draft, makeBundle, makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { TAMPERINGS } from '../support/tamperings.ts';

const { sha256 } = nodeCrypto;
const nothingSeen = (): undefined => undefined;

describe('an evidence bundle', () => {
  let whole: Case;
  let trust: BundleTrust;
  before(async () => {
    whole = await makeCase(await makeWorld());
    trust = { roots: whole.world.anchors, remembered: nothingSeen };
  });

  const judge = async (files: ReadonlyMap<string, Bytes>, by: BundleTrust = trust): Promise<BundleReport> =>
    verifyBundle(nodeCrypto, await openZip(zipOf(files)), by);
  const ids = ({ checks }: BundleReport, verdict: string): CheckId[] =>
    checks.filter((each) => each.verdict === verdict).map(({ id }) => id);

  it('is verified by nine checks, each with what it found and how anybody can make it', async () => {
    const report = await judge(await bundleOf(whole));
    assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks, null, 1));
    assert.equal(report.checks.length, 9);
    for (const { says, how } of report.checks) assert.ok(says.length > 10 && how.length > 40);
    assert.equal(report.commands[0]?.hash, hashOf(whole));
    assert.ok(report.commands[0]?.story.includes('Amplitude [3]: 2.5 V -> 2.0 V'));
    assert.equal(report.checkpoint?.size, whole.world.log.entries.length);
  });

  it('is verified by a fingerprint typed from paper, however it is spelled', async () => {
    const printed = rootsFingerprint(sha256, whole.world.anchors);
    assert.match(printed, /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/u);
    const typed = readFingerprint(printed.toUpperCase().replaceAll(' ', '-'));
    const report = await judge(await bundleOf(whole), { fingerprint: typed, remembered: nothingSeen });
    assert.equal(report.verdict, 'VERIFIED');
    assert.equal(readFingerprint('abcd'), undefined);
  });

  it('is not verified when nobody vouches for its keys, and leaves nothing to remember', async () => {
    const report = await judge(await bundleOf(whole), { remembered: nothingSeen });
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.deepEqual(ids(report, 'NOT CHECKED'), ['credentials', 'checkpoint']);
    assert.equal(report.checkpoint, undefined);
  });

  describe('of a second check by review only is held against the policy of its time:', () => {
    const policyOf = (primed: string): Bytes =>
      utf8(`{"limit":0.5,"sites":[{"site":"3 East","primedChecks":[${primed}]}]}`);
    const ALLOWS = policyOf('"program"');
    const FORBIDS = policyOf('');
    /** Policies that came into force before the command, and after it; `files` are those that are packed. */
    const made = async (
      before: readonly Bytes[],
      after: readonly Bytes[] = [],
      files = [...before, ...after],
    ) => {
      const world = await makeWorld({ anchors: { primedChecks: true } });
      const policies: number[] = [];
      const force = (all: readonly Bytes[]): void =>
        all.forEach((json, number) => policies.push(world.log.append({ type: 'policy', time: NOW * 1000, digest: sha256(json), number }))); // prettier-ignore
      force(before);
      const primed = await makePrimedCase(world);
      force(after);
      const about = world.log.entries.flatMap((bytes, i) => (parseEntry(bytes).command ? [i] : []));
      const indexes = [...policies, ...about].toSorted((a, b) => a - b);
      const entries = indexes.map((i) => world.log.entries[i] ?? new Uint8Array());
      const changes = {
        [FILE.entries]: encodeEntries({ proof: world.log.proveMany(indexes), entries }),
        ...Object.fromEntries(
          [...before, ...after].map((json, i) => [FILE.policyOf(hex(sha256(json))), files[i]]),
        ),
      };
      const report = await judge(await bundleOf(primed, changes), { ...trust, roots: world.anchors });
      const people = report.checks.find(({ id }) => id === 'people');
      return { verdict: report.verdict, is: people?.verdict, says: people?.says ?? '' };
    };

    it('it is verified where that allowed it, and says where', async () => {
      const { verdict, says } = await made([FORBIDS, ALLOWS], [FORBIDS]);
      assert.equal(verdict, 'VERIFIED');
      assert.match(says, /review only, primed.*policy 1 of that time \(entry \d+\) allows that at 3 East/u);
    });

    it('it has failed where that did not, whatever came later', async () => {
      const { verdict, is, says } = await made([ALLOWS, FORBIDS], [ALLOWS]);
      assert.deepEqual([verdict, is], ['FAILED', 'FAIL']);
      assert.match(says, /E_POLICY: policy 1 of that time/u);
    });

    it('it has failed where the file is another one, and is not checked where there is none', async () => {
      assert.equal((await made([FORBIDS], [], [ALLOWS])).is, 'FAIL');
      assert.deepEqual((await made([ALLOWS], [], [])).verdict, 'INCOMPLETE');
      assert.equal((await made([])).is, 'NOT CHECKED');
      assert.equal((await made([utf8('no policy')])).is, 'FAIL');
    });
  });

  describe('that was tampered with is found out by the check it concerns:', () => {
    for (const { name, fails, make } of TAMPERINGS)
      it(name, async () => {
        const { files, before } = await make(whole);
        const seen = before && (await judge(before)).checkpoint;
        const report = await judge(files, { ...trust, remembered: () => seen?.note });
        assert.equal(report.verdict, 'FAILED');
        assert.deepEqual(
          fails.filter((id) => !ids(report, 'FAIL').includes(id)),
          [],
          JSON.stringify(report.checks, null, 1),
        );
        assert.equal(report.checkpoint, undefined, 'nothing of it is remembered');
      });

    it('10. an entry of the log, of which no evidence tells', async () => {
      const { proof, entries } = parseEntries((await bundleOf(whole)).get(FILE.entries) ?? new Uint8Array());
      const changed = [
        encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'NOTHING' }),
        ...entries.slice(1),
      ];
      const alone = {
        [FILE.entries]: encodeEntries({ proof, entries: changed }),
        [FILE.evidence(hashOf(whole))]: undefined,
      };
      const report = await judge(await bundleOf(whole, alone, { commands: [] }));
      assert.deepEqual(ids(report, 'FAIL'), ['inclusion'], 'only the root can tell');
    });

    it('16. the evidence, of another command that is in the bundle as well', async () => {
      const world = await makeWorld();
      const one = await makeCase(world);
      const two = await caseOf(world, await makeBundle(world, encodeCommand(draft(world))));
      const indexes = world.log.entries.flatMap((bytes, i) => (parseEntry(bytes).command ? [i] : []));
      const entries = encodeEntries({
        proof: world.log.proveMany(indexes),
        entries: indexes.map((i) => world.log.entries[i] ?? new Uint8Array()),
      });
      const both = { commands: [hashOf(one), hashOf(two)] };
      const at = (a: Bytes, b: Bytes) => ({
        [FILE.entries]: entries,
        [FILE.evidence(hashOf(one))]: a,
        [FILE.evidence(hashOf(two))]: b,
      });
      const by = { ...trust, roots: world.anchors };
      const good = await judge(await bundleOf(one, at(one.bytes, two.bytes), both), by);
      assert.ok(!ids(good, 'FAIL').includes('inclusion'));
      const swapped = await judge(await bundleOf(one, at(two.bytes, two.bytes), both), by);
      assert.ok(ids(swapped, 'FAIL').includes('inclusion'));
    });

    it('the history, also where a path pretends that it goes on', async () => {
      const forked = new TestLog();
      forked.entries.push(...whole.world.log.entries);
      forked.entries[1] = encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'OTHER' });
      const size = forked.entries.length;
      for (const seen of [size, size - 1]) {
        const note = await forked.checkpoint(NOW, seen);
        const path = encodeContinuations(new Map([[seen, whole.world.log.pathBetween(seen, size)]]));
        const files = await bundleOf(whole, { [FILE.consistency]: path });
        const report = await judge(files, { ...trust, remembered: () => note });
        assert.deepEqual(ids(report, 'FAIL'), ['checkpoint']);
        assert.match(report.checks[8]?.says ?? '', /two histories/u);
      }
    });

    it('the hospital, by a fingerprint that is not its own', async () => {
      const [authority, recovery] = [testSigner('forger'), testSigner('forger 2')];
      const fingerprint = rootsFingerprint(sha256, { authorities: [authority.key], recovery: recovery.key });
      const report = await judge(await bundleOf(whole), { fingerprint, remembered: nothingSeen });
      assert.equal(report.verdict, 'FAILED');
      assert.match(report.says, /another fingerprint/u);
    });

    it('and is believed where names are hidden, since their commitments stand for them', async () => {
      const hidden = encodeOpenings([{ hidden: testBytes('commitment') }]);
      const report = await judge(await bundleOf(whole, { [FILE.openings(hashOf(whole))]: hidden }));
      assert.equal(report.verdict, 'VERIFIED');
    });
  });

  describe('and what this computer remembers', () => {
    it('is continued where a path is in the bundle or comes from the log, and said to be open otherwise', async () => {
      const { log } = whole.world;
      const size = log.entries.length;
      const note = await log.checkpoint(NOW, 3);
      const remembered = (): string => note;
      const paths = encodeContinuations(new Map([[3, log.pathBetween(3, size)]]));
      const inside = await judge(await bundleOf(whole, { [FILE.consistency]: paths }), {
        ...trust,
        remembered,
      });
      assert.equal(inside.verdict, 'VERIFIED');
      const pathBetween = async (from: number, to: number) => log.pathBetween(from, to);
      assert.equal(
        (await judge(await bundleOf(whole), { ...trust, remembered, pathBetween })).verdict,
        'VERIFIED',
      );
      const open = await judge(await bundleOf(whole), { ...trust, remembered });
      assert.equal(open.verdict, 'INCOMPLETE');
      assert.deepEqual(ids(open, 'NOT CHECKED'), ['checkpoint']);
      assert.equal(open.checkpoint, undefined, 'what was not checked is not remembered');
    });

    it('may be newer than the bundle', async () => {
      const { log } = whole.world;
      const files = await bundleOf(whole);
      const size = log.entries.length;
      const longer = new TestLog();
      longer.entries.push(...log.entries, encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'LATER' }));
      const note = await longer.checkpoint(NOW + 60);
      const pathBetween = async (from: number, to: number) => longer.pathBetween(from, to);
      const report = await judge(files, { ...trust, remembered: () => note, pathBetween });
      assert.equal(report.verdict, 'VERIFIED', `${size}`);
    });
  });

  describe('that is no good is named and does no harm:', () => {
    const named = async (bytes: Bytes, says: RegExp): Promise<void> => {
      let message = '';
      try {
        message = (await verifyBundle(nodeCrypto, await openZip(bytes), trust)).says;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        message = error.message;
      }
      assert.match(message, says);
    };

    it('what is no zip file, and no bundle', async () => {
      await named(utf8('hello'), /not a zip file/u);
      await named(zipSync({ 'a.txt': utf8('a') }), /no manifest/u);
      await named(
        zipSync({ 'manifest.json': utf8('{"format":"countersign/bundle/v2"}') }),
        /not an evidence bundle of version 1/u,
      );
      await named(
        zipSync({ 'manifest.json': utf8('{"format":"countersign/bundle/v1"}') }),
        /table of contents is incomplete/u,
      );
      await named(zipSync({ 'manifest.json': utf8('[1.5]') }), /malformed|not JSON|fits?/u);
    });

    it('a zip file cut off anywhere', async () => {
      const bytes = zipOf(await bundleOf(whole));
      for (let at = 1; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
        let refused = false;
        try {
          refused =
            (await verifyBundle(nodeCrypto, await openZip(bytes.slice(0, at)), trust)).verdict !== 'VERIFIED';
        } catch (error) {
          refused = error instanceof Refusal;
        }
        assert.ok(refused, `cut at ${at}`);
      }
    });

    it('any one of its bits changed', async () => {
      const bytes = zipOf(await bundleOf(whole));
      const sound = await verifyBundle(nodeCrypto, await openZip(bytes), trust);
      for (let at = 0; at < bytes.length; at += 41) {
        const broken = bytes.slice();
        broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
        try {
          const report = await verifyBundle(nodeCrypto, await openZip(broken), trust);
          // Times and flags in the zip's own headers say nothing and change nothing.
          if (report.verdict === 'VERIFIED') assert.deepEqual(report, sound);
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error));
        }
      }
    });

    it('a zip bomb, by what it claims and by what it is', async () => {
      const bomb = zipSync({ 'manifest.json': new Uint8Array(100 * 1024 * 1024) }, { level: 1 });
      assert.ok(bomb.length < 1_000_000);
      await named(bomb, /more than 96 MiB/u);
      const lying = bomb.slice();
      const view = new DataView(lying.buffer, lying.byteOffset);
      const directory = view.getUint32(lying.length - 6, true);
      view.setUint32(directory + 24, 1_000, true); // the directory claims a thousand bytes
      await named(lying, /damaged|not JSON|UTF-8|malformed/u);
    });

    it('names that lead elsewhere, and one name twice', async () => {
      for (const name of ['../evil.txt', '/etc/evil', 'a\\b', 'a/../../b', 'x\u0000y', '\u001b[31m'])
        await named(zipSync({ [name]: utf8('x') }), /name that no bundle uses/u);
      const files = await bundleOf(whole);
      const one = zipSync({
        'manifest.json': files.get('manifest.json') ?? new Uint8Array(),
        'manifest.jsoo': utf8('{}'),
      });
      for (let at = 0; at < one.length - 13; at++)
        if (Buffer.from(one.subarray(at, at + 13)).toString() === 'manifest.jsoo') one[at + 12] = 0x6e;
      await named(one, /two files have one name/u);
    });

    it('a file that was changed, is missing, or that nobody packed', async () => {
      const files = new Map(await bundleOf(whole));
      await named(zipOf(new Map([...files, [FILE.readme, utf8('other')]])), /not the one that was packed/u);
      await named(zipOf(new Map([...files, ['more.txt', utf8('more')]])), /nobody packed/u);
      files.delete(FILE.readme);
      await named(zipOf(files), /a file is missing/u);
    });

    it('an entry with a control character, a script, a formula, or one byte too many', async () => {
      const entry = encodeEntry({
        type: 'alarm',
        time: NOW * 1000,
        code: 'A',
        detail: '=HYPERLINK("x") <script>',
      });
      const at = Buffer.from(entry).indexOf('=HYP');
      const control = entry.slice();
      control[at] = 0x1b;
      const { proof } = parseEntries((await bundleOf(whole)).get(FILE.entries) ?? new Uint8Array());
      const [first = 0] = proof.indexes;
      const holding = async (bytes: Bytes): Promise<BundleReport> => {
        const one = { proof: { ...proof, indexes: [first] }, entries: [bytes] };
        return judge(await bundleOf(whole, { [FILE.entries]: encodeEntries(one) }));
      };
      assert.match((await holding(control)).says, /not printable/u);
      assert.match((await holding(concat(entry, Uint8Array.of(0)))).says, /damaged/u);
      assert.match((await holding(new Uint8Array(65_535))).says, /damaged/u);
      assert.match((await holding(new Uint8Array(65_536))).says, /longer than 65535/u);
      const script = await holding(entry);
      assert.equal(script.entries[0]?.entry.detail, '=HYPERLINK("x") <script>', 'text stays text');
      assert.deepEqual(ids(script, 'FAIL'), ['inclusion']);
    });
  });
});
