import { type Passkeys, personBehind, signerOf } from '../../authenticate/authenticate.ts';
import { loadPolicy } from '../../authorize/load-policy.ts';
import type { LoadedPolicy } from '../../authorize/policy.ts';
import { type Config, DEVELOPMENT_ONLY_shortWaits } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { Registry } from '../../fleet/registry.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import { policyName } from '../audit/policy-history.ts';
import type { Memory } from '../opening/memory.ts';
import type { Trust } from '../trust/trust.ts';

export interface PolicyParts {
  readonly config: Config;
  readonly trust: Trust;
  readonly memory: Memory;
  readonly passkeys: Passkeys;
  readonly now: () => number;
  readonly registry: Pick<Registry, 'all'>;
}

/**
 * Loads the signed policy and logs which one decides from now on. The one that was in force stays so when its operator has
 * left since: a hospital that revokes somebody has to be able to start its gateway again.
 */
export async function takePolicy({
  config,
  trust,
  memory,
  passkeys,
  now,
  registry,
}: PolicyParts): Promise<LoadedPolicy> {
  const { json, signed, second } = trust.policy;
  const before = memory.recall('policy');
  const previous = before && readKept(before);
  const simulation = config.weaknesses.includes(DEVELOPMENT_ONLY_shortWaits);
  const loaded = await loadPolicy({
    json,
    signed,
    verify: ({ statement, approval }, inForce) =>
      inForce
        ? signerOf(approval, 'statement', statement, passkeys, false)
        : personBehind(approval, 'statement', statement, passkeys, now(), false),
    sha256: nodeCrypto.sha256,
    simulation,
    devices: registry.all,
    ...(second && { second }),
    ...(previous && { previous }),
  });
  const { version } = loaded.policy;
  const entry = { type: 'policy', digest: loaded.hash, number: version } as const;
  const kept = [memory.mark(policyName(loaded.hash), json)]; // what was allowed then can be looked up later
  await memory.announceDurably(`policy ${hex(loaded.hash)}`, entry, { kept });
  await memory.keep('policy', encode([version, json]));
  return loaded;
}

function readKept(bytes: Bytes): { version: number; json: Bytes } {
  const [version, json] = arrayOf(decodeStrict(bytes, 'policy', 65_536), 'policy', 2, 2);
  return { version: uint(version, 'policy.version'), json: bytesOf(json, 'policy.json') };
}
