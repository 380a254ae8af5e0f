import type { Anchors } from '../../server/protocol/anchors.ts';
import { verifyApproval } from '../../server/protocol/approval.ts';
import { parseBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, equal, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor, parseCommand } from '../../server/protocol/command.ts';
import { openCredential, openStatus } from '../../server/protocol/credential.ts';
import { openGrant } from '../../server/protocol/grant.ts';
import { isPrimed, labelAt } from '../../server/protocol/primed.ts';
import { verifyProof } from '../../server/protocol/log/prove.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { nodeCrypto } from './keys.ts';

/**
 * The steps of the protocol leaf that a bundle goes through, and nothing of a device's own state: parse, grant,
 * proof of the intent, status, credentials with their proofs, approvals. Throws Refusal at the first that fails.
 */
export async function judgeBundle(
  bytes: Bytes,
  anchors: Anchors,
  crypto: Crypto = nodeCrypto,
): Promise<void> {
  const bundle = parseBundle(bytes);
  const { sha256 } = crypto;
  const command = parseCommand(bundle.command);
  const hash = sha256(bundle.command);
  const demand = (fine: boolean | undefined): void => {
    if (fine !== true) throw new Refusal('E_CMD_HASH', 'the parts do not belong together');
  };
  const grant = await openGrant(crypto, bundle.grant, anchors.grantKeys);
  demand(equal(grant.command, hash));
  const intent = await verifyProof(crypto, bundle.proof, anchors);
  demand(equal(intent.leaf, grant.intentLeaf));
  demand(intent.entry.command && equal(intent.entry.command, hash));
  const primed = isPrimed(intent.entry, command, bundle.approvals.length, anchors);
  await openStatus(crypto, bundle.status, anchors.authorities);
  for (const [i, { credential: certified, proof }] of bundle.credentials.entries()) {
    const credential = await openCredential(crypto, certified, anchors.authorities);
    const { entry } = await verifyProof(crypto, proof, anchors);
    demand(entry.digest && equal(entry.digest, sha256(certified)));
    const site = anchors.origins.find(({ rpId }) => equal(sha256(utf8(rpId)), credential.rpIdHash));
    const approval = bundle.approvals[i];
    if (!site || !approval) throw new Refusal('E_ASSERTION', 'no page or no approval');
    const challenge = challengeFor(sha256, labelAt(i, primed), bundle.command);
    await verifyApproval(crypto, approval, credential.key, challenge, site, true);
  }
}

/** The same cryptography, which remembers what it found valid: for judging thousands of near-equal messages. */
export function remembering(crypto: Crypto): Crypto {
  const valid = new Set<string>();
  return {
    sha256: crypto.sha256,
    async verify(key, message, signature) {
      const question = hex(crypto.sha256(encode([key.alg, key.raw, message, signature])));
      if (valid.has(question)) return true;
      const answer = await crypto.verify(key, message, signature);
      if (answer) valid.add(question);
      return answer;
    },
  };
}
