import { randomBytes } from 'node:crypto';
import type { Approval } from '../../../server/protocol/approval.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type IssuableCredential, issueStatus, ROLE } from '../../../server/protocol/credential.ts';
import { SHOWN } from '../../../server/protocol/primed.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import type { Bench } from '../bench.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import { approve, type Enrolment, FLAG, type Gesture, type Person } from '../world/people.ts';
import { big, type Case, flipped, reject, small } from './case.ts';
import { highS } from './wrong-signatures.ts';

const CREDENTIAL = '4, check 12';
const APPROVAL = '4, check 13; 2.3';
const TWO = '4, check 14';
const DAY = 86_400;

/** One person, certified in a way that must not count. */
const one = (id: string, says: string, code: RefusalCode, enrolment: (bench: Bench) => Enrolment): Case =>
  reject(`credential.${id}`, says, CREDENTIAL, code, async (bench) =>
    small(bench, { people: [await bench.parts.people.enrol(enrolment(bench))] }),
  );

/** Two people, of whom the second is `enrolment`. */
const pair = (
  id: string,
  says: string,
  code: RefusalCode,
  enrolment: (bench: Bench) => Enrolment,
  { receipt = false, section = TWO } = {},
): Case =>
  reject(
    `two.${id}`,
    says,
    section,
    code,
    async (bench) =>
      big(bench, { people: [bench.parts.first, await bench.parts.people.enrol(enrolment(bench))] }),
    { receipt },
  );

const content = (changes: Partial<IssuableCredential>): Enrolment => ({ changes });

/** One person's gesture that must not count. */
const gesture = (id: string, says: string, what: Gesture, section = APPROVAL): Case =>
  reject(`approval.${id}`, says, section, 'E_ASSERTION', (bench) => small(bench, { gestures: [what] }));

const altered = (id: string, says: string, change: (approval: Approval) => Approval): Case =>
  reject(`approval.${id}`, says, APPROVAL, 'E_ASSERTION', (bench) =>
    small(bench, { bundle: (b) => ({ ...b, approvals: b.approvals.map(change) }) }),
  );

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

/** Another page than the one that the credential and the anchors name. */
const elsewhere = (person: Person): Person => ({
  ...person,
  site: { ...person.site, origin: 'https://gate.test' },
});

/** Credentials, approvals and people: checks 12 to 14 of section 4. */
export const peopleCases: readonly Case[] = [
  one('stranger', 'a credential by a stranger is refused', 'E_ASSERTION_CRED', () => ({
    issuer: ephemeralSigner(),
  })),
  one('unlogged', 'a credential whose issuance is not in the log is refused', 'E_ASSERTION_CRED', () => ({
    provenBy: 0,
  })),
  one('role', 'a credential without the role of a clinician is refused', 'E_ROLE', () =>
    content({ roles: ROLE.second | ROLE.emergency }),
  ),
  one('expired', 'a credential that has run out is refused', 'E_ASSERTION_CRED', ({ parts }) =>
    content({ notAfter: parts.now - DAY }),
  ),
  one('early', 'a credential that is not yet in force is refused', 'E_ASSERTION_CRED', ({ parts }) =>
    content({ notBefore: parts.now + DAY }),
  ),
  one('page', 'a credential of a page that the anchors do not name is refused', 'E_ASSERTION', () =>
    content({ rpIdHash: random(32) }),
  ),
  reject(
    'credential.revoked',
    'a credential on the list that came with the command is refused',
    CREDENTIAL,
    'E_ASSERTION_CRED',
    async (bench) => {
      const { first, hospital, now } = bench.parts;
      const list = { version: bench.attestation.statusVersion + 1, issued: now, revoked: [first.serial] };
      return small(bench, { status: await issueStatus(list, hospital.signer('authority')) });
    },
  ),
  reject('credential.other', 'the credential of somebody else is refused', APPROVAL, 'E_ASSERTION', (bench) =>
    small(bench, { bundle: (b) => ({ ...b, credentials: [bench.parts.second.proven] }) }),
  ),
  gesture('no-touch', 'an approval without a touch is refused', { flags: FLAG.UV }),
  gesture('no-verification', 'an approval without user verification is refused', { flags: FLAG.UP }),
  gesture('attested', 'an approval with attested data is refused', { flags: FLAG.UP | FLAG.UV | FLAG.AT }),
  gesture('extensions', 'an approval with extensions is refused', { flags: FLAG.UP | FLAG.UV | FLAG.ED }),
  gesture('backed-up', 'a passkey that is backed up without being eligible is refused', {
    flags: FLAG.UP | FLAG.UV | FLAG.BS,
  }),
  gesture('suffix', 'only } or , may follow the fixed beginning', { suffix: ' }' }),
  gesture('cross-origin', 'an approval from inside another page is refused', {
    saying: (said) => said.replace('"crossOrigin":false', '"crossOrigin":true '),
  }),
  gesture('type', 'a registration is no approval', {
    saying: (said) => said.replace('webauthn.get', 'webauthn.new'),
  }),
  gesture('rp-id', 'an approval for another rpId is refused', { rpId: 'elsewhere.test' }),
  reject('approval.page', 'an approval made on another page is refused', APPROVAL, 'E_ASSERTION', (bench) =>
    small(bench, { people: [elsewhere(bench.parts.first)] }),
  ),
  reject('approval.bytes', 'an approval of other bytes is refused', APPROVAL, 'E_ASSERTION', (bench) =>
    small(bench, {
      bundle: async (b) => ({ ...b, approvals: [await approve(bench.parts.first, random(64))] }),
    }),
  ),
  altered('signature', 'an approval whose signature does not verify is refused', (approval) => ({
    ...approval,
    signature: flipped(approval.signature, 8),
  })),
  altered('high-s', 'an approval with the higher s is refused', (approval) => ({
    ...approval,
    signature: highS(approval.signature),
  })),
  altered('counter', 'the signature covers every byte of the authenticator data', (approval) => ({
    ...approval,
    authenticatorData: flipped(approval.authenticatorData, -1),
  })),
  pair(
    'role',
    'the second person needs the role of one',
    'E_ROLE',
    () => ({ page: 1, ...content({ roles: ROLE.clinician }) }),
    {
      section: CREDENTIAL,
    },
  ),
  pair(
    'young',
    'a credential of today takes no part in a change by two',
    'E_ASSERTION_CRED',
    ({ parts }) => ({
      page: 1,
      witnessedAt: parts.now,
    }),
    { section: CREDENTIAL },
  ),
  reject(
    'two.copyable-flag',
    'a passkey that can be copied takes no part in a change by two',
    APPROVAL,
    'E_ASSERTION',
    (bench) => big(bench, { gestures: [{ flags: FLAG.UP | FLAG.UV | FLAG.BE }] }),
  ),
  pair(
    'copyable',
    'a credential that says its passkey can be copied takes no part in a change by two',
    'E_ASSERTION_CRED',
    () => ({
      page: 1,
      ...content({ backupEligible: true }),
    }),
    { receipt: true },
  ),
  pair(
    'subject',
    'two passkeys of one person are one person',
    'E_DUAL_SAME_PERSON',
    ({ parts }) => ({
      page: 1,
      ...content({ subject: parts.first.subject }),
    }),
    { receipt: true },
  ),
  reject(
    'two.primed',
    'a second person who was shown the values is none where the anchors say nothing of it',
    '4, check 10; 5.1',
    'E_DUAL_REQUIRED',
    (bench) => big(bench, { entry: { result: SHOWN }, gestures: [{}, { label: 'primed' }] }),
  ),
  reject(
    'two.primed-unsaid',
    'a second person who was shown the values is none where the log does not tell it',
    '4, check 13; 5.1',
    'E_ASSERTION',
    (bench) => big(bench, { gestures: [{}, { label: 'primed' }] }),
    { receipt: true },
  ),
  pair('page', 'two people on one page are refused', 'E_DUAL_SAME_PERSON', () => ({ page: 0 }), {
    receipt: true,
  }),
  pair(
    'passkey',
    'one passkey under two names is one person',
    'E_DUAL_SAME_PERSON',
    ({ parts }) => ({
      page: 1,
      signer: parts.first.signer,
    }),
    { receipt: true },
  ),
  reject(
    'two.twice',
    'one person twice is one person',
    TWO,
    ['E_DUAL_SAME_PERSON', 'E_ROLE'],
    (bench) => big(bench, { people: [bench.parts.first, bench.parts.first] }),
    { receipt: true },
  ),
  reject(
    'two.second-signature',
    'the second approval counts as much as the first',
    APPROVAL,
    'E_ASSERTION',
    (bench) =>
      big(bench, {
        bundle: (b) => ({
          ...b,
          approvals: b.approvals.map((approval, i) =>
            i === 0 ? approval : { ...approval, signature: flipped(approval.signature, 8) },
          ),
        }),
      }),
    { receipt: true },
  ),
];
