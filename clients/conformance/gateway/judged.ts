import type { Anchors } from '../../../server/protocol/anchors.ts';
import { type Approval, verifyApproval } from '../../../server/protocol/approval.ts';
import { type Bundle, encodeBundle, parseBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, parseCommand } from '../../../server/protocol/command.ts';
import {
  checkDistinct,
  checkInForce,
  checkNotRevoked,
  checkRole,
  type Credential,
  openCredential,
  openStatus,
  ROLE,
} from '../../../server/protocol/credential.ts';
import { openGrant } from '../../../server/protocol/grant.ts';
import { tierOf } from '../../../server/protocol/limits.ts';
import { verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { CaseFault, demand, same } from '../faults.ts';
import type { PlayedIdentity } from './declaration.ts';
import type { Delivery } from './played-device.ts';

const { sha256 } = nodeCrypto;

export interface Judging {
  readonly anchors: Anchors;
  readonly device: PlayedIdentity;
  /** The bytes that people signed, and their approvals in order. */
  readonly command: Bytes;
  readonly approvals: readonly Approval[];
  /** Unix seconds. */
  readonly now: number;
}

/** A Refusal of the protocol is what the gateway's bundle would meet at every device. */
async function genuine<T>(rule: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CaseFault(rule, {
      expected: 'it to verify',
      got: `${error.code}: ${error.message}`,
      field: error.field ?? '',
    });
  }
}

/** Judges a delivery as a device would, check by check of section 4, and holds it against what people signed. */
export async function judgeDelivery({ bundle: bytes, before }: Delivery, judging: Judging): Promise<void> {
  const { command: signed, device } = judging;
  const bundle = await genuine('a bundle is well formed', () => parseBundle(bytes));
  same('a bundle has one spelling', 'bundle', encodeBundle(bundle), bytes);
  same('the command is the very bytes that were signed', 'command', signed, bundle.command);
  const command = await genuine('the command is well formed', () => parseCommand(bundle.command));
  same('it is for this device', 'command.2', before.device, command.device);
  same('it carries the nonce that the device waits with', 'command.3', before.nonce, command.nonce);
  same('its counter is the next one', 'command.4', before.counter + 1, command.counter);
  const tier = tierOf(device.profile, command, before.settings);
  // The policy of a hospital may ask two people where the device asks one.
  demand(
    bundle.approvals.length >= tier,
    'as many people signed as the tier asks for',
    'bundle.approvals',
    `${bundle.approvals.length} of ${tier}`,
  );
  await judgeGrant(bundle, judging, before);
  await judgePeople(bundle, judging, { tier, held: before.statusVersion });
}

/** Checks 9 and 10: the grant, and the intent in the log. */
async function judgeGrant(
  bundle: Bundle,
  { anchors, now }: Judging,
  before: Delivery['before'],
): Promise<void> {
  const hash = sha256(bundle.command);
  const grant = await genuine('a grant key of the anchors signed the grant', () =>
    openGrant(nodeCrypto, bundle.grant, anchors.grantKeys),
  );
  same('the grant is for this device', 'grant.1', before.device, grant.device);
  same('the grant is for this command', 'grant.2', hash, grant.command);
  same('the grant is for this session', 'grant.3', before.nonce, grant.nonce);
  demand(
    grant.notAfterTick >= before.ticks && grant.notAfterTick <= before.ticks + 120,
    'a grant lives for a while, and not for long',
    'grant.6',
    `last tick ${grant.notAfterTick}, now ${before.ticks}`,
  );
  demand(Math.abs(grant.issued - now) < 120, 'a grant says when it was issued', 'grant.7');
  const intent = await genuine('the intent is in the witnessed log', () =>
    verifyProof(nodeCrypto, bundle.proof, anchors),
  );
  same('the entry is an intent', 'entry', 'intent', intent.entry.type);
  same('the intent names this command', 'entry', hash, intent.entry.command);
  same('the intent names this device', 'entry', before.device, intent.entry.device);
  same(
    'the intent names who signed, in their order',
    'entry',
    bundle.approvals.map(({ kid }) => kid),
    intent.entry.kids,
  );
  same('what was entered again is not announced as shown', 'entry.13', undefined, intent.entry.result);
  same('the grant names the intent', 'grant.5', intent.leaf, grant.intentLeaf);
}

/** Checks 11 to 14: the list, the credentials, the approvals, two people. */
async function judgePeople(
  bundle: Bundle,
  { anchors, approvals, now }: Judging,
  { tier, held }: { readonly tier: 1 | 2; readonly held: number },
): Promise<void> {
  const list = await genuine('an authority signed the revocation list', () =>
    openStatus(nodeCrypto, bundle.status, anchors.authorities),
  );
  demand(list.version >= held, 'the list is not older than the one held', 'status.1');
  const challenge = challengeFor(sha256, 'command', bundle.command);
  const people: Credential[] = [];
  for (const [i, { credential: certified, proof }] of bundle.credentials.entries()) {
    const credential = await genuine('an authority certified who signed', () =>
      openCredential(nodeCrypto, certified, anchors.authorities),
    );
    const issued = await genuine('the certification is in the witnessed log', () =>
      verifyProof(nodeCrypto, proof, anchors),
    );
    same(
      'the proof is of this credential',
      'credential.proof',
      sha256(certified),
      issued.entry.digest ?? new Uint8Array(),
    );
    await genuine('who signed may do so now', () => {
      checkRole(credential, i === 0 ? ROLE.clinician : ROLE.second);
      checkInForce(credential, now);
      checkNotRevoked(credential, list.revoked);
    });
    const approval = bundle.approvals[i];
    const wanted = approvals[i];
    const site = anchors.origins.find(({ rpId }) => equal(sha256(utf8(rpId)), credential.rpIdHash));
    if (!approval || !site)
      throw new CaseFault('each approval comes from a page of the anchors', { field: 'approval' });
    if (wanted)
      same(
        'the approval is the one that was given',
        'approval.signature',
        wanted.signature,
        approval.signature,
      );
    await genuine('each approval is over exactly these bytes', () =>
      verifyApproval(nodeCrypto, approval, credential.key, challenge, site, tier === 2),
    );
    people.push(credential);
  }
  const [first, second] = people;
  if (first && second) await genuine('two approvals are two people', () => checkDistinct(first, second));
}
