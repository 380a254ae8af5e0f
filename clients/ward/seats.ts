import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Clinician, type Seat } from './clinician.ts';
import { softwarePasskey } from './passkey.ts';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { TabletKey } from '../common/link/dpop.ts';
import { audienceOf, signInAt } from './sign-in.ts';
import { loginOf, people, type PersonName, signs } from './people.ts';
import { ISSUER_NAME, PROGRAM } from './plan.ts';

/**
 * Signs one of the simulated people in at the gateway of a running ward, at their own tablet or another. Throws Error
 * when the ward is not there.
 */
export const takeSeat = (
  folder: string,
  name: PersonName,
  port?: number,
  tablet?: string,
): Promise<Clinician> => Clinician.signIn(seatOf(folder, name, port, tablet));

/** Where one of the simulated people sits in a running ward. Throws Error when the ward is not there. */
export function seatOf(
  folder: string,
  name: PersonName,
  port = keptPort(folder, 'gateway-clinicians'),
  tablet = `tablet-${name}`,
): Seat {
  const person = people(folder)[name];
  const host = `gate.localhost:${port}`;
  const key = new TabletKey(readFileSync(join(folder, 'keys', tabletKeyOf(tablet)), 'utf8'));
  const issuer = `http://${ISSUER_NAME}:${keptPort(folder, 'issuer')}`;
  return {
    gateway: `http://127.0.0.1:${port}`,
    host,
    origin: person.origin,
    passkey: softwarePasskey(person),
    key,
    tokens: signInAt({
      issuer,
      ...PROGRAM,
      audience: audienceOf(host),
      scope: signs(name) ? 'read command' : 'read',
      login: softwarePasskey(loginOf(folder, name, issuer)),
      key,
    }),
    anchors: new Uint8Array(readFileSync(join(folder, 'keys', 'public', 'anchors.bin'))),
  };
}

/** A port of the ward in this folder, as it keeps it. */
function keptPort(folder: string, name: string): number {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8'));
    const port = z.record(z.string(), z.int()).parse(kept)[name];
    if (port !== undefined) return port;
  } catch {
    // Said below.
  }
  throw new Error(`there is no ward in ${folder}: start one with npm start`);
}
