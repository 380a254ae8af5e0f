import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { credentialOf } from '../../certs/clinicians.ts';
import { hex, unbase64url, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import { readCredential, ROLE } from '../../server/protocol/credential.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { Accounts } from '../issuer/accounts.ts';
import { ROLES } from '../issuer/config.ts';
import { GatewayHttp } from './gateway-http.ts';
import { seatOf, takeSeat } from './seats.ts';

/** Who a visitor can be, and the host whose page they sign on. */
export const VISITORS = {
  'dr-a': { host: 'sign-a.localhost', name: 'Dr Ada Okafor' },
  'dr-b': { host: 'sign-b.localhost', name: 'Dr Ben Lindqvist' },
  auditor: { host: 'audit.localhost', name: 'Amir Haddad' },
} as const;

/** What a page asks for: whom its visitor plays, the tablet's key, and the signing passkey they made on that page. */
export const VISIT = z.strictObject({
  person: z.enum(['dr-a', 'dr-b', 'auditor']),
  /** Thumbprint (RFC 7638) of the tablet's key, base64url. */
  jkt: z.string().regex(/^[A-Za-z0-9_-]{43}$/u),
  /** COSE_Key of the passkey, base64url. */
  passkey: z.string().regex(/^[A-Za-z0-9_-]{60,200}$/u),
  /** Whether the browser says that the passkey may be copied (BE). */
  copyable: z.boolean(),
});
export type Visit = z.infer<typeof VISIT>;

/** What the page tells its visitor. */
export interface Welcome {
  readonly name: string;
  /** Where they make the other passkey, for signing in: good once, for a quarter of an hour. */
  readonly signInLink: string;
  /** Name of the tablet from now on. */
  readonly tablet: string;
}

export interface ReceptionParts {
  /** Folder of the ward. */
  readonly folder: string;
  readonly issuer: string;
  /** Unix ms. */
  readonly now: () => number;
}

/** The authority works once a second and the gateway asks every two; a busy machine takes longer. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 250;

/**
 * SIMULATION ONLY. Does for a visitor what people of a hospital would do on the first day of a colleague: an operator enrols
 * the tablet by a signed statement, an officer asks the authority to certify the passkey, and the help desk hands out a link
 * for the sign-in page. It holds no key but the simulated operator's, and every step is the real one.
 */
export async function welcome(visit: Visit, { folder, issuer, now }: ReceptionParts): Promise<Welcome> {
  const { person, jkt } = visit;
  const { name } = VISITORS[person];
  const tablet = `visitor-${jkt.replaceAll(/[^A-Za-z0-9]/gu, '').slice(0, 8)}`;
  await enrol(folder, tablet, jkt);
  await certify(folder, visit);
  const { subject, roles } = bearer(folder, person);
  const held = ROLES.element.options.filter((role) => (roles & ROLE[role]) !== 0);
  const accounts = new Accounts(join(folder, 'issuer'));
  const secret = accounts.link({ subject: hex(subject), name, roles: held }, now());
  return { name, tablet, signInLink: `${issuer}/register#${secret}` };
}

/** The operator enrols the tablet at the gateway; one that is enrolled stays so. */
async function enrol(folder: string, tablet: string, jkt: string): Promise<void> {
  const operator = await takeSeat(folder, 'operator');
  try {
    const listed = z.object({ tablets: z.array(z.object({ jkt: z.string() })) });
    const { tablets } = listed.parse(await operator.get('/v1/tablets'));
    if (tablets.some((one) => one.jkt === jkt)) return;
    const detail = new Map<number, string | Uint8Array>([
      [1, 'tablet'],
      [2, tablet],
      [3, unbase64url(jkt)],
    ]);
    await operator.post('/v1/tablets', 'enrolment', detail);
  } finally {
    operator.close();
  }
}

/** Asks the authority for a credential, and waits until the gateway has it. */
async function certify(folder: string, { person, passkey, copyable }: Visit): Promise<void> {
  const coseKey = unbase64url(passkey);
  const { kid } = parseCoseKey(nodeCrypto.sha256, coseKey, 'passkey');
  const name = `visitor-${hex(kid).slice(0, 16)}`;
  const { subject, roles } = bearer(folder, person);
  const request = {
    subject: hex(subject),
    roles: Object.entries(ROLE).flatMap(([role, bit]) => ((roles & bit) === 0 ? [] : [role])),
    coseKey: hex(coseKey),
    rpId: VISITORS[person].host,
    days: 30,
    backupEligible: copyable,
  };
  const file = join(folder, 'authority', 'requests', `${name}.json`);
  mkdirSync(join(folder, 'authority', 'requests'), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) keepFile(file, utf8(JSON.stringify(request)));
  const gateway = new GatewayHttp(seatOf(folder, person));
  const until = performance.now() + PATIENCE_MS;
  while (!(await knows(gateway, kid))) {
    if (performance.now() > until) throw new Error('the gateway does not know the passkey yet');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Has the gateway taken the credential up? It says so to whoever holds a token of the same person. */
async function knows(gateway: GatewayHttp, kid: Uint8Array): Promise<boolean> {
  const listed = z.object({ passkeys: z.array(z.string()) });
  const { passkeys } = listed.parse(await gateway.json('GET', '/v1/passkeys'));
  return passkeys.some((one) => {
    const { said } = readCredential(nodeCrypto, unbase64url(one));
    return hex(said.key.kid) === hex(kid);
  });
}

/** The simulated person whose place the visitor takes: pseudonym and roles are those of the ward's own credential. */
function bearer(folder: string, person: Visit['person']) {
  const bytes = new Uint8Array(readFileSync(join(folder, 'keys', credentialOf(person))));
  return readCredential(nodeCrypto, bytes).said;
}
