import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Anchors } from '../../server/protocol/anchors.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { openStatus } from '../../server/protocol/credential.ts';
import { openFleet } from '../../server/protocol/fleet/fleet.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { ask, manners, silent } from './doctor-ask.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const say = findings('Authority');
/** Lists are made anew twice a day. */
const OLD_S = 36 * 3_600;
const LISTS = [
  { file: 'status.bin', name: 'revocation list', open: openStatus },
  { file: 'fleet.bin', name: 'list of devices', open: openFleet },
] as const;
type List = (typeof LISTS)[number];

/** Is the authority there, is what it publishes fresh and signed, and has the gateway taken it up? */
export async function checkAuthority(place: Place, anchors: Anchors, now: () => number): Promise<Finding[]> {
  const { authority, trust } = place.config;
  const listed = await checkListed(trust, anchors);
  if (!authority)
    return [say.ok('authority', 'none is set up: its files are put into trust by hand'), ...listed];
  try {
    const ca = readFileSync(authority.ca);
    const answer = await ask(`${authority.url}/published/index.json`, ca);
    const out = [
      say.ok('authority', `${authority.url} answers`),
      ...manners(say, 'authority', answer, now()),
      ...listed,
    ];
    for (const list of LISTS) {
      const held = existsSync(join(trust, list.file));
      if (!held && list.file === 'fleet.bin') continue; // Devices come from the hospital's own file here.
      out.push(
        await judge(
          place,
          list,
          (await ask(`${authority.url}/published/${list.file}`, ca)).body,
          anchors,
          now(),
        ),
      );
    }
    return out;
  } catch (error) {
    return [silent(say, 'authority', authority.url, error, place)];
  }
}

/** Signing pages show the devices that the authority vouches for, and no others. */
async function checkListed(trust: string, anchors: Anchors): Promise<Finding[]> {
  const file = join(trust, 'fleet.bin');
  if (!existsSync(file)) {
    return [
      say.warning(
        'devices',
        'they stand in a file that nobody signed, so no tablet shows them',
        'have an authority enrol them, and let the gateway fetch its list',
      ),
    ];
  }
  const list = await openFleet(nodeCrypto, new Uint8Array(readFileSync(file)), anchors.authorities).catch(
    () => undefined, // said beside what is published
  );
  if (!list || list.root) return [];
  return [
    say.fault(
      'devices',
      'their list is from an older authority, so no tablet shows them',
      'start the authority of this version: it signs a new list at once',
    ),
  ];
}

async function judge(
  { config, lock, ward }: Place,
  { file, name, open }: List,
  published: Bytes,
  anchors: Anchors,
  now: number,
): Promise<Finding> {
  try {
    const theirs = await open(nodeCrypto, published, anchors.authorities);
    const ours = await open(
      nodeCrypto,
      new Uint8Array(readFileSync(join(config.trust, file))),
      anchors.authorities,
    );
    const age = Math.floor(now / 1000) - theirs.issued;
    if (age > OLD_S)
      return say.warning(
        name,
        `the newest is ${Math.floor(age / 3_600)} hours old`,
        'look into the authority’s log: it makes one twice a day',
      );
    const away = ward !== undefined && lock !== 'held';
    if (ours.version < theirs.version && !away)
      return say.warning(
        name,
        `the gateway has ${ours.version}, and ${theirs.version} is published`,
        'wait ten seconds and look again; then see "authority" in the gateway’s log',
      );
    if (ours.version > theirs.version)
      return say.fault(
        name,
        `the gateway has ${ours.version}, and only ${theirs.version} is published`,
        'the authority lost what it published: put its newest folder back',
      );
    return say.ok(name, `number ${theirs.version}, signed by the authority`);
  } catch (error) {
    return say.fault(
      name,
      `${file} does not hold: ${reasonOf(error)}`,
      'have the authority publish it anew; was its key replaced?',
    );
  }
}
