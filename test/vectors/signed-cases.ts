import { approvalValue } from '../../server/protocol/approval.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, type CborMap, encode } from '../../server/protocol/encoding/cbor.ts';
import { encodeCommand } from '../../server/protocol/command.ts';
import { type Kind, parseSign1, sign1 } from '../../server/protocol/encoding/cose.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { issuePresence } from '../../server/protocol/link/presence.ts';
import { issueProfile, type Profile } from '../../server/protocol/profile.ts';
import { issueAbsence, issueReceipt } from '../../server/protocol/receipt.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { highS } from '../support/der.ts';
import type { Case } from '../support/evidence.ts';
import { approve, draft } from '../support/fixtures.ts';
import { testBytes, testSigner } from '../support/keys.ts';
import { BE, UP, UV } from '../support/passkey.ts';
import { damaged, fieldsOf } from './plain-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

/** What can go wrong with any COSE_Sign1 message: its frame, its signature, its key, its kind, its fields. */
export async function sign1Cases(
  kind: Kind,
  bytes: Bytes,
  signer: Signer,
  code: RefusalCode,
  inside: string = code,
): Promise<Vector[]> {
  const { payload, protectedHeader, signature } = parseSign1(bytes, kind, 65_535, code);
  const other: Kind = kind === 'grant' ? 'receipt' : 'grant';
  const stranger = testSigner('stranger');
  const frame = (...items: Cbor[]): Bytes => encode(items);
  const fields = fieldsOf(payload);
  const foreign = encode(new Map([...fieldsOf(payload), [99, 0]]));
  return [
    good(bytes, 'signed by its party'),
    vector('flipped signature', flipped(bytes, -1), code, 'the signature does not verify'),
    vector(
      'high s',
      frame(protectedHeader, new Map(), payload, highS(signature)),
      code,
      'valid, but with the higher s',
    ),
    vector('other kind', await sign1(other, payload, signer), code, `signed as ${other}`),
    vector('other key', await sign1(kind, payload, stranger), code, 'signed by a stranger'),
    vector(
      'other kid',
      frame(await headerOf(kind, stranger), new Map(), payload, signature),
      code,
      'names a stranger',
    ),
    vector(
      'unprotected',
      frame(protectedHeader, new Map([[1, -7]]), payload, signature),
      code,
      'a header that is not signed',
    ),
    vector('foreign field', await sign1(kind, foreign, signer), inside, 'a field that does not belong'),
    ...(await fieldCases(kind, fields, signer, inside)),
    ...damaged(bytes, code),
  ];
}

/** Every field missing, and every field of another type, genuinely signed: only strict reading finds these. */
async function fieldCases(kind: Kind, fields: CborMap, signer: Signer, code: string): Promise<Vector[]> {
  const signed = (changed: CborMap): Promise<Bytes> => sign1(kind, encode(changed), signer);
  const cases: Vector[] = [];
  for (const [key, value] of fields) {
    const without = new Map([...fields].filter(([other]) => other !== key));
    if (!OPTIONAL[kind]?.includes(key))
      cases.push(vector(`no ${key}`, await signed(without), code, `field ${key} is missing`));
    const other = new Map<number, Cbor>([...fields, [key, typeof value === 'string' ? 0 : 'x']]);
    cases.push(vector(`type of ${key}`, await signed(other), code, `field ${key} has another type`));
  }
  return cases;
}

/** Fields that may be missing. */
const OPTIONAL: Partial<Record<Kind, readonly number[]>> = {
  receipt: [3, 5, 6],
  fleet: [6],
  conformance: [11],
};

const headerOf = async (kind: Kind, signer: Signer): Promise<Bytes> =>
  parseSign1(await sign1(kind, new Uint8Array(), signer), kind, 1024, 'E_GRANT').protectedHeader;

/** Every message that one machine signs. */
export async function signedCases(whole: Case): Promise<Record<string, Vector[]>> {
  const { world, bundle, evidence } = whole;
  const { authority, gateway, device, maker } = world;
  const malformed = 'E_CMD_MALFORMED';
  const [proven] = bundle.credentials;
  if (!proven) throw new Error('a credential');
  const kids = [world.alice.signer.key.kid];
  const refusal = {
    device: world.deviceId,
    result: 'refused',
    code: 'E_CMD_LIMIT',
    command: testBytes('command'),
    kids,
    number: 58,
    counter: 41,
    before: world.attestation.settings,
    after: world.attestation.settings,
    readBack: world.attestation.settings,
    previous: testBytes('previous'),
    ticks: 5,
  } as const;
  const { code: _, ...noCode } = refusal;
  const absence = {
    device: world.deviceId,
    command: testBytes('command'),
    final: true,
    number: 58,
    counter: 41,
    ticks: 5,
  };
  const list = { version: 1, issued: 1, revoked: [] };
  return {
    grant: await sign1Cases('grant', bundle.grant, gateway, 'E_GRANT'),
    credential: await sign1Cases('credential', proven.credential, authority, 'E_ASSERTION_CRED'),
    status: [
      ...(await sign1Cases('status', bundle.status, authority, 'E_STATUS')),
      vector(
        'unsorted',
        await issueStatus({ ...list, revoked: [2, 1] }, authority),
        'E_STATUS',
        'serials out of order',
      ),
    ],
    profile: [
      ...(await sign1Cases('profile', world.profileBytes, maker, 'E_PROFILE', malformed)),
      ...(await firmwareCases(world.profile, maker)),
    ],
    attestation: await sign1Cases(
      'attestation',
      evidence.attestation,
      device,
      'E_DEVICE_IDENTITY',
      malformed,
    ),
    absence: await sign1Cases(
      'absence',
      await issueAbsence(absence, device),
      device,
      'E_DEVICE_IDENTITY',
      malformed,
    ),
    presence: await sign1Cases(
      'presence',
      await issuePresence({ ...world.attestation, profile: world.profileHash }, device),
      device,
      'E_DEVICE_IDENTITY',
      malformed,
    ),
    receipt: [
      ...(await sign1Cases('receipt', evidence.receipt, device, 'E_DEVICE_IDENTITY', malformed)),
      good(await issueReceipt(refusal, device), 'refused with E_CMD_LIMIT', 'refused'),
      vector(
        'refused without code',
        await issueReceipt(noCode, device),
        malformed,
        'a refusal needs its number',
      ),
      vector(
        'applied with code',
        await issueReceipt({ ...refusal, result: 'applied' }, device),
        malformed,
        'only a refusal has one',
      ),
    ],
  };
}

/** One person's approval of the world's command. */
export async function approvalCases({ world, bundle }: Case): Promise<Vector[]> {
  const { alice } = world;
  const [approval] = bundle.approvals;
  if (!approval) throw new Error('an approval');
  const of = (changes: Partial<typeof approval>): Bytes => encode(approvalValue({ ...approval, ...changes }));
  const made = async (gesture: Parameters<typeof approve>[2], command = bundle.command): Promise<Bytes> =>
    encode(approvalValue(await approve(alice, command, gesture)));
  const elsewhere = { ...alice, site: { ...alice.site, origin: 'https://gate.countersign.test' } };
  const code = 'E_ASSERTION';
  return [
    good(of({}), 'touched, user verified'),
    good(await made({ suffix: ',"extraData":"x"}' }), 'a browser may append members', 'appended'),
    vector('other command', await made({}, encodeCommand(draft(world))), code, 'made for other bytes'),
    vector(
      'other page',
      encode(approvalValue(await approve(elsewhere, bundle.command))),
      code,
      'another origin',
    ),
    vector('suffix', await made({ suffix: ' }' }), code, 'something else after the fixed beginning'),
    vector('no touch', await made({ flags: UV }), code, 'UP is clear'),
    vector('no user verification', await made({ flags: UP }), code, 'UV is clear'),
    vector('copied', await made({ flags: UP | UV | BE }), code, 'BE is set'),
    vector('extensions', await made({ flags: UP | UV | 0x80 }), code, 'ED is set'),
    vector('signature', of({ signature: flipped(approval.signature, 0) }), code, 'does not verify'),
    vector('high s', of({ signature: highS(approval.signature) }), code, 'valid, but with the higher s'),
    vector('kid', of({ kid: testBytes('kid', 16) }), code, 'names another passkey'),
    vector(
      '36 bytes',
      of({ authenticatorData: new Uint8Array(36) }),
      'E_CMD_MALFORMED',
      'authenticatorData is short',
    ),
    ...damaged(of({}), 'E_CMD_MALFORMED'),
  ];
}

/** The firmware that a profile is signed for: one to sixteen digests, or nothing of it. */
async function firmwareCases(profile: Profile, maker: Signer): Promise<Vector[]> {
  const made = (...sizes: readonly number[]): Promise<Bytes> =>
    issueProfile({ ...profile, firmware: sizes.map((size, i) => new Uint8Array(size).fill(i + 1)) }, maker);
  const many = Array.from({ length: 17 }, () => 32);
  return [
    good(await made(32), 'signed for one firmware', 'one firmware'),
    good(await made(...many.slice(1)), 'signed for sixteen', 'sixteen firmwares'),
    vector('no firmware', await made(), 'E_CMD_MALFORMED', 'a list of firmware with none in it'),
    vector('many firmware', await made(...many), 'E_CMD_MALFORMED', 'signed for seventeen'),
    vector('short firmware', await made(31), 'E_PROFILE', 'a digest of 31 bytes'),
  ];
}
