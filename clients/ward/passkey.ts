import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Approval, clientDataPrefix, rawSignature } from '../../server/protocol/approval.ts';
import { type Bytes, concat, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { publicKeyFromPem } from '../common/process/crypto.ts';

export interface SoftwarePasskeyOptions {
  /** P-256 private key: PKCS#8 PEM, or already read. */
  readonly key: string | KeyObject;
  /** Origin of the signing page this passkey acts for, like `http://sign-a.localhost:8081`. */
  readonly origin: string;
  /** Exactly the host name of that origin. */
  readonly rpId: string;
  /** Appends an unknown member to clientDataJSON, as browsers do at times so that nobody relies on its end. */
  readonly grease?: boolean;
}

/** A passkey that is a program: it says yes to everything. For simulation and tests only. */
export interface SoftwarePasskey {
  readonly key: PublicKey;
  readonly kid: Bytes;
  /** Signs a challenge (32 bytes) as a browser and an authenticator would, user verification included. */
  approve(challenge: Bytes): Promise<Approval>;
  /** The same as a browser gives it to a page: signature in DER. */
  assert(challenge: Bytes): Omit<Approval, 'kid'>;
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const GREASE =
  ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"';

/**
 * Makes WebAuthn assertions (Level 3, section 6.3.3) from a P-256 key: device-bound (BE = BS = 0), signCount 0.
 * Only development anchors admit such a passkey, by the mark `software` in its credential. Throws RangeError for
 * another kind of key or an rpId that is not the host of the origin.
 */
export function softwarePasskey({ key, origin, rpId, grease }: SoftwarePasskeyOptions): SoftwarePasskey {
  if (new URL(origin).origin !== origin || new URL(origin).hostname !== rpId) {
    throw new RangeError(`${rpId} is not the host of the origin ${origin}`);
  }
  const secret = typeof key === 'string' ? createPrivateKey(key) : key;
  if (secret.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new RangeError('a passkey is a P-256 key');
  const spki = createPublicKey(secret).export({ format: 'pem', type: 'spki' });
  const known = publicKeyFromPem(spki.toString());

  const counter = new Uint8Array(4); // zero: this passkey keeps no count, and no verifier here reads one
  const authenticatorData = concat(sha256(utf8(rpId)), Uint8Array.of(USER_PRESENT | USER_VERIFIED), counter);
  const assert = (challenge: Bytes): Omit<Approval, 'kid'> => {
    const suffix = grease === true ? `${GREASE}}` : '}';
    const clientDataJSON = utf8(`${clientDataPrefix(challenge, origin)}${suffix}`);
    const der = sign('sha256', concat(authenticatorData, sha256(clientDataJSON)), secret);
    return { authenticatorData, clientDataJSON, signature: new Uint8Array(der) };
  };
  return {
    key: known,
    kid: known.kid,
    assert,
    approve(challenge) {
      const { signature, ...rest } = assert(challenge);
      return Promise.resolve({ kid: known.kid, ...rest, signature: rawSignature(signature) });
    },
  };
}

const sha256 = (bytes: Bytes): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest());
