import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { TabletKey } from '../../common/link/dpop.ts';
import type { Seat } from '../../ward/clinician.ts';

import { softwarePasskey } from '../../ward/passkey.ts';
import { audienceOf, signInAt, type TokenSource } from '../../ward/sign-in.ts';

const path = z.string().min(1);
/** A sign-in page takes its time; a program that hangs is none. */
const TOKEN_MS = 20_000;
/** What a clinician asks for: to read, and to have commands signed. */
const SCOPE = 'read command';

const SIGN_IN = z.union(
  [
    z
      .strictObject({
        program: z.array(z.string().min(1)).min(1),
      })
      .describe(
        'A program that signs in at your issuer and prints an access token, bound to the thumbprint it is given.',
      ),
    z
      .strictObject({ issuer: z.url(), client: z.string().min(1), redirectUri: z.url(), login: path })
      .describe('The issuer of this project, and PEM of the passkey for its page.'),
  ],
  { error: 'expected { program } or { issuer, client, redirectUri, login }' },
);

const CLINICIAN = z.strictObject({
  passkey: path.describe(
    'PEM of the P-256 key behind the signing passkey: certified as software, for tests.',
  ),
  origin: z.url().describe('The signing page it belongs to, as the anchors name it.'),
  tablet: path.describe('PEM of the key of an enrolled tablet.'),
  signIn: SIGN_IN,
});

/** The clinicians that the kit plays, and where their tablets ask. */
export const CLINICIANS = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\/[^/]+$/u, 'expected https://NAME:PORT')
    .describe('Where tablets ask.'),
  host: z.string().min(1).optional().describe('The name in its tokens, where `url` is an address.'),
  first: CLINICIAN.describe('A clinician who cares for the patient of `device`.'),
  second: CLINICIAN.optional().describe('Another one, on the other signing page and another tablet.'),
});

export type Role = 'first' | 'second';
/** Whom the kit can play; nobody for whom there is no key. */
export type Seats = Readonly<Partial<Record<Role, Seat>>>;

/** Reads the keys of everybody who is declared. Throws Error for a key that is none, or a passkey without a page. */
export function seatsOf(
  said: z.output<typeof CLINICIANS>,
  text: (name: string) => string,
  anchors: Bytes,
): Seats {
  const { url: gateway, host = new URL(said.url).host, first, second } = said;
  const seat = ({ passkey, origin, tablet, signIn }: z.output<typeof CLINICIAN>): Seat => {
    const key = new TabletKey(text(tablet));
    return {
      gateway,
      host,
      origin,
      passkey: softwarePasskey({ key: text(passkey), origin, rpId: new URL(origin).hostname }),
      key,
      tokens: 'program' in signIn ? printed(signIn.program) : signedIn(signIn, { host, key, text }),
      anchors,
    };
  };
  return { first: seat(first), ...(second && { second: seat(second) }) };
}

/** Tokens of a program: it is asked again when the last one is old, and always signs in freshly. */
function printed([program = '', ...args]: readonly string[]): TokenSource {
  return {
    scope: SCOPE,
    freshen: () => false,
    async token(jkt) {
      const { stdout } = await promisify(execFile)(program, [...args, jkt], { timeout: TOKEN_MS }).catch(
        (error: unknown) => {
          throw new Error(
            `${program} gave no token: ${error instanceof Error ? error.message : String(error)}`,
          );
        },
      );
      const token = stdout.trim();
      if (!/^[\w-]+\.[\w-]+\.[\w-]+$/u.test(token))
        throw new Error(`${program} printed something else than a token`);
      return token;
    },
  };
}

function signedIn(
  { issuer, client, redirectUri, login }: Extract<z.output<typeof SIGN_IN>, { issuer: string }>,
  {
    host,
    key,
    text,
  }: { readonly host: string; readonly key: TabletKey; readonly text: (name: string) => string },
): TokenSource {
  const passkey = softwarePasskey({ key: text(login), origin: issuer, rpId: new URL(issuer).hostname });
  return signInAt({
    issuer,
    client,
    redirectUri,
    audience: audienceOf(host),
    scope: SCOPE,
    login: passkey,
    key,
  });
}
