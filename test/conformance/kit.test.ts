import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../clients/conformance/report/report.ts';
import { virtualReaderMissing } from '../../clients/reader/virtual-pcscd.ts';
import { unhex } from '../../server/protocol/bytes.ts';
import { flipped } from '../vectors/vector-file.ts';
import { broken } from './broken.ts';
import { BrokenBench } from './broken-device.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'clients/cli/main.ts');

/** `countersign` as people start it. */
const countersign = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });

const verdictsIn = (report: Report): readonly string[] =>
  report.outcomes.map(({ id, verdict }) => `${id} ${verdict}`);

describe('the conformance kit', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

  it('passes our pump on the network; text, page, JUnit and statement say the same', async () => {
    const { code, out, err } = await countersign(
      'conformance',
      'run',
      '--reference',
      'pump',
      '--out',
      folder,
      '--fuzz',
      '60',
    );
    assert.equal(code, 0, out + err);
    assert.match(out, /^CONFORMS {2}Reference pump/mu);
    const report = JSON.parse(read('report.json')) as Report;
    assert.ok(report.outcomes.filter(({ verdict }) => verdict === 'pass').length > 120, 'cases were run');
    for (const { id, verdict } of report.outcomes) {
      assert.ok(verdict === 'pass' || verdict === 'skip', `${id}: ${verdict}`);
      assert.ok(out.includes(` ${id} `), `${id} stands in the text`);
      assert.ok(
        read('report.html').includes(`<li id="${id}" class="${verdict}">`),
        `${id} stands on the page`,
      );
      assert.ok(read('report.xml').includes(`name="${id}: `), `${id} stands in the JUnit file`);
    }
    assert.ok(
      report.outcomes.every(({ verdict, note }) => verdict !== 'skip' || (note ?? '') !== ''),
      'each skip says why',
    );
    assert.doesNotMatch(
      read('report.html'),
      /<script|\son[a-z]+=|\sstyle=|https?:\/\//iu,
      'nothing on the page acts or loads',
    );
  });

  it('passes our pacemaker on a card reader', async function () {
    if (virtualReaderMissing() !== undefined) this.skip();
    const { code, out, err } = await countersign(
      'conformance',
      'run',
      '--reference',
      'pacemaker',
      '--out',
      folder,
      '--fuzz',
      '60',
    );
    assert.equal(code, 0, out + err);
    const verdicts = verdictsIn(JSON.parse(read('report.json')) as Report);
    for (const id of ['emergency.safe-mode', 'tap.stranger', 'power.state', 'budget.strangers', 'accept.two'])
      assert.ok(verdicts.includes(`${id} pass`), id);
  });

  it('says in one line what is wrong with a declaration, and decides nothing', async () => {
    const file = join(folder, 'declaration.json');
    writeFileSync(
      file,
      JSON.stringify({ device: '0x1', name: 'x', link: 'usb', port: 1, identityKey: 'a', keys: 'b' }),
    );
    const { code, err } = await countersign('conformance', 'run', file);
    assert.equal(code, 2);
    assert.match(err, /device: expected the EUI-64, 16 hexadecimal digits/u);
    assert.match(err, /link: .*"websocket"\|"nfc"/u);
    assert.match(err, /profile: is missing/u);
    assert.doesNotMatch(err, /\n\s+at /u);
  });

  it('says of a run in part that it decides nothing', async () => {
    const { code, out } = await countersign(
      'conformance',
      'run',
      '--reference',
      'pump',
      '--only',
      'place.',
      '--out',
      folder,
    );
    assert.equal(code, 2);
    assert.match(out, /NOT DECIDED/u);
    assert.match(out, /✔ place\.counter-behind/u);
  });
});

describe('a device that is broken in one line', function () {
  this.timeout(120_000);
  let bench: BrokenBench;
  before(() => {
    bench = new BrokenBench();
  });
  after(() => bench.close());

  it('can be made in more than twenty ways, each of which is still one line of the sources', () => {
    assert.ok(broken.length >= 20);
    assert.equal(new Set(broken.map(({ id }) => id)).size, broken.length);
    for (const { id, file, find, replace } of broken) {
      const times = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1;
      assert.equal(times, 1, `${id}: ${file} has ${JSON.stringify(find)} ${times} times`);
      assert.notEqual(find, replace, id);
    }
  });

  // The others are in test/long, which takes three minutes.
  for (const id of ['patient', 'grant-forged', 'unwitnessed', 'one-person', 'lax-cbor']) {
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

describe('a signed conformance statement', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is genuine for its report, its tester and its log, and for nothing else', async () => {
    const { referenceDevice } = await import('../../clients/conformance/reference.ts');
    const at = (name: string): string => join(folder, name);
    const device = await referenceDevice({ kind: 'pump', folder, now: Math.floor(Date.now() / 1000) });
    await countersign('conformance', 'run', device.declaration, '--only', 'open.', '--out', at('report'));
    const check = (...more: readonly string[]) =>
      countersign('conformance', 'check', at('report/statement.bin'), '--keys', at('keys'), ...more);

    const genuine = await check('--report', at('report/report.json'));
    assert.equal(genuine.code, 0, genuine.out + genuine.err);
    assert.match(genuine.out, /^genuine\n\nNOT DECIDED/u);

    const log = await countersign('verify', at('keys/log'), '--anchors', at('keys/trust/anchors.bin'));
    assert.equal(log.code, 0, log.out);

    writeFileSync(
      at('report/report.json'),
      readFileSync(at('report/report.json'), 'utf8').replace('"pass"', '"fail"'),
    );
    const other = await check('--report', at('report/report.json'));
    assert.equal(other.code, 1);
    assert.match(other.out, /about another report/u);

    writeFileSync(
      at('report/statement.bin'),
      flipped(new Uint8Array(readFileSync(at('report/statement.bin'))), 80),
    );
    assert.equal((await check()).code, 1);
  });
});
