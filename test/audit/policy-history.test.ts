import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PolicyHistory, policyName } from '../../server/gateway/audit/policy-history.ts';
import { type Bytes, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { nodeCrypto } from '../support/keys.ts';

const QUICK = readFileSync(new URL('../support/quick-policy.json', import.meta.url), 'utf8');
const FORBIDS = utf8(QUICK);
const ALLOWS = utf8(
  QUICK.replace(
    '"sites": [',
    '"sites": [{ "site": "3 East", "classes": ["program"], "highestTier": 2, "primedChecks": ["program"] },',
  ),
);

describe('a second check by review only, beside the policy of its time', () => {
  /** Gaps where policies came into force at these sizes of the log, and values were shown at these entries. */
  const gaps = async (
    policies: readonly (readonly [from: number, json: Bytes])[],
    shown: readonly number[],
    site = '3 East',
    kept = policies,
  ): Promise<readonly number[]> => {
    const files = new Map<string, Bytes>();
    for (const [from, json] of policies) files.set(`policy ${hex(nodeCrypto.sha256(json))}`, encode(from));
    for (const [, json] of kept) files.set(policyName(nodeCrypto.sha256(json)), json);
    const rows = shown.map((entry) => ({ entry, device: '00'.repeat(8), command: '11'.repeat(32) }));
    const index = { ask: () => Promise.resolve(rows) } as never;
    const named = (prefix: string) => new Map([...files].filter(([name]) => name.startsWith(prefix)));
    const memory = { recall: (name: string) => files.get(name), named };
    const found = await new PolicyHistory({ memory, index, siteOf: () => site }).gaps();
    for (const { kind, says } of found)
      assert.match(`${kind}: ${says}`, /^primed: .*the policy of that time/u);
    return found.map(({ entry }) => entry);
  };

  it('is a gap where that did not allow it at the site of the device, and none where it did', async () => {
    const both = [[1, FORBIDS], [50, ALLOWS]] as const; // prettier-ignore
    assert.deepEqual(await gaps(both, [20, 60]), [20]);
    assert.deepEqual(await gaps(both, [20, 60], '4 West'), [20, 60]);
    const back = [[1, ALLOWS], [50, FORBIDS]] as const; // prettier-ignore
    assert.deepEqual(await gaps(back, [20, 60]), [60], 'what was allowed then stays so');
  });

  it('is a gap where nobody kept that policy, or it does not read', async () => {
    assert.deepEqual(await gaps([[1, ALLOWS]], [20], '3 East', []), [20]);
    assert.deepEqual(await gaps([[1, utf8('{}')]], [20]), [20]);
    assert.deepEqual(await gaps([], [20]), [20]);
  });
});
