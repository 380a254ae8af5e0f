import { Refusal } from '../../server/protocol/refusal.ts';
import { Unreachable } from '../common/page/gate/gateway-http.ts';
import { StreamLost } from '../common/page/gate/gateway-stream.ts';
import { NotSigned } from '../common/page/gate/passkey.ts';
import { SignInEnded, SignInFailed } from '../common/page/gate/tokens.ts';
import type { Trouble } from './state.ts';

/** The person ended all their sessions, somewhere. */
export const isRevoked = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'E_TOKEN_REVOKED';

/** What a person is told about an error. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Refusal) return { kind: 'refused', code: error.code, detail: error.why };
  if (error instanceof NotSigned) return { kind: 'not-signed', why: error.why };
  if (error instanceof SignInEnded) return { kind: 'ended' };
  if (error instanceof SignInFailed) return { kind: error.why };
  if (error instanceof Unreachable || error instanceof StreamLost) return { kind: 'unreachable' };
  return { kind: 'unexpected' };
}
