import assert from 'node:assert/strict';
import { encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { nudge, program } from '../ceremony/world.ts';
import { nodeCrypto } from '../support/keys.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, therapyDigest, type TestDevice, type TestWard } from '../support/ward.ts';

const HOURS = 72;
/** Hours after which the power of both fails and comes back. */
const POWER_CUTS = [20, 21, 50];
const CONTACT = { kind: 'nfc', channel: new Uint8Array(32) } as const;

async function nonceOf({ device, identity }: TestDevice): Promise<string> {
  const answer = parseAnswer(await device.handle(encodeRequest({ kind: 'open' }), CONTACT));
  assert.equal(answer.kind, 'attestation');
  if (answer.kind !== 'attestation') return '';
  const { nonce } = await openAttestation(nodeCrypto, answer.attestation, identity.key);
  return nonce.toString();
}

describe('devices that are alone for three days', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('change nothing about a therapy, also when their power fails, let old nonces die, and take a command when the gateway is back', async () => {
    const devices = [ward.device('pump-1'), ward.device('pacemaker-1')];
    await ward.stopGateway();
    const before = await Promise.all(
      devices.map(async (each) => ({
        felt: therapyDigest(each),
        state: each.device.state,
        nonce: await nonceOf(each),
      })),
    );
    const nonces = new Set<string>();
    for (let hour = 0; hour < HOURS; hour++) {
      for (const each of devices) {
        if (POWER_CUTS.includes(hour)) {
          nonces.add(await nonceOf(each));
          await each.powerCut();
          assert.ok(!nonces.has(await nonceOf(each)), 'a nonce dies with the power');
        }
        each.forward(3_600);
        await nonceOf(each); // A stranger's tap once an hour.
      }
    }
    for (const [i, each] of devices.entries()) {
      assert.equal(therapyDigest(each), before[i]?.felt);
      assert.deepEqual(each.device.state, before[i]?.state, 'nothing was stored either');
      assert.notEqual(await nonceOf(each), before[i]?.nonce);
    }
    await ward.startGateway();
    const doctor = await ward.signIn('dr-a');
    const [pump, pacemaker] = devices;
    assert.ok(pump && pacemaker);
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    const bytes = await doctor.prepare(pacemaker, program(PACEMAKER.impedanceLow, 250));
    assert.equal((await doctor.sign(pacemaker, bytes)).kind, 'done');
  });
});
