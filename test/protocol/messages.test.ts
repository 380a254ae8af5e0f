import assert from 'node:assert/strict';
import {
  type Anchors,
  issueAnchors,
  openAnchors,
  openNextAnchors,
  readAnchors,
} from '../../server/protocol/anchors.ts';
import { checkPatient, issueAttestation, openAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { decode, encode } from '../../server/protocol/encoding/cbor.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  checkDistinct,
  checkInForce,
  checkNotRevoked,
  checkRole,
  type Credential,
  issueCredential,
  issueStatus,
  MARK,
  openCredential,
  openStatus,
  ROLE,
} from '../../server/protocol/credential.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { issueGrant, openGrant } from '../../server/protocol/grant.ts';
import { issueProfile, openProfile } from '../../server/protocol/profile.ts';
import {
  type Absence,
  issueAbsence,
  issueReceipt,
  openAbsence,
  openReceipt,
  type Receipt,
} from '../../server/protocol/receipt.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { ISSUED, makeWorld, PATIENT, type World } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { testProfile } from '../support/profile.ts';

/** One kind of signed message: its bytes, and how the party who needs it opens it with a key. */
interface Message {
  readonly bytes: Bytes;
  readonly content: unknown;
  readonly open: (bytes: Bytes, key: PublicKey) => Promise<unknown>;
}

const signer = testSigner('one key for all');

const grant = {
  device: testBytes('d', 8),
  command: testBytes('c'),
  nonce: testBytes('n', 16),
  id: testBytes('g', 16),
  intentLeaf: testBytes('l'),
  notAfterTick: 99,
  issued: ISSUED,
};
const receipt: Receipt = {
  device: grant.device,
  result: 'refused',
  code: 'E_CMD_LIMIT',
  command: grant.command,
  grant: grant.id,
  intentLeaf: grant.intentLeaf,
  kids: [testBytes('k', 16)],
  number: 5,
  counter: 4,
  before: new Map([[1, 2]]),
  after: new Map([[1, 2]]),
  readBack: new Map([[1, -2]]),
  previous: testBytes('p'),
  ticks: 7,
};
const absence: Absence = {
  device: grant.device,
  command: grant.command,
  final: true,
  number: 5,
  counter: 4,
  ticks: 7,
};
const status = { version: 3, issued: ISSUED, revoked: [1, 5, 900] };
const credential: Omit<Credential, 'key'> = {
  subject: testBytes('s', 16),
  roles: ROLE.clinician | ROLE.operator,
  rpIdHash: testBytes('r'),
  backupEligible: true,
  notBefore: ISSUED,
  notAfter: ISSUED + 60,
  serial: 12,
  marks: MARK.software,
};

/** Every kind of COSE message, signed with one key on purpose: only the kind keeps them apart. */
async function messages(world: World): Promise<Record<string, Message>> {
  const { key } = testSigner('alice');
  return {
    grant: {
      bytes: await issueGrant(grant, signer),
      content: grant,
      open: (bytes, key) => openGrant(nodeCrypto, bytes, [key]),
    },
    receipt: {
      bytes: await issueReceipt(receipt, signer),
      content: receipt,
      open: (bytes, key) => openReceipt(nodeCrypto, bytes, key),
    },
    absence: {
      bytes: await issueAbsence(absence, signer),
      content: absence,
      open: (bytes, key) => openAbsence(nodeCrypto, bytes, key),
    },
    attestation: {
      bytes: await issueAttestation(world.attestation, signer),
      content: world.attestation,
      open: (bytes, key) => openAttestation(nodeCrypto, bytes, key),
    },
    credential: {
      bytes: await issueCredential({ ...credential, coseKey: coseKey(key.alg, key.raw) }, signer),
      content: { ...credential, key },
      open: (bytes, key) => openCredential(nodeCrypto, bytes, [key]),
    },
    status: {
      bytes: await issueStatus(status, signer),
      content: status,
      open: (bytes, key) => openStatus(nodeCrypto, bytes, [key]),
    },
    profile: {
      bytes: await issueProfile(testProfile, signer),
      content: testProfile,
      open: async (bytes, key) => (await openProfile(nodeCrypto, bytes, [key])).profile,
    },
  };
}

/** Every byte string that differs from `bytes` in one bit. */
export function* flips(bytes: Bytes): Generator<Bytes> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}

describe('signed messages', () => {
  let world: World;
  let all: Record<string, Message> = {};
  before(async () => {
    world = await makeWorld();
    all = await messages(world);
  });

  it('open to exactly what was signed', async () => {
    for (const { bytes, content, open } of Object.values(all))
      assert.deepEqual(await open(bytes, signer.key), content);
  });

  it('are not opened as another kind, though one key signed them all', async () => {
    for (const [name, { bytes }] of Object.entries(all)) {
      for (const [other, { open }] of Object.entries(all)) {
        if (other !== name) await assert.rejects(open(bytes, signer.key), Refusal, `${name} as ${other}`);
      }
    }
  });

  it('are not opened with another key', async () => {
    const stranger = testSigner('stranger').key;
    for (const { bytes, open } of Object.values(all)) {
      await assert.rejects(open(bytes, stranger), Refusal);
      await assert.rejects(open(bytes, { ...stranger, kid: signer.key.kid }), Refusal);
    }
  });

  it('are refused with any one bit changed', async function () {
    this.timeout(60_000);
    for (const [name, { bytes, open }] of Object.entries(all)) {
      // The profile is long and its fields are tried elsewhere: its first and last bytes stand for all.
      const part = name === 'profile' ? [...flips(bytes)].filter((_, bit) => bit % 29 === 0) : flips(bytes);
      for (const flipped of part) await assert.rejects(open(flipped, signer.key), Refusal, name);
    }
  });

  it('are refused cut short, and with a byte after the end', async () => {
    for (const { bytes, open } of Object.values(all)) {
      for (const size of [0, 1, bytes.length - 1]) {
        await assert.rejects(open(bytes.slice(0, size), signer.key), Refusal);
      }
      await assert.rejects(open(concat(bytes, Uint8Array.of(0)), signer.key), Refusal);
    }
  });

  it('are refused under code of a receipt that contradicts its result', async () => {
    for (const changes of [{ result: 'applied' }, { code: undefined }] as const) {
      const { code, ...rest } = { ...receipt, ...changes };
      const bytes = await issueReceipt(code ? { ...rest, code } : rest, signer);
      await assert.rejects(openReceipt(nodeCrypto, bytes, signer.key), { code: 'E_CMD_MALFORMED' });
    }
  });

  it('of a list of revoked serials are refused when the serials do not ascend', async () => {
    for (const revoked of [
      [2, 1],
      [1, 1],
    ]) {
      // prettier-ignore
      const bytes = await issueStatus({ ...status, revoked }, signer);
      await assert.rejects(openStatus(nodeCrypto, bytes, [signer.key]), { code: 'E_STATUS' });
    }
  });
});

describe('trust anchors', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });
  const next = (changes: Partial<Anchors> = {}): Anchors => ({ ...world.anchors, version: 2, ...changes });
  const refused = (bytes: Bytes): Promise<void> =>
    assert.rejects(openNextAnchors(nodeCrypto, bytes, world.anchors), { code: 'E_ANCHORS' });

  it('read back as they were issued', async () => {
    assert.deepEqual(readAnchors(nodeCrypto, world.anchorsBytes), world.anchors);
    assert.deepEqual(await openAnchors(nodeCrypto, world.anchorsBytes, world.anchors), world.anchors);
  });

  it('are replaced by the next version that both present keys signed', async () => {
    const heir = testSigner('new authority');
    const anchors = next({ authorities: [heir.key] });
    const bytes = await issueAnchors(anchors, world.authority, world.recovery);
    assert.deepEqual(await openNextAnchors(nodeCrypto, bytes, world.anchors), anchors);
  });

  it('are not replaced by one key alone, by keys the new ones name, or out of turn', async () => {
    const { authority, recovery, gateway } = world;
    await refused(await issueAnchors(next(), authority, authority));
    await refused(await issueAnchors(next(), recovery, recovery));
    await refused(await issueAnchors(next(), recovery, authority));
    await refused(await issueAnchors(next(), authority, gateway));
    const own = next({ authorities: [gateway.key], recovery: gateway.key });
    await refused(await issueAnchors(own, gateway, gateway));
    for (const version of [1, 3]) await refused(await issueAnchors(next({ version }), authority, recovery));
  });

  it('are refused when the two keys signed different things', async () => {
    const { authority, recovery } = world;
    const [first] = decode(await issueAnchors(next(), authority, recovery)) as Bytes[];
    const other = await issueAnchors(next({ credentialAge: 0 }), authority, recovery);
    const [, second] = decode(other) as Bytes[];
    assert.ok(first && second);
    await refused(encode([first, second]));
  });

  it('are refused with a quorum of no witness, or of more than there are', async () => {
    const { authority, recovery } = world;
    const { vkeys } = world.anchors.witnesses;
    for (const k of [0, 2]) {
      await refused(await issueAnchors(next({ witnesses: { k, vkeys } }), authority, recovery));
    }
  });

  it('are refused with any one bit changed', async function () {
    this.timeout(60_000);
    for (const [bit, flipped] of [...flips(world.anchorsBytes)].entries()) {
      // Every bit of the frame and of both signatures, and every seventh in between.
      if (bit > 400 && bit % 7 !== 0) continue;
      await assert.rejects(openAnchors(nodeCrypto, flipped, world.anchors), Refusal);
    }
  });
});

describe('what a credential allows', () => {
  const { key } = testSigner('alice');
  const alice: Credential = { ...credential, key, marks: 0 };
  const bob: Credential = {
    ...alice,
    subject: testBytes('bob', 16),
    key: testSigner('bob').key,
    rpIdHash: testBytes('other site'),
  };

  it('ends at its last second, or its grace after it', () => {
    checkInForce(alice, alice.notBefore);
    checkInForce(alice, alice.notAfter);
    checkInForce(alice, alice.notAfter + 30, 30);
    for (const [time, grace] of [
      [alice.notBefore - 1, 99],
      [alice.notAfter + 1, 0],
      [alice.notAfter + 31, 30],
    ] as const) {
      // prettier-ignore
      assert.throws(() => checkInForce(alice, time, grace), { code: 'E_ASSERTION_CRED' });
    }
  });

  it('ends with its revocation', () => {
    checkNotRevoked(alice, [11, 13]);
    assert.throws(() => checkNotRevoked(alice, [11, 12]), { code: 'E_ASSERTION_CRED' });
  });

  it('needs every role that is asked for', () => {
    checkRole(alice, ROLE.clinician);
    assert.throws(() => checkRole(alice, ROLE.second), { code: 'E_ROLE' });
    assert.throws(() => checkRole(alice, ROLE.clinician | ROLE.emergency), { code: 'E_ROLE' });
  });

  it('counts two people only when subject, passkey and signing page all differ', () => {
    checkDistinct(alice, bob);
    for (const same of ['subject', 'key', 'rpIdHash'] as const) {
      assert.throws(() => checkDistinct(alice, { ...bob, [same]: alice[same] }), {
        code: 'E_DUAL_SAME_PERSON',
      });
    }
  });

  it('lets two demonstration credentials share a page, and nothing else', () => {
    const [a, b] = [alice, bob].map((person) => ({ ...person, marks: MARK.demo }));
    assert.ok(a && b);
    checkDistinct(a, { ...b, rpIdHash: a.rpIdHash });
    assert.throws(() => checkDistinct(a, { ...b, rpIdHash: a.rpIdHash, marks: 0 }), {
      code: 'E_DUAL_SAME_PERSON',
    });
    assert.throws(() => checkDistinct(a, { ...b, subject: a.subject }), { code: 'E_DUAL_SAME_PERSON' });
  });
});

describe('the patient of a device', () => {
  it('is known by wristband and year of birth together', async () => {
    const { attestation } = await makeWorld();
    const { sha256 } = nodeCrypto;
    checkPatient(sha256, attestation, PATIENT.mrn, PATIENT.birthYear);
    assert.throws(() => checkPatient(sha256, attestation, PATIENT.mrn, PATIENT.birthYear + 1), {
      code: 'E_PATIENT',
    });
    assert.throws(() => checkPatient(sha256, attestation, 'MRN-0002', PATIENT.birthYear), {
      code: 'E_PATIENT',
    });
  });
});
