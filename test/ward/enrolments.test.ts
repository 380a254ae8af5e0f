import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeKeys } from '../../certs/make.ts';
import { provision } from '../../clients/ward/provision.ts';
import { EstBench, estTools, idIn, idOf, statusOf } from '../support/est.ts';

const CLI = fileURLToPath(new URL('../../clients/cli/main.ts', import.meta.url));

describe('an operator at the command line', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-operator-'));
  let est: EstBench;
  let id = '';
  let request = '';
  let file = '';

  before(async function () {
    if (!estTools()) {
      console.log('skipped: not installed: curl or openssl');
      this.skip();
    }
    const now = Math.floor(Date.now() / 1000);
    const policy = new URL('../support/quick-policy.json', import.meta.url);
    const ports = new Map([
      ['host-a', 20_001],
      ['host-b', 20_002],
    ]);
    await provision({ folder, ports, now, policy });
    await makeKeys({ folder: join(folder, 'keys'), ports: { hostA: 20_001, hostB: 20_002 }, now, demo: true, devices: [{ name: 'pump-9', profile: 'pump' }] }); // prettier-ignore
    est = await EstBench.open(folder, join(folder, 'authority'));
    const authority = {
      url: `https://127.0.0.1:${est.child.info['port']}`,
      ca: join(folder, 'keys/public/ca/service-ca.cert.pem'),
    };
    mkdirSync(join(folder, 'config'));
    writeFileSync(join(folder, 'config/gateway.json'), JSON.stringify({ authority }));
    const subject = await est.subject('pump-9');
    id = idOf(subject);
    file = await est.csr('first', subject);
  });
  after(async () => {
    await est?.child.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const countersign = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const ran = execFile(process.execPath, [CLI, ...args, '--dir', folder], (_error, out, err) =>
        resolve({ code: ran.exitCode ?? -1, out, err }),
      );
    });
  const enrolments = (...args: string[]) => countersign('enrolments', ...args);
  const ask = () => est.post('simpleenroll', file, ...est.identity('pump-9'));

  it('sees who waits and who is enrolled', async () => {
    const before = await enrolments();
    assert.match(before.out, /No device waits/u);
    assert.match(before.out, /pump-1 +ward +yes/u);
    request = idIn(await ask());
    const now = await enrolments();
    assert.equal(now.code, 0, now.err);
    assert.match(now.out, new RegExp(`${request.slice(0, 12)} +${id} +SIM-${id} +one`, 'u'));
    const shown = await enrolments('show', request.slice(0, 8));
    assert.match(shown.out, /its key +(?:[0-9a-f]{4} ){8} +compare it/u);
    assert.match(shown.out, /never enrolled here/u);
  });

  it('signs that a device may have its certificate, and then that it takes commands', async () => {
    const what = ['--name', 'pump-9', '--site', 'ward 3', '--profile', 'pump'];
    const signed = await enrolments('approve', request.slice(0, 8), ...what);
    assert.equal(signed.code, 0, signed.err);
    assert.match(signed.out, /gets its certificate when it asks again/u);
    assert.match(signed.out, /only read until you say "use"/u);
    assert.equal(statusOf(await ask()), 200);
    assert.match((await enrolments()).out, /pump-9 +ward 3 +no, is only read/u);
    const used = await enrolments('use', 'pump-9');
    assert.equal(used.code, 0, used.err);
    assert.match(
      used.out,
      /pump-9 takes commands as soon as the gateway hears of it/u,
      'no gateway runs here',
    );
    assert.match((await enrolments()).out, /pump-9 +ward 3 +yes/u);
  });

  it('signs that a device gets none, and the device is told', async () => {
    file = await est.csr('second', await est.subject('pump-9'));
    const next = idIn(await ask());
    assert.match((await enrolments('show', next)).out, /It is known as pump-9, ward 3/u);
    assert.equal((await enrolments('deny', next)).code, 0);
    assert.match(await ask(), /An operator refused this request/u);
  });

  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a request that is not there', ['show', 'abababab'], /no device waits under abababab/u],
    ['too few digits', ['deny', 'ab'], /first 8 digits or more/u],
    ['a device that is not enrolled', ['use', 'pump-77'], /no device pump-77 is enrolled/u],
    ['an order that does not exist', ['bless', 'x'], /no "enrolments bless"/u],
    ['somebody who is no operator', ['watch', 'pump-1', '--as', 'dr-a'], /dr-a is no operator/u],
    ['somebody who is not there', ['watch', 'pump-1', '--as', 'mallory'], /no mallory in this ward/u],
  ];
  for (const [what, args, says] of WRONG) {
    it(`is told in one line about ${what}`, async () => {
      const { code, err } = await enrolments(...args);
      assert.equal(code, 2);
      assert.match(err, says);
      assert.equal(err.trim().split('\n').length, 1);
    });
  }

  it('is told what an approval needs, and which profiles there are', async () => {
    file = await est.csr('third', await est.subject('pump-9'));
    const third = idIn(await ask());
    assert.match((await enrolments('approve', third)).err, /--name, --site and --profile are needed/u);
    const bad = await enrolments('approve', third, '--name', 'x', '--site', 'y', '--profile', 'toaster');
    assert.match(bad.err, /--profile is one of .*pacemaker/u);
    assert.equal(statusOf(await ask()), 202);
  });

  it('sees what was certified and ended in somebody’s name', async () => {
    assert.match((await countersign('notices', 'dr-a')).out, /CERTIFIED +1 +clinician, emergency/u);
    await est.admin('revoke', '--serial', '1');
    const after = await countersign('notices', 'dr-a');
    assert.match(after.out, /ENDED +1/u);
    assert.match(after.out, /not yours\?/u);
    assert.match((await countersign('notices', 'ab'.repeat(16))).out, /Nothing was ever certified/u);
    const nobody = await countersign('notices', 'dr-z');
    assert.equal(nobody.code, 2);
    assert.match(nobody.err, /dr-z is nobody of this ward/u);
    await est.child.stop();
    const away = await countersign('notices', 'dr-a');
    assert.equal(away.code, 2);
    assert.match(away.err, /does not answer: is the ward running/u);
    await est.child.restart();
  });

  it('finds both in the help', async () => {
    const { out } = await countersign('--help');
    assert.match(out, /enrolments +the devices that wait/u);
    assert.match((await countersign('enrolments', '--help')).out, /approve ID --name NAME/u);
  });
});
