import { signIn, type Tokens } from './tokens.ts';
import type { World } from './world.ts';

/**
 * The issuer's page in a second window, until the person has signed in there. @param link what it makes a passkey with
 * first: it stands behind the #, where no server sees it
 */
export function signInWindow(
  { place, key }: World,
  scope: string,
  given: AbortSignal,
  link?: string,
): Promise<Tokens> {
  const at = {
    issuer: place.issuer.url,
    client: place.issuer.client,
    redirectUri: `${location.origin}/signed-in`,
    audience: `${place.gateway}/v1`,
    scope,
  };
  return signIn(at, key, given, link === undefined ? '' : new URL(link).hash);
}
