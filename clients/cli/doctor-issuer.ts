import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { text } from '../../server/protocol/encoding/bytes.ts';
import { ask, manners, silent } from './doctor-ask.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const say = findings('Token issuer');
const METADATA = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const KEYS = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string(), crv: z.string().optional() })) });
/** What the gateway verifies tokens with (ES256, EdDSA). */
const CURVES: readonly (string | undefined)[] = ['P-256', 'Ed25519'];

/** Is the token issuer there, is it the one that is configured, and has it a key that the gateway takes? */
export async function checkIssuer(place: Place, now: () => number): Promise<Finding[]> {
  const { issuer } = place.config;
  if (!issuer)
    return [say.fault('issuer', 'none is set up: nobody can sign in', 'set issuer.url and issuer.audience')];
  if (issuer.jwks !== undefined) return [fromFile(issuer.jwks)];
  const at = `${issuer.url.replace(/\/$/u, '')}/.well-known/openid-configuration`;
  try {
    const answer = await ask(at);
    const told = METADATA.safeParse(json(answer.body));
    const clock = manners(say, 'issuer', answer, now());
    if (!told.success)
      return [...clock, say.fault('issuer', `${at} is no metadata of an issuer`, 'correct issuer.url')];
    if (told.data.issuer !== issuer.url) {
      const says = `it calls itself ${told.data.issuer}, and its tokens will too`;
      return [...clock, say.fault('issuer', says, `set issuer.url to exactly that, if it is the right one`)];
    }
    const keys = judge(json((await ask(told.data.jwks_uri)).body), told.data.jwks_uri);
    return [say.ok('issuer', `${issuer.url} answers`), ...clock, keys];
  } catch (error) {
    return [silent(say, 'issuer', issuer.url, error, place)];
  }
}

function fromFile(file: string): Finding {
  try {
    return judge(JSON.parse(readFileSync(file, 'utf8')), file);
  } catch (error) {
    return say.fault(
      'keys',
      `${file} cannot be read: ${reasonOf(error)}`,
      'copy the issuer’s key set there again',
    );
  }
}

function judge(set: unknown, where: string): Finding {
  const read = KEYS.safeParse(set);
  const usable = read.data?.keys.filter(({ crv }) => CURVES.includes(crv)).length ?? 0;
  return usable > 0
    ? say.ok('keys', `${usable} that the gateway takes`)
    : say.fault(
        'keys',
        `${where} has no key for ES256 or EdDSA`,
        'give the issuer a P-256 or Ed25519 signing key',
      );
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(text(body));
  } catch {
    return undefined;
  }
}
