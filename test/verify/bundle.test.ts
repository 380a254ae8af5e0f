import assert from 'node:assert/strict';
import { zipSync } from 'fflate';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, concat, utf8 } from '../../server/protocol/bytes.ts';
import { encodeCommand, parseCommand } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/cose-key.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import { encodeEntry, parseEntry } from '../../server/protocol/entry.ts';
import { encodeEvidence, type Evidence } from '../../server/protocol/evidence.ts';
import { issueGrant } from '../../server/protocol/grant.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { readGrant } from '../../server/protocol/grant.ts';
import { type BundleReport, type BundleTrust, verifyBundle } from '../../server/protocol/verify/bundle.ts';
import {
  encodeContinuations,
  encodeEntries,
  encodeOpenings,
  FILE,
  parseEntries,
} from '../../server/protocol/verify/bundle-files.ts';
import { readFingerprint, rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import type { CheckId } from '../../server/protocol/verify.ts';
import { bundleOf, hashOf, zipOf } from '../support/bundle-zip.ts';
import { type Case, caseOf, makeCase } from '../support/evidence.ts';
import { draft, ISSUED, makeBundle, makeOutcome, makeReceipt, makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { AMPLITUDE, LOWER } from '../support/profile.ts';

const { sha256 } = nodeCrypto;
const nothingSeen = (): undefined => undefined;

describe('an evidence bundle', () => {
  let whole: Case;
  let trust: BundleTrust;
  before(async () => {
    whole = await makeCase(await makeWorld());
    trust = { roots: whole.world.anchors, remembered: nothingSeen };
  });

  const judge = (files: ReadonlyMap<string, Bytes>, by: BundleTrust = trust): Promise<BundleReport> =>
    verifyBundle(nodeCrypto, openZip(zipOf(files)), by);
  const ids = ({ checks }: BundleReport, verdict: string): CheckId[] =>
    checks.filter((each) => each.verdict === verdict).map(({ id }) => id);
  const evidence = (changes: Partial<Evidence>): Record<string, Bytes> => ({
    [FILE.evidence(hashOf(whole))]: encodeEvidence({ ...whole.evidence, ...changes }),
  });

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

  describe('that was tampered with is found out by the check it concerns:', () => {
    const tampered = async (
      changes: Record<string, Bytes | undefined>,
      failed: readonly CheckId[],
      by?: BundleTrust,
    ): Promise<BundleReport> => {
      const report = await judge(await bundleOf(whole, changes), by);
      assert.equal(report.verdict, 'FAILED');
      assert.deepEqual(ids(report, 'FAIL'), failed, JSON.stringify(report.checks, null, 1));
      assert.equal(report.checkpoint, undefined);
      return report;
    };

    it('1. a value of the command', async () => {
      const { changes } = parseCommand(whole.bundle.command);
      const command = encodeCommand({
        ...parseCommand(whole.bundle.command),
        changes: new Map([...changes, [LOWER, 65]]),
      });
      const report = await judge(
        await bundleOf(whole, evidence({ bundle: encodeBundle({ ...whole.bundle, command }) })),
      );
      for (const id of ['bytes', 'signatures', 'inclusion'] as const)
        assert.ok(ids(report, 'FAIL').includes(id), id);
    });

    it('2. an approval, made by the same clinician for other bytes', async () => {
      const other = await makeBundle(await makeWorld(), encodeCommand(draft(whole.world)), [
        whole.world.alice,
        whole.world.bob,
      ]);
      await tampered(evidence({ bundle: encodeBundle({ ...whole.bundle, approvals: other.approvals }) }), [
        'signatures',
      ]);
    });

    it('3. the revocation list, newer and naming the clinician', async () => {
      const status = await issueStatus({ version: 2, issued: ISSUED, revoked: [2] }, whole.world.authority);
      await tampered(evidence({ bundle: encodeBundle({ ...whole.bundle, status }) }), ['credentials']);
    });

    it('4. the second person, who is the first one again', async () => {
      const world = await makeWorld({ bob: { subject: testBytes('subject alice', 16) } });
      const one = await makeCase(world);
      const report = await judge(await bundleOf(one), { ...trust, roots: world.anchors });
      assert.deepEqual(ids(report, 'FAIL'), ['people']);
    });

    it('5. the grant, by a key that is not the gateway’s', async () => {
      const grant = await issueGrant(readGrant(whole.bundle.grant), testSigner('stranger'));
      await tampered(evidence({ bundle: encodeBundle({ ...whole.bundle, grant }) }), ['grant']);
    });

    it('6. the grant, whose last tick had passed', async () => {
      const world = await makeWorld();
      const command = encodeCommand(draft(world));
      const late = await caseOf(
        world,
        await makeBundle(world, command, [world.alice], { notAfterTick: 1_009 }),
      );
      const report = await judge(await bundleOf(late), { ...trust, roots: world.anchors });
      assert.deepEqual(ids(report, 'FAIL'), ['grant']);
    });

    it('7. the receipt, signed by another device', async () => {
      const { world, bundle } = whole;
      const stranger = { ...world, device: testSigner('another device') };
      const after = new Map([...world.attestation.settings, [AMPLITUDE, 20]]);
      const receipt = await makeReceipt(stranger, bundle, after);
      const report = await judge(await bundleOf(whole, evidence({ receipt })));
      assert.ok(ids(report, 'FAIL').includes('receipt'));
      assert.ok(ids(report, 'FAIL').includes('inclusion'), 'the log names the genuine one');
    });

    it('8. the device’s key, exchanged together with the receipt', async () => {
      const key = testSigner('another device').key;
      const report = await judge(await bundleOf(whole, evidence({ deviceKey: coseKey(key.alg, key.raw) })));
      assert.ok(ids(report, 'FAIL').includes('receipt'));
    });

    it('9. the read-back, which is not what was asked for', async () => {
      const world = await makeWorld();
      const command = encodeCommand(draft(world));
      const bundle = await makeBundle(world, command);
      const after = new Map([...world.attestation.settings, [LOWER, 70]]);
      const receipt = await makeReceipt(world, bundle, after, { readBack: world.attestation.settings });
      const made = {
        ...(await caseOf(world, bundle)).evidence,
        receipt,
        outcome: await makeOutcome(world, bundle, receipt),
      };
      const changed: Case = { world, bundle, evidence: made, bytes: encodeEvidence(made) };
      const report = await judge(await bundleOf(changed), { ...trust, roots: world.anchors });
      assert.deepEqual(ids(report, 'FAIL'), ['readBack']);
    });

    it('10. an entry of the log', async () => {
      const { proof, entries } = parseEntries((await bundleOf(whole)).get(FILE.entries) ?? new Uint8Array());
      const changed = [...entries];
      changed[0] = encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'NOTHING' });
      await tampered({ [FILE.entries]: encodeEntries({ proof, entries: changed }) }, ['inclusion']);
      // No evidence names it: only the root can tell.
      const alone = {
        [FILE.entries]: encodeEntries({ proof, entries: changed }),
        [FILE.evidence(hashOf(whole))]: undefined,
      };
      const report = await judge(await bundleOf(whole, alone, { commands: [] }));
      assert.deepEqual(ids(report, 'FAIL'), ['inclusion']);
    });

    it('11. the log, a foreign one with the same entries', async () => {
      const foreign = new TestLog('foreign');
      foreign.entries.push(...whole.world.log.entries);
      await tampered({ [FILE.checkpoint]: utf8(await foreign.checkpoint(NOW + 5)) }, ['checkpoint']);
    });

    it('12. the witnesses, of whom none has seen it', async () => {
      const alone = new TestLog('log', 'stranger');
      alone.entries.push(...whole.world.log.entries);
      await tampered({ [FILE.checkpoint]: utf8(await alone.checkpoint(NOW + 5)) }, ['checkpoint']);
    });

    it('13. the history: another one than this computer remembers', async () => {
      const forked = new TestLog();
      forked.entries.push(...whole.world.log.entries);
      forked.entries[1] = encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'OTHER' });
      const size = forked.entries.length;
      for (const seen of [size, size - 1]) {
        const note = await forked.checkpoint(NOW, seen);
        const path = encodeContinuations(new Map([[seen, whole.world.log.pathBetween(seen, size)]]));
        const report = await tampered({ [FILE.consistency]: path }, ['checkpoint'], {
          ...trust,
          remembered: () => note,
        });
        assert.match(report.checks[8]?.says ?? '', /two histories/u);
      }
    });

    it('14. the keys, of another hospital', async () => {
      const [authority, recovery] = [testSigner('forger'), testSigner('forger 2')];
      const anchors = await issueAnchors(
        { ...whole.world.anchors, authorities: [authority.key], recovery: recovery.key },
        authority,
        recovery,
      );
      await tampered(evidence({ anchors }), ['credentials']);
      const fingerprint = rootsFingerprint(sha256, { authorities: [authority.key], recovery: recovery.key });
      const report = await judge(await bundleOf(whole), { fingerprint, remembered: nothingSeen });
      assert.equal(report.verdict, 'FAILED');
      assert.match(report.says, /another fingerprint/u);
    });

    it('15. the names, which are not those committed to', async () => {
      const hidden = [{ hidden: testBytes('commitment') }];
      assert.equal(
        (await judge(await bundleOf(whole, { [FILE.openings(hashOf(whole))]: encodeOpenings(hidden) })))
          .verdict,
        'VERIFIED',
      );
      const invented = [{ salt: testBytes('salt', 16), value: utf8('Dr. Nobody') }];
      await tampered({ [FILE.openings(hashOf(whole))]: encodeOpenings(invented) }, ['inclusion']);
    });

    it('16. the evidence, of another command', async () => {
      const world = await makeWorld();
      const other = await caseOf(world, await makeBundle(world, encodeCommand(draft(world))));
      const report = await judge(await bundleOf(whole, { [FILE.evidence(hashOf(whole))]: other.bytes }));
      assert.ok(ids(report, 'FAIL').includes('inclusion'));
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

    it('17. the entries, of another command', async () => {
      const world = await makeWorld();
      const one = await makeCase(world);
      const indexes = [0, 1];
      const entries = encodeEntries({
        proof: world.log.proveMany(indexes),
        entries: indexes.map((i) => world.log.entries[i] ?? new Uint8Array()),
      });
      const report = await judge(await bundleOf(one, { [FILE.entries]: entries }), {
        ...trust,
        roots: world.anchors,
      });
      assert.deepEqual(ids(report, 'FAIL'), ['inclusion']);
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
        message = (await verifyBundle(nodeCrypto, openZip(bytes), trust)).says;
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
            (await verifyBundle(nodeCrypto, openZip(bytes.slice(0, at)), trust)).verdict !== 'VERIFIED';
        } catch (error) {
          refused = error instanceof Refusal;
        }
        assert.ok(refused, `cut at ${at}`);
      }
    });

    it('any one of its bits changed', async () => {
      const bytes = zipOf(await bundleOf(whole));
      const sound = await verifyBundle(nodeCrypto, openZip(bytes), trust);
      for (let at = 0; at < bytes.length; at += 41) {
        const broken = bytes.slice();
        broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
        try {
          const report = await verifyBundle(nodeCrypto, openZip(broken), trust);
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
