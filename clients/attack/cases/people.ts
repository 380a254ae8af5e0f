import { coseKey } from '../../../server/protocol/encoding/cose-key.ts';
import { issueCredential, readCredential } from '../../../server/protocol/credential.ts';
import { clientDataPrefix } from '../../../server/protocol/approval.ts';
import { base64url, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../../server/protocol/command.ts';
import { nodeCrypto, publicKeyFromPem } from '../../common/process/crypto.ts';
import { people } from '../../ward/people.ts';
import type { Case } from '../case.ts';
import { freshKey } from '../hands.ts';
import { type Lab, TARGET } from '../lab.ts';
import { assertion } from './assertion.ts';
import { anotherAlarmLimit, anotherRate, onWire, signedByAttacker } from './on-the-wire.ts';

const { sha256 } = nodeCrypto;
const YEAR = 365 * 86_400;

/** A certificate for a new passkey of the attacker, in somebody's name. */
async function certify(at: Lab, pem: string, like: 'dr-a' | 'dr-b', rpId: string): Promise<Uint8Array> {
  const { said } = readCredential(nodeCrypto, at.forger.credential(like));
  const { alg, raw } = publicKeyFromPem(pem);
  const now = Math.floor(Date.now() / 1000);
  const content = {
    subject: said.subject,
    roles: said.roles,
    coseKey: coseKey(alg, raw),
    rpIdHash: sha256(utf8(rpId)),
    backupEligible: false,
    notBefore: now - 60,
    notAfter: now + YEAR,
    serial: 4711,
    marks: 1,
  };
  return issueCredential(content, at.hands.signer('keys/authority/authority.key.pem'));
}

/** Somebody passes for somebody else, or for two. */
export const PEOPLE: readonly Case[] = [
  {
    id: 'WEB-20',
    scene: 'wire',
    given: ['A5'],
    aim: 'slip a passkey of the attacker in under a clinician’s name',
    codes: ['E_ASSERTION_CRED', 'E_ASSERTION'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const pem = freshKey();
      const site = people(at.ward.folder)['dr-a'];
      const challenge = challengeFor(sha256, 'command', command);
      const approval = assertion({ pem, challenge, origin: site.origin, rpId: site.rpId });
      const people1 = ['dr-a'] as const;
      yield at.deliver(
        'its own passkey, with the clinician’s certificate',
        await at.forger.bytes({ command, approvals: [approval], people: people1, tier: 1 }),
      );
      const credentials = [await certify(at, pem, 'dr-a', site.rpId)];
      yield at.deliver(
        'its own passkey, with a certificate of its own making, duly logged',
        await at.forger.bytes({ command, approvals: [approval], people: people1, tier: 1, credentials }),
      );
    }),
  },
  {
    id: 'FLOW-15',
    scene: 'wire',
    given: ['A6', 'A5-tls'],
    aim: 'a credentialing authority in the attacker’s hands: clinicians who do not exist',
    codes: ['E_GRANT', 'E_LOG_PROOF', 'E_ASSERTION_CRED'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const pem = freshKey();
      const site = people(at.ward.folder)['dr-a'];
      const approval = assertion({ pem, challenge: challengeFor(sha256, 'command', command), ...site });
      const credentials = [await certify(at, pem, 'dr-a', site.rpId)];
      yield at.deliver(
        'a genuine certificate for a false clinician, without a grant',
        await at.forger.bytes({ command, approvals: [approval], people: ['dr-a'], tier: 1, credentials }),
      );
    }),
  },
  {
    id: 'FLOW-05',
    scene: 'wire',
    given: ['A4', 'A5', 'A6'],
    aim: 'one person who signs as two',
    codes: ['E_DUAL_SAME_PERSON', 'E_ROLE'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Infusion rate', anotherRate(at, now));
      const twice = await signedByAttacker(at, command, ['dr-a', 'dr-a']);
      yield at.deliver('the same passkey twice', await at.forger.bytes(twice));
      const challenge = challengeFor(sha256, 'command', command);
      const first = await at.hands.approve('dr-a', command);
      for (const [what, host] of [
        ['a second passkey of the same person, on the other page', 'dr-b'],
        ['a second passkey of the same person, on the same page', 'dr-a'],
      ] as const) {
        const pem = freshKey();
        const site = people(at.ward.folder)[host];
        const second = assertion({ pem, challenge, origin: site.origin, rpId: site.rpId });
        const credentials = [at.forger.credential('dr-a'), await certify(at, pem, 'dr-a', site.rpId)];
        yield at.deliver(
          what,
          await at.forger.bytes({
            command,
            approvals: [first, second],
            people: ['dr-a', 'dr-a'],
            credentials,
          }),
        );
      }
      const order = await signedByAttacker(at, command, ['dr-a', 'auditor']);
      yield at.deliver('with an auditor as the second person', await at.forger.bytes(order));
    }),
  },
  {
    id: 'WEB-21',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'a signature by the right passkey that was made for something else',
    codes: ['E_ASSERTION', 'E_CMD_MALFORMED'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const challenge = challengeFor(sha256, 'command', command);
      const site = people(at.ward.folder)['dr-a'];
      const pem = at.hands.pem('keys/clinicians/dr-a/passkey.key.pem');
      const good = { pem, challenge, origin: site.origin, rpId: site.rpId };
      const text = clientDataPrefix(challenge, site.origin);
      const wrong = [
        ['made to register, not to sign', { clientData: `${text.replace('.get', '.create')}}` }],
        ['on another page', { clientData: `${clientDataPrefix(challenge, 'https://evil.example')}}` }],
        [
          'on a page below the real one',
          { clientData: `${clientDataPrefix(challenge, site.origin.replace('sign-a', 'x.sign-a'))}}` },
        ],
        [
          'in a frame of another page',
          { clientData: `${text.replace('"crossOrigin":false', '"crossOrigin":true')}}` },
        ],
        ['for another site', { rpId: 'evil.example' }],
        ['without anybody present', { flags: 0x04 }],
        ['without anybody verified', { flags: 0x01 }],
        ['with attested data announced', { flags: 0x45 }],
        ['with extensions announced', { flags: 0x85 }],
        ['backed up and yet not able to be', { flags: 0x15 }],
        ['for a sign-in', { challenge: challengeFor(sha256, 'session', command) }],
        ['for a statement', { challenge: challengeFor(sha256, 'statement', command) }],
        ['for the bare hash of the command', { challenge: sha256(command) }],
        [
          'with members in another order',
          {
            clientData: `{"origin":"${site.origin}","type":"webauthn.get","challenge":"${base64url(challenge)}","crossOrigin":false}`,
          },
        ],
        [
          'with a blank that does not belong',
          { clientData: `${text.replace('","origin"', '", "origin"')}}` },
        ],
        ['with something behind that is no member', { clientData: `${text} }` }],
      ] as const;
      for (const [what, change] of wrong) {
        const approvals = [assertion({ ...good, ...change })];
        yield at.deliver(what, await at.forger.bytes({ command, approvals, people: ['dr-a'], tier: 1 }));
      }
    }),
  },
];
