import assert from 'node:assert/strict';
import type { Patient } from '../../clients/tablet/patient/patients.ts';
import { readDevice } from '../../clients/tablet/device/reading.ts';
import { base64url, hex } from '../../server/protocol/bytes.ts';
import { type Attestation, issueAttestation } from '../../server/protocol/attestation.ts';
import { coseKey } from '../../server/protocol/cose-key.ts';
import type { Profile } from '../../server/protocol/profile.ts';
import { makeWorld, PATIENT } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import { testProfile } from '../support/profile.ts';

const patient: Patient = {
  id: '00'.repeat(16),
  family: 'Test',
  given: 'Tess',
  birthDate: `${PATIENT.birthYear}-01-01`,
  restricted: false,
  mrn: PATIENT.mrn,
  assigned: [],
  wristband: undefined,
  portrait: undefined,
};

/** Reads a device of this model with the tablet of a place. */
async function readAt(
  environment: 'simulation' | 'production',
  model: string,
  who = patient,
  made: Pick<Profile, 'firmware'> = {},
  says: Partial<Attestation> = {},
) {
  const world = await makeWorld({ profile: { ...testProfile, model, ...made } });
  const id = hex(world.deviceId);
  const { alg, raw } = world.device.key;
  const detail = {
    id,
    name: 'device',
    transport: 'websocket',
    profile: base64url(world.profileBytes),
    identity: base64url(coseKey(alg, raw)),
  };
  const attestation = await issueAttestation({ ...world.attestation, ...says }, world.device);
  const shelf = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() };
  const at = { crypto: nodeCrypto, shelf, anchors: world.anchors, place: { environment } };
  const http = { json: () => Promise.resolve(detail) };
  const stream = { call: () => Promise.resolve({ kind: 'opened' as const, attestation }) };
  return readDevice(at, http, stream, id, who, undefined, 0);
}

describe('N11: a tablet', () => {
  it('of a real hospital reads no simulated device, whoever signed its profile', async () => {
    await assert.rejects(readAt('production', 'SIM-DR1'), { code: 'E_PROFILE' });
    assert.equal((await readAt('production', 'DR1')).profile.model, 'DR1');
  });

  it('of a simulation reads simulated devices', async () => {
    assert.equal((await readAt('simulation', 'SIM-DR1')).profile.model, 'SIM-DR1');
  });
});

describe('the firmware of a device', () => {
  const [known, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const readWith = (firmware: readonly Uint8Array<ArrayBuffer>[] | undefined, attested = known) =>
    readAt('simulation', 'SIM-DR1', patient, { firmware }, { firmware: attested });

  it('is one that the maker signed the profile for, or nothing of the device is shown', async () => {
    assert.equal((await readWith([other, known])).profile.model, 'SIM-DR1');
    await assert.rejects(readWith([known], other), { code: 'E_FIRMWARE' });
  });

  it('is any, where the maker named none', async () => {
    assert.equal((await readWith(undefined, other)).profile.model, 'SIM-DR1');
  });
});

describe('N1: a device belongs to the patient on a tablet', () => {
  const belongs = async (change: Partial<Patient>): Promise<boolean> =>
    (await readAt('simulation', 'SIM-DR1', { ...patient, ...change })).belongs;

  it('when its own record fits the person whose name is shown, and what was scanned is theirs', async () => {
    assert.equal(await belongs({}), true);
    assert.equal(await belongs({ wristband: PATIENT.mrn }), true);
    assert.equal(await belongs({ birthDate: '1900-01-01' }), false);
    assert.equal(await belongs({ mrn: 'SIM-OTHER' }), false);
  });

  it('never by the wristband of somebody else, though that one fits the device', async () => {
    assert.equal(await belongs({ mrn: 'SIM-OTHER', wristband: PATIENT.mrn }), false);
    assert.equal(await belongs({ wristband: 'SIM-OTHER' }), false);
  });
});
