import { type Approval, rawSignature } from '../../../../server/protocol/approval.ts';
import { type Bytes, equal, hex, utf8 } from '../../../../server/protocol/encoding/bytes.ts';
import { coseKey, parseCoseKey } from '../../../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM, type Crypto, type PublicKey } from '../../../../server/protocol/crypto.ts';
import type { Shelf } from './shelf.ts';

/**
 * Why nothing was signed. A browser gives one name to many causes, so a sentence made of it must not guess: cancelled, too
 * late, no such key, no user verification.
 */
export class NotSigned extends Error {
  readonly why: 'none' | 'address' | 'stranger';
  constructor(why: NotSigned['why']) {
    super('nothing was signed');
    this.why = why;
  }
}

/** A signing passkey as an authority certifies it. */
export interface NewPasskey {
  /** COSE_Key (deterministic). */
  readonly coseKey: Bytes;
  readonly kid: Bytes;
  /** It may be copied to other devices: not good enough for changes of high risk. */
  readonly copyable: boolean;
}

export interface SigningPasskey {
  /** Signs a challenge (32 bytes), with the person's gesture and user verification. Throws NotSigned. */
  approve(challenge: Bytes, given?: AbortSignal): Promise<Approval>;
  /** Makes a passkey for this page. Throws NotSigned. */
  create(subject: Bytes, name: string): Promise<NewPasskey>;
  /** True when a passkey was ever made or used on this device. */
  known(): boolean;
  /**
   * Passkeys somebody certified: a key that comes from another tablet is found among them. False when one was made here, and
   * none of these is it.
   */
  meet(keys: readonly PublicKey[]): boolean;
}

const KNOWN = 'signing-keys';
const PATIENCE_MS = 60_000;
const FLAG_BE = 0x08;

/** The passkeys that sign on this page: its own name (rpId), device-bound where the browser can say so. */
export async function signingPasskey(shelf: Shelf, rpId: string, crypto: Crypto): Promise<SigningPasskey> {
  const known = new Map<string, PublicKey>(await keptKeys(shelf, crypto));
  const met: PublicKey[] = [];
  const keep = async (id: string, cose: Bytes): Promise<void> => {
    known.set(id, parseCoseKey(crypto.sha256, cose, 'passkey'));
    const all = Array.from(known, ([name, key]) => [name, coseKey(key.alg, key.raw)]);
    await shelf.put(KNOWN, all);
  };
  return {
    known: () => known.size > 0,
    meet(keys) {
      met.push(...keys);
      const here = Array.from(known.values(), ({ kid }) => hex(kid));
      return here.length === 0 || keys.some(({ kid }) => here.includes(hex(kid)));
    },
    async approve(challenge, given) {
      const credential = await navigator.credentials
        .get({
          ...(given && { signal: given }),
          publicKey: {
            challenge: Uint8Array.from(challenge),
            rpId,
            userVerification: 'required',
            timeout: PATIENCE_MS,
          },
        })
        .catch(notSigned);
      if (!(credential instanceof PublicKeyCredential)) throw new NotSigned('none');
      const { response } = credential;
      if (!(response instanceof AuthenticatorAssertionResponse)) throw new NotSigned('none');
      const authenticatorData = new Uint8Array(response.authenticatorData);
      const clientDataJSON = new Uint8Array(response.clientDataJSON);
      const signature = rawSignature(new Uint8Array(response.signature));
      const signed = Uint8Array.from([...authenticatorData, ...crypto.sha256(clientDataJSON)]);
      let key = known.get(credential.id);
      if (!key) {
        // The key came from another tablet: it is whichever certified one this signature verifies under.
        for (const one of met) if (await crypto.verify(one, signed, signature)) key = one;
        if (!key) throw new NotSigned('stranger');
        await keep(credential.id, coseKey(key.alg, key.raw));
      }
      return { kid: key.kid, authenticatorData, clientDataJSON, signature };
    },
    async create(subject, name) {
      const credential = await navigator.credentials
        .create({
          publicKey: {
            rp: { id: rpId, name: 'Countersign signing' },
            user: { id: Uint8Array.from(subject), name, displayName: name },
            challenge: globalThis.crypto.getRandomValues(new Uint8Array(32)),
            pubKeyCredParams: [{ type: 'public-key', alg: ALGORITHM.ES256 }],
            authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
            attestation: 'none',
            timeout: PATIENCE_MS,
          },
        })
        .catch(notSigned);
      if (!(credential instanceof PublicKeyCredential)) throw new NotSigned('none');
      const { response } = credential;
      if (!(response instanceof AuthenticatorAttestationResponse)) throw new NotSigned('none');
      const spki = response.getPublicKey();
      if (response.getPublicKeyAlgorithm() !== ALGORITHM.ES256 || !spki) throw new NotSigned('none');
      // SubjectPublicKeyInfo of P-256 ends with the point: x and y, 32 bytes each (RFC 5480).
      const cose = coseKey(ALGORITHM.ES256, new Uint8Array(spki).slice(-64));
      await keep(credential.id, cose);
      const { kid } = parseCoseKey(crypto.sha256, cose, 'passkey');
      const data = new Uint8Array(response.getAuthenticatorData());
      if (!equal(data.subarray(0, 32), crypto.sha256(utf8(rpId)))) throw new NotSigned('address');
      return { coseKey: cose, kid, copyable: ((data[32] ?? 0) & FLAG_BE) !== 0 };
    },
  };
}

function notSigned(error: unknown): never {
  const name = error instanceof DOMException ? error.name : '';
  throw new NotSigned(name === 'SecurityError' ? 'address' : 'none');
}

async function keptKeys(shelf: Shelf, { sha256 }: Crypto): Promise<[string, PublicKey][]> {
  const kept = await shelf.get(KNOWN);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: unknown): [string, PublicKey][] => {
    if (!Array.isArray(one)) return [];
    const id: unknown = one[0];
    const cose: unknown = one[1];
    return typeof id === 'string' && cose instanceof Uint8Array
      ? [[id, parseCoseKey(sha256, cose, 'passkey')]]
      : [];
  });
}
