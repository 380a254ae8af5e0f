import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Clinician } from './clinician.ts';
import { softwarePasskey } from './passkey.ts';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { TabletKey } from '../common/link/dpop.ts';
import { wardTokens } from './sign-in.ts';
import { people, type PersonName } from './people.ts';

/** Signs one of the simulated people in at the gateway of a running ward. Throws Error when the ward is not there. */
export async function takeSeat(
  folder: string,
  name: PersonName,
  port = keptPort(folder),
): Promise<Clinician> {
  const person = people(folder)[name];
  const host = `gate.localhost:${port}`;
  return Clinician.signIn({
    gateway: `http://127.0.0.1:${port}`,
    host,
    origin: person.origin,
    passkey: softwarePasskey(person),
    key: new TabletKey(readFileSync(join(folder, 'keys', tabletKeyOf(`tablet-${name}`)), 'utf8')),
    tokens: wardTokens(folder, name, host),
    anchors: new Uint8Array(readFileSync(join(folder, 'keys', 'public', 'anchors.bin'))),
  });
}

/** The port of people, as the ward in this folder keeps it. */
function keptPort(folder: string): number {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8'));
    return z.object({ 'gateway-clinicians': z.int() }).parse(kept)['gateway-clinicians'];
  } catch {
    throw new Error(`there is no ward in ${folder}: start one with npm start`);
  }
}
