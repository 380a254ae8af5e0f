import { type Bytes, equal } from '../encoding/bytes.ts';
import { type Cbor, encode, isMap } from '../encoding/cbor.ts';
import type { Identity, Peer, Recognise } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import type { TapCrypto } from '../edhoc/primitives.ts';
import { bytesOf } from '../encoding/fields.ts';

/** Header parameter for a link credential by value: private use (RFC 9052 section 11.1 leaves it below -65536). */
const LINK_CREDENTIAL = -65_537;
/** Header parameter `kccs` (RFC 9528 section 10.6): a CWT claims set by value. */
const KCCS = 14;

/** How whoever asks shows itself: its link credential, signed by the hospital's authority. */
export function linkIdentity(certificate: Bytes): Pick<Identity, 'id' | 'idCred' | 'cred'> {
  const id = new Map<number, Cbor>([[LINK_CREDENTIAL, certificate]]);
  return { id, idCred: encode(id), cred: encode(certificate) };
}

/** The link credential in what arrived. Throws Refusal E_CHANNEL. */
export function certificateIn(id: Cbor): Bytes {
  if (!isMap(id) || id.size !== 1) throw broken('not a link credential', 'plaintext_2.id');
  return bytesOf(id.get(LINK_CREDENTIAL), 'plaintext_2.id', undefined, 'E_CHANNEL');
}

/** The device's side of the handshake names nobody: a key for this session only, asserted by itself (RFC 8392, 8747). */
export function asserted(crypto: TapCrypto): Identity {
  const key = crypto.freshKey();
  return { ...claims(key.x), key };
}

function claims(x: Bytes): Pick<Identity, 'id' | 'idCred' | 'cred'> {
  const set = new Map<number, Cbor>([[8, new Map([[1, coordinate(x)]])]]);
  const id = new Map<number, Cbor>([[KCCS, set]]);
  return { id, idCred: encode(id), cred: encode(set) };
}

/** COSE_Key of an x coordinate alone: kty EC2, crv P-256. */
const coordinate = (x: Bytes): Map<number, Cbor> =>
  new Map<number, Cbor>([
    [1, 2],
    [-1, 1],
    [-2, x],
  ]);

/** Takes the key that came, if it is spelled as `claims` spells it. */
export const selfAsserted: Recognise = (id): Peer => {
  const set = isMap(id) ? id.get(KCCS) : undefined;
  const confirmation = isMap(set) ? set.get(8) : undefined;
  const key = isMap(confirmation) ? confirmation.get(1) : undefined;
  const x = bytesOf(isMap(key) ? key.get(-2) : undefined, 'plaintext_3.id', 32, 'E_CHANNEL');
  const { idCred, cred } = claims(x);
  if (!equal(encode(id), idCred)) throw broken('another kind of credential', 'plaintext_3.id');
  return { idCred, cred, x };
};
