import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { buildPages, bundleFolder } from '../../clients/host/build.mjs';
import type { BundleWish } from '../../server/edge/desks/audit-desk.ts';
import { equal, hex, text } from '../../server/protocol/encoding/bytes.ts';
import { type BundleReport, openedFields, verifyBundle } from '../../server/protocol/verify/bundle.ts';
import { FILE } from '../../server/protocol/verify/bundle-files.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { hashOf, nudge, program, refuses, until } from './world.ts';

const WISH: BundleWish = {
  covers: 'command',
  commands: [],
  names: false,
  since: [],
  purpose: 'complaint 12',
};

describe('evidence to take away', () => {
  let ward: TestWard;
  let auditor: TestClinician;
  let one = '';
  let two = '';

  before(async () => {
    await buildPages();
    ward = await openWard({
      configure: () => ({ verifier: join(bundleFolder('verifier'), 'verifier.html') }),
    });
    const first = await ward.signIn('dr-a');
    const second = await ward.signIn('dr-b');
    auditor = await ward.signIn('auditor');
    const pump = ward.device('pump-1');
    const small = await first.prepare(pump, nudge(pump));
    assert.equal((await first.sign(pump, small)).kind, 'done');
    one = hex(hashOf(small));
    const pacemaker = ward.device('pacemaker-1');
    const large = await first.prepare(pacemaker, program(PACEMAKER.lowerRate, 65));
    const started = await first.sign(pacemaker, large);
    assert.ok('draft' in started);
    await ward.desk.enter(
      second.session,
      started.draft,
      await second.prepare(pacemaker, program(PACEMAKER.lowerRate, 65)),
    );
    assert.equal((await second.second(pacemaker, started.draft, large)).kind, 'done');
    two = hex(hashOf(large));
  });
  after(() => ward.end());

  const take = (wish: Partial<BundleWish>) => ward.desk.audit.bundle(auditor.session, { ...WISH, ...wish });
  const judge = async (bytes: Uint8Array): Promise<BundleReport> =>
    verifyBundle(nodeCrypto, await openZip(bytes), { roots: ward.roots, remembered: () => undefined });

  it('verifies by itself, is smaller than 50 kB with the page that checks it, and stands in the log with its digest and its purpose', async () => {
    for (const command of [one, two]) {
      const { bytes, digest, name } = await take({ commands: [command] });
      const report = await judge(bytes);
      assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks, null, 1));
      assert.ok((await openZip(bytes)).has(FILE.page));
      assert.ok(bytes.length < 50_000, `${bytes.length} bytes`);
      assert.match(name, /^countersign-SIMULATION-command-\d{8}T\d{6}\.zip$/u);
      const logged = ward.entries().at(-1);
      assert.equal(logged?.type, 'export');
      assert.equal(logged?.detail, 'bundle of 1 command(s): complaint 12');
      assert.ok(logged?.digest && equal(logged.digest, digest) && equal(digest, nodeCrypto.sha256(bytes)));
      assert.deepEqual(logged.kids, [auditor.passkey.kid]);
    }
  });

  it('shows no name, reason or tablet unless it was asked for, and verifies either way', async () => {
    const masked = await openZip((await take({ commands: [two] })).bytes);
    assert.equal(openedFields(masked, two), undefined);
    assert.doesNotMatch(text(masked.get(FILE.story) ?? new Uint8Array()), /titration|tablet-dr-a/u);
    const open = await take({ commands: [two], names: true });
    assert.ok(open.bytes.length < 50_000, `${open.bytes.length} bytes`);
    const files = await openZip(open.bytes);
    assert.deepEqual(openedFields(files, two)?.slice(1), [
      ['titration', 'after the morning round', 'ORD-1'],
      ['tablet-dr-a', 'tablet-dr-b'],
    ]);
    assert.match(
      text(files.get(FILE.story) ?? new Uint8Array()),
      /titration, after the morning round, ORD-1/u,
    );
    const judged = await judge(open.bytes);
    assert.equal(judged.verdict, 'VERIFIED');
    assert.match(judged.proves[0] ?? '', /^SIMULATION: /u, 'N11: by the anchors, whoever reads it');
    for (const name of [FILE.readme, FILE.story])
      assert.match(text(files.get(name) ?? new Uint8Array()), /^SIMULATION: /u, name);
  });

  it('holds several commands as an incident, and everything of a period', async () => {
    const incident = await judge((await take({ covers: 'incident', commands: [one, two] })).bytes);
    assert.deepEqual([incident.verdict, incident.commands.length], ['VERIFIED', 2]);
    const period = await judge((await take({ covers: 'period' })).bytes);
    assert.equal(period.verdict, 'VERIFIED', JSON.stringify(period.checks, null, 1));
    assert.match(period.proves.join('\n'), /every entry of the log in this period is here, none is missing/u);
    assert.match(period.proves.join('\n'), /receipts 1 to 1, none missing/u);
  });

  it('continues what the reader saw before', async () => {
    const before = await judge((await take({ commands: [one] })).bytes);
    const { checkpoint } = before;
    assert.ok(checkpoint);
    await until(
      'the export is witnessed',
      () => (ward.gateway.log.latest().cosigned?.size ?? 0) > checkpoint.size,
    );
    const later = await take({ commands: [two], since: [checkpoint.size] });
    const report = await verifyBundle(nodeCrypto, await openZip(later.bytes), {
      roots: ward.roots,
      remembered: () => checkpoint.note,
    });
    assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks[8]));
    assert.match(report.checks[8]?.says ?? '', new RegExp(`continues the ${checkpoint.size} entries`, 'u'));
  });

  it('is for auditors alone, about what there is', async () => {
    const clinician = await ward.signIn('dr-a');
    await refuses('E_ROLE', ward.desk.audit.bundle(clinician.session, { ...WISH, commands: [one] }));
    await refuses('E_SCOPE', take({ commands: ['00'.repeat(32)] }));
    await refuses('E_SCOPE', take({ covers: 'period', from: 1, to: 2 }));
  });
});
