import { createLocalJWKSet, type JWK, type LocalJWKSet } from 'jose';
import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import { type Json, parseStrictJson } from '../protocol/encoding/strict-json.ts';
import { isObject, type JsonObject } from './jwt-shape.ts';

export interface IssuerKeysRules {
  /** The issuer's identifier: exactly what tokens say in `iss`. */
  readonly issuer: string;
  /** Reads a document of at most `MAX_DOCUMENT` bytes, following no redirect. Throws when it cannot. */
  readonly fetch: (url: string, most: number) => Promise<Bytes>;
  /** Reads the key set from a file instead, where the hospital keeps one. */
  readonly pinned?: () => Promise<Bytes>;
  /** Milliseconds of any clock that only goes forward. */
  readonly monotonic: () => number;
  /** Told when the keys in force have changed: what was verified with the old ones has to be verified anew. */
  readonly changed: () => void;
}

/** A set of keys with certificates is a few KiB. */
const MAX_DOCUMENT = 64 * 1024;
const MAX_KEYS = 32;
/** A key that the issuer withdrew is gone here after this. */
const REFRESH_MS = 60_000;
/** However many tokens name unknown keys, the issuer is asked no more often than this. */
const COOL_DOWN_MS = 5_000;
/** A lost issuer takes nobody's keys away for a shift; longer than that nobody could withdraw one. */
const KEPT_MS = 12 * 3_600_000;

/**
 * The issuer's public keys, from the `jwks_uri` of its metadata (RFC 8414, OpenID Connect Discovery), kept while the
 * issuer is away. Where keys come from is this gateway's configuration alone: nothing in a token is followed.
 */
export class IssuerKeys {
  readonly #rules: IssuerKeysRules;
  #find: LocalJWKSet | undefined;
  #document: Bytes | undefined;
  #fetched = -Infinity;
  #asked = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(rules: IssuerKeysRules) {
    this.#rules = rules;
  }

  /** Asks the issuer when its keys are a minute old. Throws what kept it from being asked; the keys held stay. */
  async refresh(): Promise<void> {
    if (this.#rules.monotonic() - this.#fetched < REFRESH_MS) return;
    await this.#ask();
  }

  /** For `jwtVerify`: the key a header names. An unknown name asks the issuer, now and then. Throws Refusal E_TOKEN_KEY. */
  readonly find = async (...[header, token]: Parameters<LocalJWKSet>): Promise<CryptoKey> => {
    try {
      return await this.#held(header, token);
    } catch (error) {
      const before = this.#fetched;
      await this.#ask().catch(() => undefined);
      if (this.#fetched === before) throw error;
      return this.#held(header, token);
    }
  };

  async #held(...asked: Parameters<LocalJWKSet>): Promise<CryptoKey> {
    if (!this.#find || this.#rules.monotonic() - this.#fetched > KEPT_MS)
      throw new Refusal('E_TOKEN_KEY', 'no keys of the issuer: it was not reached', 'issuer');
    return this.#find(...asked);
  }

  #ask(): Promise<void> {
    const now = this.#rules.monotonic();
    if (this.#asking) return this.#asking;
    if (now - this.#asked < COOL_DOWN_MS) return Promise.resolve();
    this.#asked = now;
    this.#asking = this.#load().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #load(): Promise<void> {
    const document = await (this.#rules.pinned ?? (() => this.#published()))();
    if (!this.#document || !equal(document, this.#document)) {
      this.#find = createLocalJWKSet({ keys: keysOf(document) });
      this.#document = document;
      this.#rules.changed();
    }
    this.#fetched = this.#rules.monotonic();
  }

  async #published(): Promise<Bytes> {
    const { issuer, fetch } = this.#rules;
    const at = `${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`;
    const metadata = parseStrict(await fetch(at, MAX_DOCUMENT), at);
    if (metadata['issuer'] !== issuer) throw new Error(`${at}: speaks of another issuer than ${issuer}`);
    const { jwks_uri: uri } = metadata;
    if (typeof uri !== 'string' || !URL.canParse(uri)) throw new Error(`${at}: names no jwks_uri`);
    if (new URL(issuer).protocol === 'https:' && new URL(uri).protocol !== 'https:')
      throw new Error(`${at}: its jwks_uri is not https`);
    return fetch(uri, MAX_DOCUMENT);
  }
}

/** The public signature keys of a set that are of a kind used here; others are none of ours. */
function keysOf(document: Bytes): JWK[] {
  const { keys } = parseStrict(document, 'the key set');
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('the key set holds no list of keys');
  return keys.flatMap((key: Json): JWK[] => {
    if (!isObject(key) || typeof key['kid'] !== 'string') return [];
    const { kid, kty, crv, x, y, use } = key;
    if (use !== undefined && use !== 'sig') return [];
    if (kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string')
      return [{ kid, kty, crv, x, y, alg: 'ES256', use: 'sig' }];
    if (kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string')
      return [{ kid, kty, crv, x, use: 'sig' }];
    return [];
  });
}

/** One meaning for each document: a member that comes twice is refused. */
function parseStrict(bytes: Bytes, what: string): JsonObject {
  let value: Json | undefined;
  try {
    value = parseStrictJson(bytes);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : 'not JSON'}`, { cause: error });
  }
  if (!isObject(value)) throw new Error(`${what}: not an object`);
  return value;
}
