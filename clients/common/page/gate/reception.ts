import * as z from 'zod/mini';
import { base64url } from '../../../../server/protocol/encoding/bytes.ts';
import { read } from './json.ts';
import type { NewPasskey } from './passkey.ts';

const WELCOME = z.object({ signInLink: z.string() });

/**
 * Asks the reception of a simulated ward to let this page's key and passkey in for one of its people. Returns the address at
 * which that person makes the passkey for signing in; it is good once. Throws Error when the reception is away or says no.
 */
export async function askReception(
  reception: string,
  person: string,
  jkt: string,
  { coseKey, copyable }: NewPasskey,
): Promise<string> {
  const answer = await fetch(`${reception}/v1/visitors`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ person, jkt, passkey: base64url(coseKey), copyable }),
  });
  if (!answer.ok) throw new Error('the reception says no');
  return read(WELCOME, await answer.json(), 'the reception').signInLink;
}
