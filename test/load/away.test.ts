import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { OPERATION } from '../../server/protocol/command.ts';
import { BusyWard } from './busy-ward.ts';
import { rescue, stationState } from './rescue.ts';

const PUMPS = ['pump-1', 'pump-2'];
const HEALTH = z.object({ ready: z.boolean(), posture: z.string(), reasons: z.array(z.string()) });
const DEVICE = z.object({ connected: z.boolean(), review: z.string().optional() });
const ISSUER = z.looseObject({ signingKeys: z.array(z.string()) });
const REASON = { reason: 'titration', note: 'going on after the emergency', order: 'ORD-1' };

describe('while the ward is used and somebody is away', function () {
  this.timeout(150_000);
  let busy: BusyWard;
  before(async () => {
    busy = await BusyWard.open(PUMPS.length);
    for (const device of PUMPS) busy.work(device);
    await busy.goesOn(...PUMPS);
  });
  after(() => busy.end());
  afterEach(() => {
    assert.equal(busy.restarted('gateway'), false, 'the gateway is never started anew');
    assert.deepEqual(busy.ledger.violations, []);
  });

  const away = (name: string): Promise<void> => busy.ward.running.stopOne(name);
  const back = (name: string): Promise<void> => busy.ward.running.startOne(name);
  const withoutReader = (): boolean => {
    const { withoutNfc } = busy.ward;
    if (withoutNfc !== undefined) console.log(`      skipped: no card reader (${withoutNfc})`);
    return withoutNfc !== undefined;
  };
  const health = (): Promise<z.output<typeof HEALTH>> =>
    new Promise((resolve, reject) => {
      const port = busy.ward.port('gateway-clinicians');
      const headers = { host: `gate.localhost:${port}` };
      const asked = request({ host: '127.0.0.1', port, path: '/readyz', headers }, (response) => {
        text(response).then((body) => resolve(HEALTH.parse(JSON.parse(body))), reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  const heart = async (): Promise<z.output<typeof DEVICE>> =>
    DEVICE.parse(
      await busy.clinic.as('operator', (who) => who.get(`/v1/devices/${busy.ward.idOf('pacemaker-1')}`)),
    );
  /** Reading and signing in go on, whatever else does. */
  const seen = async (): Promise<void> => {
    const [reads, arrivals] = [busy.reads, busy.arrivals];
    await busy.until('people still see', () => busy.reads > reads + 5 && busy.arrivals > arrivals + 1);
  };

  it('the witness: commands stop and say why, people see everything, and with the witness commands come back', async () => {
    await away('witness');
    await busy.until('commands stop', () => busy.turnedAway(...PUMPS).length > 2);
    await seen();
    const changed = PUMPS.map((device) => busy.applied(device));
    await busy.until('again and again', () => busy.turnedAway(...PUMPS).length > 6);
    assert.deepEqual(PUMPS.map((device) => busy.applied(device)), changed, 'no log, no command'); // prettier-ignore
    const codes = new Set(busy.turnedAway(...PUMPS).map((line) => line.split(' ').at(-1)));
    assert.deepEqual([...codes], ['E_AUDIT_UNAVAILABLE']);
    const { posture, reasons } = await health();
    assert.equal(posture, 'monitoring-only');
    assert.match(reasons.join(), /Too few witnesses cosign/u);
    await back('witness');
    await busy.goesOn(...PUMPS);
    await busy.until('it says so', async () => (await health()).ready);
    assert.deepEqual(busy.faults, [], 'nobody who reads noticed');
  });

  it('the authority: everything goes on with what is known', async () => {
    const refused = busy.turnedAway(...PUMPS).length;
    await away('authority');
    await busy.goesOn(...PUMPS);
    await seen();
    assert.equal((await health()).ready, true);
    await back('authority');
    await busy.goesOn(...PUMPS);
    assert.equal(busy.turnedAway(...PUMPS).length, refused);
    assert.deepEqual(busy.faults, []);
  });

  it('the issuer: whoever is signed in goes on, nobody new comes in; it may come back with another key', async () => {
    const refused = busy.turnedAway(...PUMPS).length;
    await away('issuer');
    await busy.until('nobody comes in', () => busy.faults.length > 2);
    assert.ok(busy.faults.every((fault) => fault.startsWith('signing in')), busy.faults.join('\n')); // prettier-ignore
    const { reads } = busy;
    const changed = PUMPS.map((device) => busy.applied(device));
    await busy.until('who is there goes on', () =>
      PUMPS.every((device, i) => busy.applied(device) > (changed[i] ?? 0) + 2),
    );
    assert.ok(busy.reads > reads);
    assert.equal((await health()).ready, true);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const next = busy.path('keys/issuer/next.key.pem');
    writeFileSync(next, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const file = busy.path('config/issuer.json');
    const config = ISSUER.parse(JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, JSON.stringify({ ...config, signingKeys: [next, ...config.signingKeys] }));
    await back('issuer');
    await busy.goesOn(...PUMPS);
    busy.faults.length = 0;
    await seen();
    assert.equal(busy.turnedAway(...PUMPS).length, refused);
    assert.deepEqual(busy.faults, []);
  });

  it('the station: its implant is out of contact and says so, the others go on, and it is met again by itself', async () => {
    if (withoutReader()) return;
    await busy.until('the implant is in contact', async () => (await heart()).connected);
    await away('reader-station');
    await busy.until('it is seen to be gone', async () => !(await heart()).connected);
    const open = busy.clinic.as('dr-a', (who) => who.open(busy.ward.idOf('pacemaker-1')));
    await assert.rejects(open, { code: 'E_LINK' });
    await busy.goesOn(...PUMPS);
    await back('reader-station');
    await busy.until('the implant is met again', async () => (await heart()).connected);
    assert.deepEqual(busy.faults, []);
  });

  it('witness, issuer and authority at once: the emergency door is open, its receipt is in the log later, and a review is forced', async () => {
    if (withoutReader()) return;
    const refused = busy.turnedAway(...PUMPS).length;
    for (const name of ['witness', 'issuer', 'authority']) await away(name);
    await busy.until('commands stop', () => busy.turnedAway(...PUMPS).length > refused + 2);
    assert.equal((await stationState(busy.ward)).gateway, 'linked');
    assert.equal((await rescue(busy.ward)).result, 'applied');
    await busy.until('a review is open', async () => (await heart()).review !== undefined);
    for (const name of ['authority', 'issuer', 'witness']) await back(name);
    await busy.goesOn(...PUMPS);
    await busy.until('the implant is met again', async () => (await heart()).connected);
    const goingOn = busy.clinic.as('dr-a', async (who) => {
      const device = await who.open(busy.ward.idOf('pacemaker-1'));
      const rearm = { operation: OPERATION.resume, changes: new Map<number, number>() };
      return who.sign(device, who.prepare(device, busy.ward.patientOf('pacemaker-1'), rearm), REASON);
    });
    await assert.rejects(goingOn, { code: 'E_REVIEW' });
    busy.faults.length = 0;
  });

  it('and at the end devices, journal and log tell what people were told', async () => {
    assert.deepEqual(await busy.audit(), []);
    assert.deepEqual(busy.faults, []);
  });
});
