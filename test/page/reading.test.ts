import assert from 'node:assert/strict';
import type { Patient } from '../../clients/tablet/patient/patients.ts';
import { readDevice } from '../../clients/tablet/device/reading.ts';
import { base64url, type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { type Attestation, issueAttestation } from '../../server/protocol/attestation.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import type { ListedDevice } from '../../server/protocol/fleet/fleet-device.ts';
import type { Profile } from '../../server/protocol/profile.ts';
import { listingOf } from '../support/evidence.ts';
import { makeWorld, PATIENT } from '../support/fixtures.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
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

/** What the gateway may say otherwise than the authority does. */
interface Said {
  readonly environment?: 'simulation' | 'production';
  readonly model?: string;
  readonly who?: Patient;
  readonly made?: Pick<Profile, 'firmware'>;
  readonly says?: Partial<Attestation>;
  /** What the row says otherwise, and who signs the list. */
  readonly row?: Partial<ListedDevice>;
  readonly by?: Signer;
  readonly version?: number;
  /** Newest lists that this tablet saw. */
  readonly seen?: ReadonlyMap<string, number>;
  /** A device that the gateway made itself answers. */
  readonly device?: Signer;
  /** Nothing is said of a list. */
  readonly unlisted?: true;
}

/** Reads a device of this model with the tablet of a place. */
async function readWith(said: Said) {
  const { environment = 'simulation', model = 'SIM-DR1', who = patient, made = {}, says = {} } = said;
  const world = await makeWorld({ profile: { ...testProfile, model, ...made } });
  const id = hex(world.deviceId);
  const detail = {
    id,
    profile: base64url(world.profileBytes),
    ...(!said.unlisted && {
      listing: base64url(await listingOf(world, { name: 'device', ...said.row }, said.by, said.version)),
    }),
  };
  const attestation = await issueAttestation({ ...world.attestation, ...says }, said.device ?? world.device);
  const kept = new Map<string, unknown>([['lists', said.seen]]);
  const shelf = {
    get: (name: string) => Promise.resolve(kept.get(name)),
    put: (name: string, value: unknown) => Promise.resolve(void kept.set(name, value)),
  };
  const at = { crypto: nodeCrypto, shelf, anchors: world.anchors, place: { environment } };
  const http = { json: () => Promise.resolve(detail) };
  const stream = { call: () => Promise.resolve({ kind: 'opened' as const, attestation }) };
  return { ...(await readDevice(at, http, stream, id, who, undefined, 0)), kept };
}
const readAt = (environment: 'simulation' | 'production', model: string, who = patient) =>
  readWith({ environment, model, who });

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
  const readUnder = (firmware: readonly Bytes[] | undefined, attested = known) =>
    readWith({ made: { firmware }, says: { firmware: attested } });

  it('is one that the maker signed the profile for, or nothing of the device is shown', async () => {
    assert.equal((await readUnder([other, known])).profile.model, 'SIM-DR1');
    await assert.rejects(readUnder([known], other), { code: 'E_FIRMWARE' });
  });

  it('is any, where the maker named none', async () => {
    assert.equal((await readUnder(undefined, other)).profile.model, 'SIM-DR1');
  });
});

describe('a device is on a tablet', () => {
  const unknown = { code: 'E_NOT_ENROLLED' };

  it('who the authority lists it as, whatever the gateway calls it', async () => {
    const { identity, name, transport } = await readWith({ row: { name: 'bed 4', transport: 'nfc' } });
    assert.equal(name, 'bed 4');
    assert.equal(transport, 'nfc');
    assert.equal(identity.raw.length, 64);
  });

  it('never one that the gateway made up: its own key, its own list, another device’s row, or none', async () => {
    const own = testSigner('gateway');
    const ownKey = coseKey(own.key.alg, own.key.raw);
    await assert.rejects(readWith({ device: own }), { code: 'E_DEVICE_IDENTITY' });
    await assert.rejects(readWith({ device: own, row: { identityKey: ownKey }, by: own }), unknown);
    await assert.rejects(readWith({ row: { id: new Uint8Array(8) } }), unknown);
    await assert.rejects(readWith({ unlisted: true }), unknown);
  });

  it('with the profile that it is listed with', async () => {
    await assert.rejects(readWith({ row: { profile: new Uint8Array(32) } }), { code: 'E_PROFILE' });
  });

  it('by no older list than this tablet has seen of the same key', async () => {
    const { kept } = await readWith({ version: 8 });
    const seen = kept.get('lists') as ReadonlyMap<string, number>;
    assert.deepEqual([...seen.values()], [8]);
    await assert.rejects(readWith({ seen, version: 7 }), unknown);
    assert.ok(await readWith({ seen, version: 8 }));
    assert.ok(await readWith({ seen: new Map([['00', 9]]), version: 7 }));
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
