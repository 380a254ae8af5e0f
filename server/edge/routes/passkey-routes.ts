import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import { json, type Route, shape, withToken } from './route.ts';

const PASSKEYS = z.strictObject({
  passkeys: z
    .array(z.string())
    .describe('Credentials (COSE_Sign1 by the authority), base64url; a page verifies them itself.'),
});

/**
 * A browser does not tell a page the public key of a passkey that was made elsewhere; so a tablet asks which ones its person
 * has, and finds out which of them has signed.
 */
export const PASSKEY_ROUTES: readonly Route[] = [
  withToken({
    method: 'get',
    path: '/v1/passkeys',
    says: 'The certified signing passkeys of whoever is signed in.',
    answers: { 200: shape('Their credentials.', PASSKEYS) },
    handle: ({ desk, token }) => json(200, { passkeys: desk.signIn.passkeys(token).map(base64url) }),
  }),
];
