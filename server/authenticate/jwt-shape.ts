import { type Bytes, unbase64url } from '../protocol/encoding/bytes.ts';
import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import { type Json, parseStrictJson } from '../protocol/encoding/strict-json.ts';

export type JsonObject = Readonly<Record<string, Json>>;

/** A compact JWS taken apart, before anything in it is believed. */
export interface JwtShape {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/**
 * Takes a compact JWT (RFC 7519) apart so that every reader of the same bytes sees the same: three canonical
 * base64url parts, UTF-8 JSON objects, each member once. Throws Refusal with `code` for anything else, for a
 * nested token (RFC 8725 section 2.8 is easiest kept by not speaking it) and for a header member that is not
 * in `members`: `jku`, `x5u`, `crit` or `zip` are not ignored here, but refused.
 */
export function takeJwt(
  token: string,
  most: number,
  members: ReadonlySet<string>,
  code: RefusalCode,
): JwtShape {
  const refuse = (why: string, at: string): never => {
    throw new Refusal(code, why, at);
  };
  if (token.length > most) refuse('longer than any that is issued', 'token');
  const parts = token.split('.');
  if (parts.length !== 3) refuse('not three parts', 'token');
  const object = (part: string | undefined, at: string): JsonObject => {
    let value: Json;
    try {
      value = parseStrictJson(bytesOf(part ?? ''));
    } catch {
      return refuse('not an object whose members come once', at);
    }
    return isObject(value) ? value : refuse('not an object', at);
  };
  const header = object(parts[0], 'token.header');
  for (const name of Object.keys(header))
    if (!members.has(name)) refuse('a header member that is not taken here', `token.header.${name}`);
  // Where it is missing, verification says so; there is one spelling of the one that is there.
  if (parts[2] !== '' && !isCanonical(parts[2] ?? ''))
    refuse('a signature in another spelling', 'token.signature');
  return { header, claims: object(parts[1], 'token.claims') };
}

function isCanonical(part: string): boolean {
  try {
    unbase64url(part);
    return true;
  } catch {
    return false;
  }
}

/** True for a JSON object. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && !Array.isArray(value);

function bytesOf(part: string): Bytes {
  if (part === '') throw new RangeError('an empty part');
  return unbase64url(part);
}
