import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Anchors, openAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { openStatus } from '../../server/protocol/credential.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

/** Revocation lists come daily; after a week without one the gateway stops commands. */
const OLD_S = 36 * 3_600;
const TOO_OLD_S = 7 * 86_400;
/** Clocks of one hospital are no further apart than this. */
const AHEAD_S = 300;
const say = findings('Trust');

/** The anchors of a place, if they can be used, and what there is to say about them. */
export async function checkAnchors({ config }: Place): Promise<{ anchors?: Anchors; found: Finding[] }> {
  const file = join(config.trust, 'anchors.bin');
  try {
    const bytes = new Uint8Array(readFileSync(file));
    const anchors = await openAnchors(nodeCrypto, bytes, readAnchors(nodeCrypto, bytes));
    const found = [say.ok('anchors', `version ${anchors.version}, signed by authority and recovery key`)];
    if (anchors.development) {
      const mend = 'never give them to a device that treats a patient';
      found.push(say.warning('anchors', 'are marked for development: simulation only', mend));
    }
    return { anchors, found };
  } catch (error) {
    const mend = 'copy anchors.bin from the authority again; never from a device or a log';
    return { found: [say.fault('anchors', `${file} does not hold: ${reasonOf(error)}`, mend)] };
  }
}

/** Signing pages as browsers will take them, and apart from the gateway. */
export function checkOrigins({ config }: Place, anchors: Anchors): Finding[] {
  const out: Finding[] = [];
  const gateway = config.hostnames.clinicians;
  for (const { origin, rpId } of anchors.origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    const anew = 'have the authority sign anchors with';
    if (isIP(rpId) !== 0 || isIP(url?.hostname ?? '') !== 0)
      out.push(
        say.fault('rpId', `${rpId} is an IP address: browsers make no passkey for one`, `${anew} a DNS name`),
      );
    else if (url === undefined || !below(url.hostname, rpId))
      out.push(say.fault('rpId', `${origin} is no page of ${rpId}`, `${anew} an rpId that its page may use`));
    else if (below(gateway, rpId))
      out.push(
        say.fault(
          'rpId',
          `the gateway ${gateway} stands at or below ${rpId}: it could ask for signatures`,
          `${anew} a name beside the gateway’s`,
        ),
      );
    else if (url.protocol === 'http:' && !anchors.development)
      out.push(say.fault('signing page', `${origin} is not https`, `${anew} https origins`));
    else out.push(say.ok('signing page', `${origin} signs as ${rpId}`));
  }
  const plain = config.origins.find((one) => one.startsWith('http:'));
  if (plain !== undefined && !anchors.development)
    out.push(say.fault('origins', `${plain} is not https`, 'change origins in the gateway’s configuration'));
  return out;
}

const below = (host: string, rpId: string): boolean => host === rpId || host.endsWith(`.${rpId}`);

/** The revocation list of people: signed, numbered, and not too old. `now` in unix ms. */
export async function checkStatus({ config }: Place, anchors: Anchors, now: number): Promise<Finding> {
  const name = 'revocation list';
  const mend = 'have the authority publish a new list, and check the way to it';
  try {
    const bytes = new Uint8Array(readFileSync(join(config.trust, 'status.bin')));
    const list = await openStatus(nodeCrypto, bytes, anchors.authorities);
    const age = Math.floor(now / 1000) - list.issued;
    const says = `list ${list.version} is ${Math.floor(age / 3_600)} hours old`;
    if (age < -AHEAD_S)
      return say.fault(name, `list ${list.version} is of the future`, 'set the clock of this host');
    if (age > TOO_OLD_S && !anchors.development) return say.fault(name, says, mend);
    return age > OLD_S ? say.warning(name, says, mend) : say.ok(name, says);
  } catch (error) {
    return say.fault(name, `status.bin does not hold: ${reasonOf(error)}`, mend);
  }
}
