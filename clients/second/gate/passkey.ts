import { base64url, type Bytes, join, Objection, sha256, utf8 } from '../check/bytes.ts';
import { type Item, read, write } from '../check/cbor.ts';
import { bytes, fields, list } from '../check/fields.ts';
import { isBy, type Key, readKey } from '../check/signed.ts';
import { t } from '../texts/texts.ts';

/** Nothing was signed. A browser gives one name to many causes, so the sentence does not guess. */
export class NotSigned extends Error {
  constructor() {
    super(t().trouble.notSigned);
  }
}

export interface Approval {
  readonly kid: Bytes;
  readonly authenticatorData: Bytes;
  readonly clientDataJSON: Bytes;
  readonly signature: Bytes;
}

/** What is signed, so that no signature passes for another kind. */
export type Label = 'command' | 'primed' | 'session' | 'statement';

const WAIT_MS = 60_000;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BACKUP_ELIGIBLE = 8;

/**
 * Has the person sign some bytes with a passkey of this page. Throws NotSigned, and Objection when the passkey is none
 * of the certified ones.
 *
 * @param certified keys of this person: a browser does not say which key it used, so the signature tells
 */
export async function approve(label: Label, what: Bytes, certified: readonly Key[]): Promise<Approval> {
  const challenge = await sha256(join(utf8(`countersign/${label}/v1`), Uint8Array.of(0), what));
  const options = {
    challenge,
    rpId: location.hostname,
    userVerification: 'required',
    timeout: WAIT_MS,
  } as const;
  const credential = await navigator.credentials.get({ publicKey: options }).catch(() => undefined);
  if (!(credential instanceof PublicKeyCredential)) throw new NotSigned();
  const { response } = credential;
  if (!(response instanceof AuthenticatorAssertionResponse)) throw new NotSigned();
  const authenticatorData = new Uint8Array(response.authenticatorData);
  const clientDataJSON = new Uint8Array(response.clientDataJSON);
  const signature = plain(new Uint8Array(response.signature));
  const signed = join(authenticatorData, await sha256(clientDataJSON));
  for (const key of certified)
    if (await isBy(key, signed, signature))
      return { kid: key.kid, authenticatorData, clientDataJSON, signature };
  throw new Objection(t().trouble.stranger);
}

/** A passkey for signing on this page, made now. Throws NotSigned. */
export async function makePasskey(name: string): Promise<{ key: Bytes; copyable: boolean }> {
  const credential = await navigator.credentials
    .create({
      publicKey: {
        rp: { id: location.hostname, name: 'Countersign, second signature' },
        // One person, one key: making it again takes the place of the one before.
        user: { id: utf8(name), name, displayName: name },
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
        timeout: WAIT_MS,
      },
    })
    .catch(() => undefined);
  if (!(credential instanceof PublicKeyCredential)) throw new NotSigned();
  const { response } = credential;
  if (!(response instanceof AuthenticatorAttestationResponse)) throw new NotSigned();
  const spki = response.getPublicKey();
  if (!spki || response.getPublicKeyAlgorithm() !== -7) throw new NotSigned();
  // A public key of P-256 ends with its point, x and y (RFC 5480).
  const point = new Uint8Array(spki).slice(-64);
  const said: [number, Item][] = [[1, 2], [3, -7], [-1, 1], [-2, point.slice(0, 32)], [-3, point.slice(32)]]; // prettier-ignore
  const flags = new Uint8Array(response.getAuthenticatorData())[32] ?? 0;
  return { key: write(new Map(said)), copyable: (flags & BACKUP_ELIGIBLE) !== 0 };
}

/** The key that a credential certifies. The gateway judges the credential; here it only has to fit the signature. */
export async function keyIn(credential: Bytes): Promise<Key> {
  const payload = bytes(list(read(credential), 4, 4)[2]);
  return readKey(bytes(fields(payload, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).get(4)));
}

export const itemOf = ({ kid, authenticatorData, clientDataJSON, signature }: Approval): Item => [
  kid,
  authenticatorData,
  clientDataJSON,
  signature,
];

/** A statement that somebody signed, as the gateway's routes take it. */
export const signedBody = (statement: Bytes, approval: Approval): object => ({
  statement: base64url(statement),
  approval: Object.fromEntries(
    Object.entries(approval).map(([name, value]: [string, Bytes]) => [name, base64url(value)]),
  ),
});

/** A DER signature as r and s of 32 bytes each, s in its lower half: the one spelling that counts. */
function plain(der: Bytes): Bytes {
  const r = integer(der, 2);
  const s = integer(der, r.end);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || s.end !== der.length) throw new NotSigned();
  return join(to32(r.value), to32(s.value > ORDER / 2n ? ORDER - s.value : s.value));
}

function integer(der: Bytes, at: number): { value: bigint; end: number } {
  const size = der[at + 1] ?? 0;
  if (der[at] !== 2 || size === 0 || size > 33) throw new NotSigned();
  let value = 0n;
  for (const byte of der.slice(at + 2, at + 2 + size)) value = value * 256n + BigInt(byte);
  return { value, end: at + 2 + size };
}

function to32(value: bigint): Bytes {
  const out = new Uint8Array(32);
  for (let i = 31, rest = value; i >= 0; i--, rest /= 256n) out[i] = Number(rest % 256n);
  return out;
}
