import { base64url, utf8 } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import { type AccessToken, type TokenRules, verifyAccessToken } from './access-token.ts';
import { checkProof, type DpopRules } from './dpop.ts';

/** Token and proof of one request, as the edge took them from it. */
export interface Credentials {
  readonly token: string;
  readonly proof: string;
  readonly method: string;
  /** Path of the request, without query. */
  readonly path: string;
}

export interface TokensRules extends TokenRules, DpopRules {
  readonly sha256: Sha256;
}

/** Signed-in people, and one token ahead for each. */
const MAX_CACHED = 8_192;

/** Who talks: verified tokens, each proven to be in the hands of the tablet it was issued to. */
export class Tokens {
  readonly #rules: TokensRules;
  /** By hash of the token; what changes with time is asked each time. */
  readonly #verified = new Map<string, AccessToken>();

  constructor(rules: TokensRules) {
    this.#rules = rules;
  }

  /** The nonce that the next proof is to be made over. */
  nonce(): string {
    return this.#rules.nonces.current();
  }

  /** Throws Refusal E_TOKEN_* or E_DPOP_*. */
  async admit({ token, proof, method, path }: Credentials): Promise<AccessToken> {
    const verified = await this.#token(token);
    const url = new URL(path, this.#rules.audience).href;
    await checkProof(proof, { method, url, token, jkt: verified.jkt }, this.#rules);
    return verified;
  }

  /** The issuer's keys have changed: a token of a key that is gone is good no more. */
  forget(): void {
    this.#verified.clear();
  }

  async #token(token: string): Promise<AccessToken> {
    const { now, sha256 } = this.#rules;
    const name = base64url(sha256(utf8(token)));
    const known = this.#verified.get(name);
    if (known) {
      if (known.expires < now()) {
        this.#verified.delete(name);
        throw new Refusal('E_TOKEN_EXPIRED', 'too old', 'token.claims.exp');
      }
      return known;
    }
    const fresh = await verifyAccessToken(token, this.#rules);
    this.#verified.set(name, fresh);
    const oldest = this.#verified.keys().next();
    if (this.#verified.size > MAX_CACHED && !oldest.done) this.#verified.delete(oldest.value);
    return fresh;
  }
}
