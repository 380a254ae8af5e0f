import assert from 'node:assert/strict';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { issueStatus, MARK, ROLE } from '../../server/protocol/credential.ts';
import { bundleWith, emergencyWith } from '../support/bundles.ts';
import {
  apply,
  type Bench,
  digest,
  makeDeviceWorld,
  nfc,
  open,
  opened,
  receiptIn,
  refuse,
  reopened,
  send,
  switchOn,
} from '../support/device.ts';
import { approve, draft, enrol, ISSUED, NOW, type World } from '../support/fixtures.ts';
import { testBytes, testSigner } from '../support/keys.ts';
import { BE, UP, UV } from '../support/passkey.ts';
import { LOWER } from '../support/profile.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const knock = (bench: Bench, emergency: Bytes, contact = nfc) =>
  send(bench, { kind: 'emergency', emergency }, contact);

/** Through the emergency door, into the safe mode. */
async function save(bench: Bench, emergency: Bytes) {
  const receipt = await receiptIn(bench, await knock(bench, emergency));
  assert.equal(receipt.result, 'applied', receipt.code);
  assert.equal(bench.therapy.mode, 'safe-mode');
  for (const [code, value] of world.profile.safeState) assert.equal(bench.therapy.acting.get(code), value);
  return receipt;
}

const refuseKnock = (bench: Bench, emergency: Bytes, expected: Parameters<typeof refuse>[2], contact = nfc) =>
  refuse(bench, { kind: 'emergency', emergency }, expected, contact);

describe('the emergency door', () => {
  beforeEach(setUp);
  it('leads one clinician to the safe mode, without grant, log, counter or session', async () => {
    const bench = await switchOn(world);
    const receipt = await save(bench, (await emergencyWith(world)).bytes);
    assert.equal(receipt.number, 58);
    assert.equal(receipt.counter, world.attestation.counter);
    assert.equal(receipt.grant, undefined);
    assert.equal(receipt.intentLeaf, undefined);
    assert.deepEqual(receipt.kids, [world.alice.signer.key.kid]);
    assert.equal((await open(bench)).mode, 'safe-mode');
  });

  it('opens in contact only', async () => {
    const bench = await opened(world);
    const { bytes } = await emergencyWith(world);
    const expected = { code: 'E_BREAKGLASS_SCOPE', field: 'emergency', work: 0 } as const;
    await refuse(bench, { kind: 'emergency', emergency: bytes }, expected);
    await save(bench, bytes);
  });

  const wrong: readonly [what: string, command: Partial<Command>, code: string, field: string][] = [
    ['another operation', { operation: OPERATION.stop }, 'E_BREAKGLASS_SCOPE', 'command.7'],
    ['a nonce that is not its own', { nonce: testBytes('nonce', 16) }, 'E_NONCE', 'command.3'],
    ['another device', { device: testBytes('x', 8) }, 'E_GRANT_DEVICE', 'command.2'],
    ['a setting', { changes: new Map([[LOWER, 70]]) }, 'E_CMD_SCHEMA', 'command'],
    ['a counter', { counter: 42 }, 'E_CMD_SCHEMA', 'command'],
    ['a profile', { profile: testBytes('x') }, 'E_CMD_SCHEMA', 'command'],
    ['settings to start from', { settings: testBytes('x') }, 'E_CMD_SCHEMA', 'command'],
    ['a patient', { patient: testBytes('x') }, 'E_CMD_SCHEMA', 'command'],
    ['something beside it', { companion: testBytes('x') }, 'E_CMD_SCHEMA', 'command'],
  ];
  for (const [what, command, code, field] of wrong) {
    it(`stays shut for ${what}, at no cost`, async () => {
      const bench = await opened(world);
      const { bytes } = await emergencyWith(world, { command });
      await refuseKnock(bench, bytes, { code, field, work: 0 } as Parameters<typeof refuse>[2]);
      await save(bench, (await emergencyWith(world)).bytes);
    });
  }

  it('stays shut for a bundle, and for nonsense', async () => {
    const bench = await opened(world);
    await refuseKnock(bench, encodeBundle(await bundleWith(world)), { code: 'E_CMD_MALFORMED', work: 0 });
    await refuseKnock(bench, new Uint8Array(9), { code: 'E_CMD_MALFORMED', work: 0 });
    const other = (await emergencyWith(world)).bytes;
    await refuseKnock(bench, other.with(1, 3), { code: 'E_VERSION', field: 'emergency.0', work: 0 });
  });

  it('asks for the emergency role', async () => {
    const bench = await opened(world);
    const roles = ROLE.clinician | ROLE.second;
    const carol = await enrol(world.log, world.authority, 'carol', 0, { roles });
    const { bytes } = await emergencyWith(world, { person: carol });
    await refuseKnock(bench, bytes, { code: 'E_ROLE', field: 'credential.roles' });
  });

  it('asks for an issuer in the anchors', async () => {
    const bench = await opened(world);
    const carol = await enrol(world.log, testSigner('other authority'), 'carol', 0, {});
    const { bytes } = await emergencyWith(world, { person: carol });
    await refuseKnock(bench, bytes, { code: 'E_ASSERTION_CRED', field: 'credential.kid' });
  });

  it('knows another hospital’s authority, which opens no other door, before or after', async () => {
    const elsewhere = testSigner('other hospital');
    world = await makeDeviceWorld({ anchors: { emergencyIssuers: [elsewhere.key] } });
    const bench = await opened(world);
    const carol = await enrol(world.log, elsewhere, 'carol', 0, {});
    const bundle = encodeBundle(await bundleWith(world, { people: [carol] }));
    const expected = { code: 'E_ASSERTION_CRED', field: 'credential.kid' } as const;
    await refuse(bench, { kind: 'deliver', bundle }, expected);
    const { bytes } = await emergencyWith(world, { person: carol, gesture: { flags: UP } });
    await refuseKnock(bench, bytes, { code: 'E_ASSERTION' });
    await refuse(bench, { kind: 'deliver', bundle }, expected);
    await save(bench, (await emergencyWith(world, { person: carol })).bytes);
  });

  it('is shut to a person on the list the device holds', async () => {
    const { bytes } = await emergencyWith(world);
    const held = await switchOn(world, { state: { revoked: [1] } });
    await refuseKnock(held, bytes, { code: 'E_ASSERTION_CRED', field: 'credential.serial' });
    const learned = await opened(world);
    const status = await issueStatus({ version: 2, issued: ISSUED, revoked: [2] }, world.authority);
    await apply(learned, await bundleWith(world, { bundle: { status } }));
    const bob = await emergencyWith(world, { person: world.bob });
    await refuseKnock(learned, bob.bytes, { code: 'E_ASSERTION_CRED', field: 'credential.serial' });
  });

  it('forgives thirty days after a credential has expired, and not one more', async () => {
    const { bytes } = await emergencyWith(world);
    const end = ISSUED + YEAR;
    await save(await switchOn(world, { state: { time: end + 30 * DAY } }), bytes);
    const late = await switchOn(world, { state: { time: end + 30 * DAY + 1 } });
    await refuseKnock(late, bytes, { code: 'E_ASSERTION_CRED', field: 'credential.notAfter' });
  });

  it('forgives a device whose time ran behind', async () => {
    await save(await switchOn(world, { state: { time: ISSUED - YEAR } }), (await emergencyWith(world)).bytes);
  });

  it('asks for a passkey that cannot be copied, touched by its verified user', async () => {
    const bench = await opened(world);
    for (const flags of [UV, UP, UP | UV | BE]) {
      const { bytes } = await emergencyWith(world, { gesture: { flags } });
      await refuseKnock(bench, bytes, { code: 'E_ASSERTION', field: 'approval.flags' });
    }
    await save(bench, (await emergencyWith(world)).bytes);
  });

  it('asks for the approval of exactly this command', async () => {
    const bench = await opened(world);
    const { approval } = await genuineApproval(testBytes('other', 16));
    const { bytes } = await emergencyWith(world, { approval });
    await refuseKnock(bench, bytes, { code: 'E_ASSERTION', field: 'approval.clientDataJSON' });
  });

  it('asks for development anchors where the credential is marked', async () => {
    const carol = async () =>
      emergencyWith(world, {
        person: await enrol(world.log, world.authority, 'carol', 0, { marks: MARK.software }),
      });
    await refuseKnock(await opened(world), (await carol()).bytes, { code: 'E_ASSERTION_CRED' });
    world = await makeDeviceWorld({ anchors: { development: true } });
    await save(await opened(world), (await carol()).bytes);
  });

  /** Alice's approval of an emergency with another nonce. */
  async function genuineApproval(nonce: Bytes) {
    return { approval: await approve(world.alice, encodeCommand(draft(world, { nonce }))) };
  }
});

describe('after an emergency', () => {
  beforeEach(setUp);
  it('the same message gives the same receipt and moves nothing', async () => {
    const bench = await opened(world);
    const { bytes } = await emergencyWith(world);
    const first = await save(bench, bytes);
    const before = await digest(bench);
    assert.deepEqual((await save(bench, bytes)).bytes, first.bytes);
    assert.equal(await digest(bench), before);
    const again = await switchOn(world, { storage: bench.storage });
    assert.deepEqual((await save(again, bytes)).bytes, first.bytes);
  });

  it('the emergency nonce is a new one, and the door opens again with it', async () => {
    const bench = await opened(world);
    await save(bench, (await emergencyWith(world)).bytes);
    const now = await reopened(bench);
    assert.notDeepEqual(now.attestation.emergencyNonce, world.attestation.emergencyNonce);
    assert.equal((await save(bench, (await emergencyWith(now)).bytes)).number, 59);
  });

  it('a command signed before it is no longer taken', async () => {
    const bench = await opened(world);
    const bundle = encodeBundle(await bundleWith(world));
    await save(bench, (await emergencyWith(world)).bytes);
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_NONCE', work: 0 });
  });

  it('two people and somebody at the device lead out again', async () => {
    const bench = await opened(world);
    await save(bench, (await emergencyWith(world)).bytes);
    bench.therapy.pressConfirm();
    const command = { operation: OPERATION.resume, changes: new Map() };
    const people = [world.alice, world.bob];
    await apply(bench, await bundleWith(await reopened(bench), { command, people }));
    assert.equal(bench.therapy.mode, 'running');
  });

  it('the receipt says when the hardware could not do exactly the safe state', async () => {
    class Rounding extends SimulatedTherapy {
      override stage(settings: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
        return new Map([...settings].map(([code, value]) => [code, code === LOWER ? 58 : value]));
      }
    }
    const bench = await opened(world, { therapy: new Rounding() });
    const receipt = await receiptIn(bench, await knock(bench, (await emergencyWith(world)).bytes));
    assert.equal(receipt.result, 'applied-modified');
    assert.equal(bench.therapy.mode, 'safe-mode');
  });

  it('the witnesses need not be there: the issuance was witnessed long ago', async () => {
    const size = world.log.entries.length;
    await save(await switchOn(world), (await emergencyWith(world)).bytes);
    assert.equal(world.log.entries.length, size, 'nothing was logged for it');
  });
});

describe('the reserve of the emergency door', () => {
  beforeEach(setUp);
  it('is bounded, and fills again', async () => {
    const bench = await opened(world);
    const forged = (await emergencyWith(world, { approval: { signature: new Uint8Array(64) } })).bytes;
    for (let i = 0; i < 10; i++) await refuseKnock(bench, forged, { code: 'E_ASSERTION' });
    await refuseKnock(bench, forged, { code: 'E_RATE', field: 'emergency', work: 0 });
    bench.clock.seconds = 59;
    await refuseKnock(bench, forged, { code: 'E_RATE', work: 0 });
    bench.clock.seconds = 60;
    await save(bench, (await emergencyWith(world)).bytes);
  });

  it('is not touched by knocks that do not know the emergency nonce', async () => {
    const bench = await opened(world);
    const blind = (await emergencyWith(world, { command: { nonce: testBytes('x', 16) } })).bytes;
    for (let i = 0; i < 50; i++) await refuseKnock(bench, blind, { code: 'E_NONCE', work: 0 });
    await save(bench, (await emergencyWith(world)).bytes);
  });

  it('is its own: when strangers have used up everything else, the door still opens', async () => {
    const bench = await opened(world, { strangers: { capacity: 2, ticksPerToken: 1_000_000 } });
    const gateway = { ...testSigner('stranger'), key: world.gateway.key };
    const forged = encodeBundle(await bundleWith(world, { gateway }));
    for (let i = 0; i < 5; i++) await send(bench, { kind: 'deliver', bundle: forged });
    await refuse(bench, { kind: 'deliver', bundle: forged }, { code: 'E_RATE', work: 0 });
    await refuse(bench, { kind: 'open' }, { code: 'E_RATE', work: 0 }, nfc);
    await save(bench, (await emergencyWith(world)).bytes);
  });

  it('the time of a device does not move through the emergency door', async () => {
    const bench = await opened(world);
    const { time } = bench.device.state;
    await save(bench, (await emergencyWith(world)).bytes);
    assert.equal(bench.device.state.time, time);
    assert.ok(time < NOW);
  });
});
