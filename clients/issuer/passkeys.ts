import { randomBytes } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import { base64url, unbase64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Account, Accounts } from './accounts.ts';

/** A sign-in or a registration that a person is in the middle of. */
const CHALLENGE_MS = 2 * 60_000;
const MOST = 2_000;
const ES256 = -7;
const ED25519 = -8;

const text = z.string().max(8_192);
const PUBLIC_KEY = z.literal('public-key');
const ATTACHMENT = z.enum(['platform', 'cross-platform']).optional();
const EXTENSIONS = z.record(z.string(), z.unknown()).transform(() => ({}));
/** What a browser gives back (WebAuthn Level 3, section 5.1: `toJSON`); members that nobody here reads are dropped. */
export const ASSERTION = z.object({
  id: text,
  rawId: text,
  type: PUBLIC_KEY,
  response: z.object({ authenticatorData: text, clientDataJSON: text, signature: text }),
  clientExtensionResults: EXTENSIONS,
  authenticatorAttachment: ATTACHMENT.transform(() => undefined),
});
export const ATTESTATION = z.object({
  id: text,
  rawId: text,
  type: PUBLIC_KEY,
  response: z.object({ attestationObject: text, clientDataJSON: text }),
  clientExtensionResults: EXTENSIONS,
  authenticatorAttachment: ATTACHMENT.transform(() => undefined),
});

/** Passkeys of the sign-in page: user verification always, on this page's own name. */
export class Passkeys {
  readonly #accounts: Accounts;
  readonly #origin: string;
  readonly #rpId: string;
  readonly #now: () => number;
  /** Open challenges by what they are for; the oldest go when there are too many. */
  readonly #open = new Map<string, { readonly challenge: string; readonly until: number }>();

  /** @param origin of the sign-in page @param now Unix ms */
  constructor(accounts: Accounts, origin: string, now: () => number) {
    this.#accounts = accounts;
    this.#origin = origin;
    this.#rpId = new URL(origin).hostname;
    this.#now = now;
  }

  /** Options for `navigator.credentials.get`: whichever passkey the person has for this page. */
  async toSignIn(uid: string): Promise<object> {
    return generateAuthenticationOptions({
      rpID: this.#rpId,
      challenge: new Uint8Array(unbase64url(this.#challenge(`sign-in ${uid}`))),
      userVerification: 'required',
      timeout: CHALLENGE_MS,
    });
  }

  /**
   * Who that is; undefined for everybody whose passkey does not prove it, and `copied` for whose counter does not go up:
   * somebody has a copy of it.
   */
  async signedIn(uid: string, response: z.output<typeof ASSERTION>): Promise<Account | 'copied' | undefined> {
    const expectedChallenge = this.#taken(`sign-in ${uid}`);
    const passkey = this.#accounts.passkey(response.id);
    if (expectedChallenge === undefined || !passkey) return undefined;
    const { authenticatorAttachment: _where, ...answer } = response;
    const result = await verifyAuthenticationResponse({
      response: answer,
      expectedChallenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
      // Counters are held against each other below, where what is known is also kept.
      credential: { id: passkey.id, publicKey: new Uint8Array(unbase64url(passkey.publicKey)), counter: 0 },
    }).catch(() => undefined);
    if (!result?.verified) return undefined;
    if (!this.#accounts.counted(passkey.id, result.authenticationInfo.newCounter)) return 'copied';
    return this.#accounts.find(passkey.subject);
  }

  /** Options for `navigator.credentials.create`. */
  async toRegister(secret: string, { subject, name }: Account): Promise<object> {
    return generateRegistrationOptions({
      rpName: 'Countersign sign-in',
      rpID: this.#rpId,
      userID: new Uint8Array(unhex(subject)),
      userName: name,
      userDisplayName: name,
      challenge: new Uint8Array(unbase64url(this.#challenge(`register ${secret}`))),
      attestationType: 'none',
      supportedAlgorithmIDs: [ES256, ED25519],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: this.#accounts.passkeysOf(subject).map(({ id }) => ({ id })),
      timeout: CHALLENGE_MS,
    });
  }

  /** The new passkey: its id and COSE key, base64url, and its counter; undefined when it does not hold. */
  async registered(secret: string, response: z.output<typeof ATTESTATION>) {
    const expectedChallenge = this.#taken(`register ${secret}`);
    if (expectedChallenge === undefined) return undefined;
    const { authenticatorAttachment: _where, ...answer } = response;
    const result = await verifyRegistrationResponse({
      response: answer,
      expectedChallenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [ES256, ED25519],
    }).catch(() => undefined);
    if (!result?.verified) return undefined;
    const { id, publicKey, counter } = result.registrationInfo.credential;
    return { id, publicKey: base64url(new Uint8Array(publicKey)), counter };
  }

  #challenge(purpose: string): string {
    const challenge = randomBytes(32).toString('base64url');
    this.#open.delete(purpose);
    this.#open.set(purpose, { challenge, until: this.#now() + CHALLENGE_MS });
    const oldest = this.#open.keys().next();
    if (this.#open.size > MOST && !oldest.done) this.#open.delete(oldest.value);
    return challenge;
  }

  /** A challenge counts once. */
  #taken(purpose: string): string | undefined {
    const found = this.#open.get(purpose);
    this.#open.delete(purpose);
    return found && this.#now() < found.until ? found.challenge : undefined;
  }
}
