import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Anchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { openCredential } from '../../server/protocol/credential.ts';
import { openFleet } from '../../server/protocol/fleet/fleet.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const say = findings('Reader station');
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const LIST = z.record(z.string(), z.string());

/** The certificate a reader station shows, whether the gateway knows it, and its credential for emergencies. `now` in unix ms. */
export async function checkStation(place: Place, anchors: Anchors, now: number): Promise<Finding[]> {
  const { station } = place;
  if (!station) return [];
  return [await certificate(place, station, anchors, now), ...(await link(station, anchors, now))];
}

async function certificate(
  { config }: Place,
  { label, cert }: NonNullable<Place['station']>,
  anchors: Anchors,
  now: number,
): Promise<Finding> {
  const anew = `have the service authority issue ${cert} anew, and add the station with it`;
  try {
    const shown = new X509Certificate(readFileSync(cert));
    const days = Math.floor((shown.validToDate.getTime() - now) / DAY_MS);
    if (days < 0) return say.fault(label, 'its certificate has expired', anew);
    const service = new X509Certificate(readFileSync(join(config.trust, 'ca', 'service-ca.cert.pem')));
    if (!shown.checkIssued(service) || !shown.verify(service.publicKey))
      return say.fault(label, 'its certificate is not by the service authority', anew);
    const fingerprint = shown.fingerprint256.replaceAll(':', '').toLowerCase();
    const known = await stationsOf(config, anchors);
    if (known.get(fingerprint) !== label)
      return say.fault(
        label,
        'its certificate is on no list: the gateway turns it away',
        'add it: node clients/authority/admin.ts add-station',
      );
    return days < SOON_DAYS
      ? say.warning(label, `its certificate expires in ${days} days`, anew)
      : say.ok(label, `is known, and its certificate good for ${days} days`);
  } catch (error) {
    return say.fault(label, `its certificate cannot be checked: ${reasonOf(error)}`, anew);
  }
}

/** Fingerprint to label: from the authority's list where there is one, as the gateway does it. */
async function stationsOf(
  { trust, hospital }: Place['config'],
  anchors: Anchors,
): Promise<ReadonlyMap<string, unknown>> {
  const listed = join(trust, 'fleet.bin');
  if (!existsSync(listed))
    return new Map(
      Object.entries(LIST.parse(JSON.parse(readFileSync(join(hospital, 'stations.json'), 'utf8')))),
    );
  const { stations } = await openFleet(nodeCrypto, new Uint8Array(readFileSync(listed)), anchors.authorities);
  return new Map(stations.flatMap(({ label, certificates }) => certificates.map((one) => [hex(one), label])));
}

async function link(
  { emergency }: NonNullable<Place['station']>,
  anchors: Anchors,
  now: number,
): Promise<Finding[]> {
  if (!emergency)
    return [
      say.warning(
        'emergency door',
        'is not set up: no safe mode while the gateway is away',
        'give the station its "emergency" settings',
      ),
    ];
  const mend = 'have the authority certify the station’s link key anew';
  try {
    const bytes = new Uint8Array(readFileSync(emergency.linkCredential));
    const { notAfter } = await openCredential(nodeCrypto, bytes, anchors.authorities);
    const days = Math.floor((notAfter * 1000 - now) / DAY_MS);
    if (days < 0) return [say.fault('emergency door', 'the credential of its link has ended', mend)];
    return [
      days < SOON_DAYS
        ? say.warning('emergency door', `the credential of its link ends in ${days} days`, mend)
        : say.ok('emergency door', `the credential of its link is good for ${days} days`),
    ];
  } catch (error) {
    return [say.fault('emergency door', `its link credential does not hold: ${reasonOf(error)}`, mend)];
  }
}
