import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { ROLE } from '../protocol/credential.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Json } from '../protocol/encoding/strict-json.ts';
import { ALGORITHMS } from './dpop.ts';
import { isObject, type JsonObject, takeJwt } from './jwt-shape.ts';

/** What a verified access token says (RFC 9068 with RFC 9449). It lets its holder talk, and read nothing yet. */
export interface AccessToken {
  /** The claim that names the person: a credential's subject, 16 bytes in lower-case hexadecimal. */
  readonly subject: string;
  readonly client: string;
  /** Bits of ROLE. */
  readonly roles: number;
  readonly scope: ReadonlySet<string>;
  /** The only devices (EUI-64, hexadecimal) it is for, where it was narrowed (RFC 9396); all others otherwise. */
  readonly devices: ReadonlySet<string> | undefined;
  /** Thumbprint (RFC 7638, base64url) of the tablet's key. */
  readonly jkt: string;
  /** How and when (Unix ms) the person signed in. */
  readonly acr: string;
  readonly authTime: number;
  /** Unix ms. */
  readonly issued: number;
  readonly expires: number;
}

export interface TokenRules {
  readonly issuer: string;
  /** The gateway's API base. */
  readonly audience: string;
  /** The claim that holds the subject; `sub` unless another provider puts it elsewhere. */
  readonly subjectClaim: string;
  readonly keys: JWTVerifyGetKey;
  /** Unix ms. */
  readonly now: () => number;
}

/** A token with roles, scope and details of one command is under 2 KiB. */
const MAX_TOKEN = 4_096;
/** `x5t` names a certificate by its hash; it is no place to fetch a key from. */
const HEADER = new Set(['alg', 'typ', 'kid', 'x5t', 'x5t#S256']);
const TOLERANCE_SECONDS = 5;
const MAX_LIFE_SECONDS = 300;
const REQUIRED = [
  'iss',
  'aud',
  'exp',
  'iat',
  'jti',
  'client_id',
  'auth_time',
  'acr',
  'scope',
  'roles',
  'cnf',
];
const SUBJECT = /^[0-9a-f]{32}$/u;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/u;
const SCOPE = /^[!#-[\]-~]+(?: [!#-[\]-~]+){0,31}$/u;
const PEOPLE = ['clinician', 'second', 'emergency', 'auditor', 'operator', 'maker', 'patient'] as const;

/**
 * Verifies an access token as RFC 9068 section 4 and RFC 8725 ask: one type, two algorithms, exact issuer and
 * audience, a key of the issuer's own set, every claim there, at most five minutes of life. Throws Refusal
 * E_TOKEN_MALFORMED, _TYP, _ALG, _KEY, _SIG, _AUD or _EXPIRED.
 */
export async function verifyAccessToken(token: string, rules: TokenRules): Promise<AccessToken> {
  const { header, claims } = takeJwt(token, MAX_TOKEN, HEADER, 'E_TOKEN_MALFORMED');
  if (typeof header['kid'] !== 'string' || header['kid'].length > 128)
    throw new Refusal('E_TOKEN_KEY', 'the token names no key', 'token.header.kid');
  try {
    await jwtVerify(token, rules.keys, {
      algorithms: ALGORITHMS,
      typ: 'at+jwt',
      issuer: rules.issuer,
      audience: rules.audience,
      requiredClaims: [...REQUIRED, rules.subjectClaim],
      maxTokenAge: MAX_LIFE_SECONDS,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(rules.now()),
    });
  } catch (error) {
    throw refusalOf(error);
  }
  return read(claims, rules.subjectClaim);
}

function read(claims: JsonObject, subjectClaim: string): AccessToken {
  const issued = seconds(claims, 'iat');
  const expires = seconds(claims, 'exp');
  if (expires <= issued || expires - issued > MAX_LIFE_SECONDS)
    throw malformed('lives longer than five minutes', 'exp');
  const subject = string(claims, subjectClaim, SUBJECT);
  const cnf = claims['cnf'];
  if (!isObject(cnf)) throw malformed('bound to no key', 'cnf');
  string(claims, 'jti', /^[ -~]{8,128}$/u);
  return {
    subject,
    client: string(claims, 'client_id', /^[ -~]{1,200}$/u),
    roles: rolesOf(claims['roles']),
    scope: new Set(string(claims, 'scope', SCOPE).split(' ')),
    devices: devicesOf(claims['authorization_details']),
    jkt: string(cnf, 'jkt', THUMBPRINT),
    acr: string(claims, 'acr', /^[!-~]{1,200}$/u),
    authTime: seconds(claims, 'auth_time') * 1000,
    issued: issued * 1000,
    expires: expires * 1000,
  };
}

/** Bits of the roles that are known here; an issuer may know more of them than a gateway does. */
function rolesOf(value: Json | undefined): number {
  if (!Array.isArray(value) || value.length > 32) throw malformed('expected names of roles', 'roles');
  let bits = 0;
  for (const role of PEOPLE) if (value.includes(role)) bits |= ROLE[role];
  return bits;
}

/** Details of a kind that is not known here would narrow the token in a way that nobody keeps: it is refused. */
function devicesOf(value: Json | undefined): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0 || value.length > 16)
    throw malformed('expected details', 'authorization_details');
  const details: readonly Json[] = value;
  const all = details.map((detail) => {
    if (!isObject(detail) || detail['type'] !== 'countersign-devices' || Object.keys(detail).length !== 2)
      throw malformed('details that are not known here', 'authorization_details');
    return string(detail, 'identifier', /^[0-9a-f]{16}$/u);
  });
  return new Set(all);
}

function seconds(claims: JsonObject, name: string): number {
  const value = claims[name];
  if (typeof value !== 'number' || value < 0) throw malformed('expected seconds', name);
  return value;
}

function string(claims: JsonObject, name: string, fits: RegExp): string {
  const value = claims[name];
  if (typeof value !== 'string' || !fits.test(value)) throw malformed('does not fit', name);
  return value;
}

const malformed = (why: string, claim: string): Refusal =>
  new Refusal('E_TOKEN_MALFORMED', why, `token.claims.${claim}`);

/** What `jose` found, in the words of the refusal table. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  if (error instanceof errors.JWTExpired)
    return new Refusal('E_TOKEN_EXPIRED', 'too old', 'token.claims.exp');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const at = `token.claims.${error.claim}`;
    if (error.reason === 'missing') return new Refusal('E_TOKEN_MALFORMED', 'a claim is missing', at);
    if (error.claim === 'typ') return new Refusal('E_TOKEN_TYP', 'not an access token', 'token.header.typ');
    if (error.claim === 'aud') return new Refusal('E_TOKEN_AUD', 'for another audience', at);
    if (error.claim === 'iss') return new Refusal('E_TOKEN_KEY', 'from another issuer', at);
    return new Refusal('E_TOKEN_MALFORMED', 'a claim does not hold', at);
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new Refusal('E_TOKEN_ALG', 'an algorithm that is not accepted', 'token.header.alg');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new Refusal('E_TOKEN_SIG', 'the signature does not verify', 'token');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return new Refusal('E_TOKEN_KEY', 'not a key of the issuer', 'token.header.kid');
  if (error instanceof errors.JOSEError)
    return new Refusal('E_TOKEN_MALFORMED', 'not a token as it is taken here', 'token');
  return error;
}
