import { base64url, type Bytes } from '../check/bytes.ts';
import type { TabletKey } from './key.ts';
import { object, textIn } from './said.ts';

/** The simulated hospital did not let somebody in. */
export class NotLetIn extends Error {}

const WAIT_MS = 60_000;

/**
 * SIMULATION ONLY: asks the reception of the ward to enrol this tablet and to certify a passkey for the second clinician.
 * Returns the secret of their link for signing in, with its #: it is good once. Throws NotLetIn.
 *
 * @param passkey COSE_Key
 */
export async function askReception(
  reception: string,
  { jkt }: TabletKey,
  { key, copyable }: { readonly key: Bytes; readonly copyable: boolean },
): Promise<string> {
  try {
    const response = await fetch(`${reception}/v1/visitors`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ person: 'dr-b', jkt, passkey: base64url(key), copyable }),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (response.ok) return new URL(textIn(object(await response.json(), 'reception'), 'signInLink')).hash;
  } catch {
    // It is away, or says what nobody understands: the same to who waits.
  }
  throw new NotLetIn();
}
