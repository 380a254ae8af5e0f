import * as z from 'zod/mini';
import { base64url, type Bytes, unbase64url } from '../../../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../../../server/protocol/encoding/cbor.ts';
import { challengeFor } from '../../../../server/protocol/command.ts';
import { encodeStatement, type Purpose } from '../../../../server/protocol/statement.ts';
import { sha256 } from '../sha256.ts';
import type { GatewayHttp } from './gateway-http.ts';
import { read } from './json.ts';
import type { SigningPasskey } from './passkey.ts';

const NONCE = z.object({ nonce: z.string() });

/**
 * A statement that the person signs now, over a fresh nonce of the gateway, in the JSON form of the gateway's routes. Throws
 * NotSigned, Refusal or Unreachable.
 */
export async function signedStatement(
  http: GatewayHttp,
  passkey: SigningPasskey,
  purpose: Purpose,
  detail: ReadonlyMap<number, Cbor>,
): Promise<object> {
  const { nonce } = read(NONCE, await http.open('/v1/session-challenge'), 'the nonce');
  const time = Math.floor(Date.now() / 1000);
  const statement: Bytes = encodeStatement({ purpose, time, nonce: unbase64url(nonce), detail });
  const label = purpose === 'session' ? 'session' : 'statement';
  const { kid, authenticatorData, clientDataJSON, signature } = await passkey.approve(
    challengeFor(sha256, label, statement),
  );
  return {
    statement: base64url(statement),
    approval: {
      kid: base64url(kid),
      authenticatorData: base64url(authenticatorData),
      clientDataJSON: base64url(clientDataJSON),
      signature: base64url(signature),
    },
  };
}
