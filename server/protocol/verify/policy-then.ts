import { type Bytes, equal, hex, text } from '../encoding/bytes.ts';
import type { Sha256 } from '../crypto.ts';
import type { Entry } from '../log/entry.ts';
import { SHOWN } from '../primed.ts';
import { type BundleFiles, FILE } from './bundle-files.ts';
import type { Check } from './run-checks.ts';

interface Placed {
  readonly index: number;
  readonly entry: Entry;
}

/** PROTOCOL.md section 5.1: the one class that a policy can name. */
const CLASS = 'program';

/**
 * Of a command whose second person was shown the values: did the policy that was in force when it was announced say so for any
 * site? Undefined for every other command. Which site a device belongs to only the gateway knows.
 *
 * @param policies entries of kind `policy` among those that the bundle proves
 */
export function checkPolicyThen(
  sha256: Sha256,
  files: BundleFiles,
  policies: readonly Placed[],
  { index, entry }: Placed,
): Pick<Check, 'verdict' | 'says'> | undefined {
  if (entry.result !== SHOWN) return undefined;
  const then = policies.findLast((policy) => policy.index < index);
  const digest = then?.entry.digest;
  const file = digest && files.get(FILE.policyOf(hex(digest)));
  if (!then || !file) return { verdict: 'NOT CHECKED', says: 'the policy of that time is not in here' };
  const which = `policy ${then.entry.number ?? 0} of that time (entry ${then.index})`;
  if (!equal(sha256(file), digest)) return { verdict: 'FAIL', says: `the file of ${which} is another one` };
  const sites = sitesOf(file);
  return sites.length === 0
    ? { verdict: 'FAIL', says: `E_POLICY: ${which} lets nobody check without an entry of their own` }
    : {
        verdict: 'PASS',
        says: `${which} allows that at ${sites.map((site) => (site === '*' ? 'every other site' : site)).join(', ')}`,
      };
}

/** Sites whose row lets a second person be shown values; none where the file does not read. */
function sitesOf(file: Bytes): readonly string[] {
  const sites = memberOf(jsonIn(file), 'sites');
  return listOf(sites).flatMap((row): readonly string[] => {
    const site = memberOf(row, 'site');
    return typeof site === 'string' && listOf(memberOf(row, 'primedChecks')).includes(CLASS) ? [site] : [];
  });
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? Array.from<unknown>(value) : [];
const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** A policy is not a message of the protocol: it has fractions. Its digest says which one it is. */
function jsonIn(file: Bytes): unknown {
  try {
    const value: unknown = JSON.parse(text(file));
    return value;
  } catch {
    return undefined;
  }
}
