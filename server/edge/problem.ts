import { Refusal, REFUSALS, type RefusalCode } from '../protocol/refusal.ts';
import { SAYS } from '../protocol/refusal-says.ts';

/** RFC 9457, with the refusal's code and the place in the message that was wrong. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: RefusalCode;
  readonly field?: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** HTTP says more finely than the refusal table what is wrong with a body. */
export class HttpRefusal extends Error {
  readonly refusal: Refusal;
  readonly status: number;
  constructor(status: 413 | 415 | 421, refusal: Refusal) {
    super(refusal.message);
    this.name = 'HttpRefusal';
    this.status = status;
    this.refusal = refusal;
  }
}

/** These speak of the caller's own message only. All others could tell a stranger about policy, people or patients. */
const TELLS = new Set<RefusalCode>([
  'E_CMD_MALFORMED',
  'E_CMD_SCHEMA',
  'E_CMD_LIMIT',
  'E_CMD_RATE_OF_CHANGE',
  'E_VERSION',
  'E_ROUTE',
  'E_RATE',
  'E_COOL_DOWN',
  'E_IDEMPOTENCY',
]);
const MAX_HINT = 200;

/** What may be said beyond the code's own sentence, or undefined. */
export const hintOf = ({ code, why }: Refusal): string | undefined =>
  TELLS.has(code) && why !== '' ? why.slice(0, MAX_HINT) : undefined;

/** An unforeseen error: nothing of it is told. */
const INTERNAL: Problem = {
  type: 'about:blank',
  title: 'The gateway made a mistake. It is logged.',
  status: 500,
};

/** The answer for anything thrown; without a refusal it is one that nobody foresaw, and that is to be logged. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly refusal?: Refusal } {
  if (error instanceof Refusal)
    return { problem: described(error, REFUSALS[error.code].http), refusal: error };
  if (error instanceof HttpRefusal) {
    return { problem: described(error.refusal, error.status), refusal: error.refusal };
  }
  return { problem: INTERNAL };
}

function described(refusal: Refusal, status: number): Problem {
  const { code, field } = refusal;
  const detail = hintOf(refusal);
  return {
    type: `urn:countersign:refusal:${code}`,
    title: SAYS[code],
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(TELLS.has(code) && field !== undefined && { field: field.slice(0, MAX_HINT) }),
  };
}

/** The same answer for a connection that is not to become a WebSocket, as raw HTTP. */
export function rawAnswer(error: unknown): string {
  const { problem } = problemOf(error);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} Refused`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
