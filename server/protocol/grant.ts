import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { keyNamed, open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from './crypto.ts';
import { decodeStrict, Fields } from './encoding/fields.ts';

/**
 * The gateway's leave to deliver one command once. It names the log entry that announced the command, so it
 * cannot be older than the log.
 *
 *     COSE_Sign1 { 1: device, 2: command hash, 3: nonce, 4: grant id, 5: intent leaf hash,
 *                  6: not-after (device tick), 7: issued (unix s, information only) }
 */
export interface Grant {
  readonly device: Bytes;
  readonly command: Bytes;
  readonly nonce: Bytes;
  /** 16 random bytes. */
  readonly id: Bytes;
  readonly intentLeaf: Bytes;
  readonly notAfterTick: number;
  readonly issued: number;
}

const MAX_GRANT = 512;

export function issueGrant(grant: Grant, gateway: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, grant.device],
    [2, grant.command],
    [3, grant.nonce],
    [4, grant.id],
    [5, grant.intentLeaf],
    [6, grant.notAfterTick],
    [7, grant.issued],
  ]);
  return sign1('grant', encode(payload), gateway);
}

/** What a grant says, before its signature is checked: cheap, so that cheap checks come first. */
export function readGrant(bytes: Bytes): Grant {
  return parsePayload(parseSign1(bytes, 'grant', MAX_GRANT, 'E_GRANT').payload);
}

/** A grant that one of the `keys` signed; throws Refusal E_GRANT. */
export async function openGrant(crypto: Crypto, bytes: Bytes, keys: readonly PublicKey[]): Promise<Grant> {
  const message = parseSign1(bytes, 'grant', MAX_GRANT, 'E_GRANT');
  const key = keyNamed(keys, message.kid, 'grant', 'E_GRANT');
  return parsePayload(await open1(crypto, 'grant', message, key, 'E_GRANT'));
}

function parsePayload(payload: Bytes): Grant {
  const value = decodeStrict(payload, 'grant', MAX_GRANT, 'E_GRANT');
  const f = Fields.of(value, 'grant', [1, 2, 3, 4, 5, 6, 7], [], 'E_GRANT');
  return {
    device: f.bytes(1, 8),
    command: f.bytes(2, 32),
    nonce: f.bytes(3, 16),
    id: f.bytes(4, 16),
    intentLeaf: f.bytes(5, 32),
    notAfterTick: f.uint(6, 0xffff_ffff),
    issued: f.uint(7),
  };
}
