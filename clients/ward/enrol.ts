import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { parseSign1 } from '../../server/protocol/encoding/cose.ts';
import { MAX_PROFILE } from '../../server/protocol/profile.ts';
import { certificateOf, Enrolled } from '../authority/enrolled.ts';
import { nodeCrypto } from '../common/process/crypto.ts';

const DEVICES = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    serial: z.string(),
    transport: z.enum(['websocket', 'nfc']),
    profile: z.string(),
    identity: z.string(),
  }),
);

/**
 * Enrols the ward's devices and its reader station at the authority, as if operators had approved them. Who is
 * enrolled stays as operators left it, and may show a certificate that was made anew.
 */
export function enrolWard(folder: string, now: number): void {
  const keys = (...parts: string[]): string => join(folder, 'keys', ...parts);
  const enrolled = new Enrolled(join(folder, 'authority', 'devices'));
  const read = DEVICES.parse(JSON.parse(readFileSync(keys('public', 'devices.json'), 'utf8')));
  for (const { id, name, serial, transport, profile, identity } of read) {
    const certificate = certificateOf(readFileSync(keys('devices', name, 'tls.cert.pem'), 'utf8'));
    const before = enrolled.find(id);
    if (before) {
      const known = before.certificates.some(({ fingerprint }) => fingerprint === certificate.fingerprint);
      const ours = before.identity === identity && !enrolled.removed(id);
      if (ours && !known) enrolled.keep({ ...before, certificates: [...before.certificates, certificate] });
      continue;
    }
    const signed = new Uint8Array(readFileSync(keys('public', profile)));
    const { payload } = parseSign1(signed, 'profile', MAX_PROFILE, 'E_PROFILE');
    enrolled.keep({
      id,
      serial,
      name,
      site: 'ward',
      transport,
      posture: 'enrolled',
      profile: hex(nodeCrypto.sha256(payload)),
      identity,
      decided: now,
      certificates: [certificate],
    });
  }
  for (const label of readdirSync(keys()).filter((name) => /^station-\d+$/u.test(name))) {
    if (enrolled.stations().some((station) => station.label === label)) continue;
    const certificate = certificateOf(readFileSync(keys(label, 'tls.cert.pem'), 'utf8'));
    enrolled.keepStation({ label, certificates: [certificate] });
  }
}
