import { type Bytes, concat, equal } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import {
  broken,
  type ConnectionId,
  encodeMessage1,
  encodeMessage2,
  encodeMessage3,
  parseMessage1,
  parseMessage2,
  parseMessage3,
  parsePlaintext2,
  parsePlaintext3,
} from './messages.ts';
import {
  type AgreementKey,
  derive,
  extract,
  HASH_LENGTH,
  KEY_LENGTH,
  MAC_LENGTH,
  NONCE_LENGTH,
  sequence,
  type TapCrypto,
} from './primitives.ts';

/** How a party shows itself: what travels, the ID_CRED and CRED items it stands for, and its long-term key. */
export interface Identity {
  readonly id: Cbor;
  readonly idCred: Bytes;
  readonly cred: Bytes;
  readonly key: AgreementKey;
}

/** Who the other side turned out to be. */
export interface Peer {
  readonly idCred: Bytes;
  readonly cred: Bytes;
  /** x coordinate of its long-term key. */
  readonly x: Bytes;
}

/** Finds the credential that travelled as `id`. Throws Refusal when it is nobody's. */
export type Recognise = (id: Cbor) => Peer | Promise<Peer>;

/** A finished handshake: keys for whatever both sides agree to use it for (RFC 9528 section 4.2.1). */
export interface Session {
  exporter(label: number, context: Bytes, length: number): Bytes;
}

export interface Initiator {
  readonly message1: Bytes;
  /** Verifies message_2, then shows who this is. Throws Refusal E_CHANNEL, or what `recognise` throws. */
  finish(message2: Bytes, recognise: Recognise): Promise<{ message3: Bytes; session: Session }>;
}

export interface Responder {
  readonly message2: Bytes;
  /** Verifies message_3. Throws Refusal E_CHANNEL, or what `recognise` throws. */
  finish(message3: Bytes, recognise: Recognise): Promise<Session>;
}

/** Labels of EDHOC_KDF (RFC 9528 section 4.1.2, figure 6). */
const KDF = {
  keystream2: 0,
  salt3: 1,
  mac2: 2,
  k3: 3,
  iv3: 4,
  salt4: 5,
  mac3: 6,
  out: 7,
  exporter: 10,
} as const;
const NOTHING: Bytes = new Uint8Array();

/** The device's side (Initiator, method 3). Each handshake has a fresh key. */
export function initiate(crypto: TapCrypto, me: Identity, connection: ConnectionId): Initiator {
  const fresh = crypto.freshKey();
  return initiator(crypto, me, fresh, encodeMessage1({ x: fresh.x, connection }));
}

/** The Initiator behind a message_1 that went out with `fresh`. */
export function initiator(crypto: TapCrypto, me: Identity, fresh: AgreementKey, message1: Bytes): Initiator {
  return {
    message1,

    async finish(message2, recognise) {
      const { x, ciphertext } = parseMessage2(message2);
      const th2 = transcript2(crypto, x, message1);
      const prk2 = extract(crypto, th2, agreed(fresh, x, 'message_2.x'));
      const plaintext2 = mask(crypto, prk2, th2, ciphertext);
      const { connection: theirs, id, mac } = parsePlaintext2(plaintext2);
      const peer = await recognise(id);
      const prk3 = responderKey(crypto, prk2, th2, agreed(fresh, peer.x, 'plaintext_2.id'));
      const expected = mac2(crypto, prk3, theirs, peer, th2);
      if (!equal(mac, expected)) throw broken('not the holder of its key', 'plaintext_2.mac');

      const th3 = transcript3(crypto, th2, plaintext2, peer);
      const prk4 = initiatorKey(crypto, prk3, th3, agreed(me.key, x, 'message_2.x'));
      const plaintext3 = sequence(me.id, mac3(crypto, prk4, me, th3));
      const { key, nonce, aad } = protection3(crypto, prk3, th3);
      const message3 = encodeMessage3(crypto.seal(key, nonce, aad, plaintext3));
      return { message3, session: sessionOf(crypto, prk4, transcript4(crypto, th3, plaintext3, me)) };
    },
  };
}

/** The side of whoever asks the device (Responder). Throws Refusal E_CHANNEL on a message_1 that is none. */
export function respond(
  crypto: TapCrypto,
  me: Identity,
  connection: ConnectionId,
  message1: Bytes,
): Responder {
  const { x } = parseMessage1(message1);
  const fresh = crypto.freshKey();
  const th2 = transcript2(crypto, fresh.x, message1);
  const prk2 = extract(crypto, th2, agreed(fresh, x, 'message_1.x'));
  const prk3 = responderKey(crypto, prk2, th2, agreed(me.key, x, 'message_1.x'));
  const plaintext2 = sequence(connection, me.id, mac2(crypto, prk3, connection, me, th2));
  const message2 = encodeMessage2(fresh.x, mask(crypto, prk2, th2, plaintext2));
  return {
    message2,

    async finish(message3, recognise) {
      const th3 = transcript3(crypto, th2, plaintext2, me);
      const { key, nonce, aad } = protection3(crypto, prk3, th3);
      const plaintext3 = crypto.unseal(key, nonce, aad, parseMessage3(message3));
      if (!plaintext3) throw broken('altered, or made for another session', 'message_3');
      const { id, mac } = parsePlaintext3(plaintext3);
      const peer = await recognise(id);
      const prk4 = initiatorKey(crypto, prk3, th3, agreed(fresh, peer.x, 'plaintext_3.id'));
      if (!equal(mac, mac3(crypto, prk4, peer, th3)))
        throw broken('not the holder of its key', 'plaintext_3.mac');
      return sessionOf(crypto, prk4, transcript4(crypto, th3, plaintext3, peer));
    },
  };
}

function agreed(key: AgreementKey, x: Bytes, field: string): Bytes {
  const secret = key.agree(x);
  if (!secret) throw broken('no point of the curve', field);
  return secret;
}

const transcript2 = ({ sha256 }: TapCrypto, x: Bytes, message1: Bytes): Bytes =>
  sha256(sequence(x, sha256(message1)));
const transcript3 = (
  { sha256 }: TapCrypto,
  th2: Bytes,
  plaintext2: Bytes,
  { cred }: { cred: Bytes },
): Bytes => sha256(concat(encode(th2), plaintext2, cred));
const transcript4 = transcript3;

/** XOR with KEYSTREAM_2: no integrity of its own, MAC_2 gives it. */
function mask(crypto: TapCrypto, prk2: Bytes, th2: Bytes, bytes: Bytes): Bytes {
  const stream = derive(crypto, prk2, KDF.keystream2, th2, bytes.length);
  return bytes.map((byte, i) => byte ^ (stream[i] ?? 0));
}

const responderKey = (crypto: TapCrypto, prk2: Bytes, th2: Bytes, secret: Bytes): Bytes =>
  extract(crypto, derive(crypto, prk2, KDF.salt3, th2, HASH_LENGTH), secret);
const initiatorKey = (crypto: TapCrypto, prk3: Bytes, th3: Bytes, secret: Bytes): Bytes =>
  extract(crypto, derive(crypto, prk3, KDF.salt4, th3, HASH_LENGTH), secret);

type Shown = Pick<Peer, 'idCred' | 'cred'>;

function mac2(crypto: TapCrypto, prk3: Bytes, connection: ConnectionId, { idCred, cred }: Shown, th2: Bytes) {
  const context = concat(encode(connection), idCred, encode(th2), cred);
  return derive(crypto, prk3, KDF.mac2, context, MAC_LENGTH);
}

function mac3(crypto: TapCrypto, prk4: Bytes, { idCred, cred }: Shown, th3: Bytes): Bytes {
  return derive(crypto, prk4, KDF.mac3, concat(idCred, encode(th3), cred), MAC_LENGTH);
}

function protection3(crypto: TapCrypto, prk3: Bytes, th3: Bytes) {
  return {
    key: derive(crypto, prk3, KDF.k3, th3, KEY_LENGTH),
    nonce: derive(crypto, prk3, KDF.iv3, th3, NONCE_LENGTH),
    aad: encode(['Encrypt0', NOTHING, th3]),
  };
}

function sessionOf(crypto: TapCrypto, prk4: Bytes, th4: Bytes): Session {
  const out = derive(crypto, prk4, KDF.out, th4, HASH_LENGTH);
  const master = derive(crypto, out, KDF.exporter, NOTHING, HASH_LENGTH);
  return { exporter: (label, context, length) => derive(crypto, master, label, context, length) };
}
