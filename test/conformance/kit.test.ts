import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeclaration } from '../../clients/conformance/declaration.ts';
import { type ReferenceDevice, referenceDevice } from '../../clients/conformance/reference.ts';
import { openStatement } from '../../clients/conformance/report/statement.ts';
import { Trace } from '../../clients/conformance/report/trace.ts';
import { run } from '../../clients/conformance/run.ts';
import { openHospital } from '../../clients/conformance/world/hospital.ts';
import { virtualReaderMissing } from '../../clients/reader/virtual-pcscd.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { flipped } from '../vectors/vector-file.ts';
import { broken } from './broken.ts';
import { BrokenBench } from './broken-device.ts';
import { BrokenGatewayBench } from './broken-gateway.ts';
import { brokenGateways } from './broken-gateways.ts';
import { countersign, ROOT } from './countersign.ts';
import { sameViews, verdictsIn } from './views.ts';

const now = (): number => Math.floor(Date.now() / 1000);

/** Whole runs are in test/long; here is what every change has to keep. */
describe('the conformance kit', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (...parts: string[]): string => join(folder, ...parts);

  it('says the same in text, page, JUnit and a statement that is signed and logged; a part decides nothing', async () => {
    const device = await referenceDevice({ kind: 'pump', folder: at('pump'), now: now() });
    const only = 'open.,accept.one,place.,message.,fuzz.,telemetry.chain';
    const { code, out, err } = await countersign(
      `conformance run ${device.declaration} --out ${at('report')} --only ${only} --fuzz 20`.split(' '),
    );
    assert.equal(code, 2, out + err);
    assert.match(out, /^NOT DECIDED {2}Reference pump/mu);
    const report = sameViews(at('report'), out);
    assert.ok(report.outcomes.length > 25);
    for (const { id, verdict } of report.outcomes) assert.equal(verdict, 'pass', id);

    const { anchors, signer } = openHospital(at('pump/keys'));
    const bytes = new Uint8Array(readFileSync(at('report/statement.bin')));
    const statement = await openStatement(bytes, signer('tester').key, anchors);
    assert.deepEqual([statement.judgement, statement.subject], ['NOT DECIDED', 'device']);
    await assert.rejects(
      openStatement(flipped(bytes, 80), signer('tester').key, anchors),
      /does not verify/u,
    );
    await assert.rejects(openStatement(bytes, signer('maker').key, anchors), /another key/u);
    const check = ['conformance', 'check', at('report/statement.bin'), '--keys', at('pump/keys')];
    writeFileSync(at('report/report.json'), `${readFileSync(at('report/report.json'), 'utf8')} `);
    const other = await countersign([...check, '--report', at('report/report.json')]);
    assert.deepEqual([other.code, /about another report/u.test(other.out)], [1, true], other.out);
  });

  it('reaches an implant on a card reader', async function () {
    if (virtualReaderMissing() !== undefined) this.skip();
    const device: ReferenceDevice = await referenceDevice({
      kind: 'pacemaker',
      folder: at('implant'),
      now: now(),
    });
    try {
      const { report } = await run({
        declaration: readDeclaration(device.declaration),
        seed: 1,
        fuzz: 10,
        only: ['open.attestation', 'tap.stranger', 'accept.one', 'emergency.safe-mode'],
        version: 'test',
        clock: () => Date.now(),
        trace: new Trace(undefined, () => 0),
        onOutcome: () => undefined,
      });
      const passed = ['tap.stranger', 'open.attestation', 'accept.one', 'emergency.safe-mode'];
      assert.deepEqual(verdictsIn(report), passed.map((id) => `${id} pass`)); // prettier-ignore
    } finally {
      await device.stop();
    }
  });

  it('says in one line each what is wrong with a declaration', () => {
    const said = { device: '0x1', name: 'x', link: 'usb', port: 1, identityKey: 'a', keys: 'b' };
    writeFileSync(at('declaration.json'), JSON.stringify(said));
    const faults = (error: unknown): boolean => {
      const text = error instanceof Error ? error.message : '';
      assert.match(text, /device: expected the EUI-64, 16 hexadecimal digits/u);
      assert.match(text, /link: .*"websocket"\|"nfc"/u);
      assert.match(text, /profile: is missing/u);
      return true;
    };
    assert.throws(() => readDeclaration(at('declaration.json')), faults);
  });
});

/** Each is still one line of the sources; the others are broken in test/long. */
function expectOneLineEach(
  rows: readonly {
    readonly id: string;
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[],
): void {
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  for (const { id, file, find, replace } of rows) {
    const times = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1;
    assert.equal(times, 1, `${id}: ${file} has ${JSON.stringify(find)} ${times} times`);
    assert.notEqual(find, replace, id);
  }
}

describe('a device that is broken in one line', function () {
  this.timeout(120_000);
  let bench: BrokenBench;
  before(() => {
    bench = new BrokenBench();
  });
  after(() => bench.close());

  it('can be made in more than twenty ways', () => {
    assert.ok(broken.length >= 20);
    expectOneLineEach(broken);
  });

  for (const id of ['unwitnessed', 'one-person']) {
    const row = broken.find((each) => each.id === id);
    assert.ok(row);
    it(`is found out: it ${row.what}`, async () => {
      const outcome = await bench.outcome(row);
      assert.equal(outcome?.verdict, 'fail', JSON.stringify(outcome));
      assert.match(outcome?.failure?.expected ?? '', row.expected);
      assert.match(outcome?.failure?.got ?? '', row.got);
      assert.ok(unhex(outcome?.failure?.sent ?? '').length > 0, 'the bytes that were sent are there');
      assert.ok(unhex(outcome?.failure?.received ?? '').length > 0, 'and what came back');
    });
  }
});

describe('a gateway under test', function () {
  this.timeout(120_000);
  let bench: BrokenGatewayBench;
  before(() => {
    bench = new BrokenGatewayBench();
  });
  after(() => bench.close());

  it('passes as it is: its door, its devices, its stations, and what it delivers', async () => {
    const only = ['door.open', 'attest.genuine', 'attest.signature', 'telemetry.gap', 'tap.genuine', 'command.one', 'sign.patient']; // prettier-ignore
    const outcomes = await bench.run(only);
    assert.deepEqual(outcomes.map(({ id, verdict }) => `${id} ${verdict}`), only.map((id) => `${id} pass`)); // prettier-ignore
    for (const name of ['tester.pub.pem', 'anchors.bin'])
      assert.ok(existsSync(join(bench.tester, 'trust', name)), `a statement is checked with ${name}`);
  });

  it('can be broken in more than ten ways', () => {
    assert.ok(brokenGateways.length >= 10);
    expectOneLineEach(brokenGateways);
  });

  it('is found out when it grants for another session', async () => {
    const row = brokenGateways.find(({ id }) => id === 'grant-nonce');
    assert.ok(row);
    const outcome = await bench.outcome(row);
    assert.equal(outcome?.verdict, 'fail', JSON.stringify(outcome));
    assert.equal(outcome?.failure?.field, 'grant.3');
    assert.ok(unhex(outcome?.failure?.received ?? '').length > 0, 'the bundle is there');
  });
});
