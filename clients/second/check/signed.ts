import { type Bytes, same, sha256, utf8, Wrong } from './bytes.ts';
import { isMap, read, write } from './cbor.ts';
import { bytes, fields, list } from './fields.ts';

/** A key that was given beforehand, never one that came with a message. */
export interface Key {
  /** First 16 bytes of SHA-256 over the key's own spelling. */
  readonly kid: Bytes;
  readonly alg: -7 | -8;
  readonly key: CryptoKey;
}

const ES256 = -7;
const EDDSA = -8;
const HALF = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/** A COSE_Key (protocol, section 2.2). Throws Wrong. */
export async function readKey(encoded: Bytes): Promise<Key> {
  const map = read(encoded);
  if (!isMap(map)) throw new Wrong('a key is no key');
  const kid = (await sha256(encoded)).slice(0, 16);
  if (map.get(1) === 2) {
    const said = fields(encoded, [1, 3, -1, -2, -3]);
    if (said.get(3) !== ES256 || said.get(-1) !== 1) throw new Wrong('a key of a kind that is not taken');
    const raw = Uint8Array.of(4, ...bytes(said.get(-2), 32), ...bytes(said.get(-3), 32));
    const kind = { name: 'ECDSA', namedCurve: 'P-256' };
    return { kid, alg: ES256, key: await imported(raw, kind) };
  }
  const said = fields(encoded, [1, 3, -1, -2]);
  if (said.get(1) !== 1 || said.get(3) !== EDDSA || said.get(-1) !== 6)
    throw new Wrong('a key of a kind that is not taken');
  return { kid, alg: EDDSA, key: await ed25519(bytes(said.get(-2), 32)) };
}

export const ed25519 = (raw: Bytes): Promise<CryptoKey> => imported(raw, { name: 'Ed25519' });

async function imported(raw: Bytes, kind: { name: string; namedCurve?: string }): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', raw, kind, false, ['verify']);
  } catch {
    throw new Wrong('a key is not on its curve');
  }
}

/** True when `signature` is by this key over `message`; an ES256 signature counts in its lower half only. */
export async function isBy({ alg, key }: Pick<Key, 'alg' | 'key'>, message: Bytes, signature: Bytes) {
  if (alg === EDDSA) return crypto.subtle.verify('Ed25519', key, signature, message);
  let s = 0n;
  for (const byte of signature.slice(32)) s = s * 256n + BigInt(byte);
  if (s > HALF) return false;
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, message);
}

export type Kind = 'anchors' | 'fleet-root' | 'profile' | 'attestation' | 'receipt';

/** The payload of a signed message of this kind, when one of the keys signed it. Throws Wrong. */
export async function opened(message: Bytes, kind: Kind, keys: readonly Key[]): Promise<Bytes> {
  const [top, open, body, seal] = list(read(message), 4, 4);
  const header = bytes(top);
  const said = fields(header, [1, 4]);
  if (!isMap(open) || open.size !== 0) throw new Wrong(`the ${kind} has an open header`);
  const payload = bytes(body);
  const signer = keys.find(({ alg, kid }) => said.get(1) === alg && same(bytes(said.get(4), 16), kid));
  if (!signer) throw new Wrong(`the ${kind} is signed by a key that is not known here`);
  const covered = write(['Signature1', header, utf8(`countersign/${kind}/v1`), payload]);
  if (!(await isBy(signer, covered, bytes(seal, 64))))
    throw new Wrong(`the signature of the ${kind} does not verify`);
  return payload;
}
