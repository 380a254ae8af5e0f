import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Call, Reply } from '../../../server/protocol/stream.ts';
import { signJwt, type TabletKey } from '../../common/link/dpop.ts';
import type { HttpAnswer } from '../../common/link/http.ts';
import { Stream } from '../../common/link/stream.ts';
import { refused, succeeded, type Try } from '../case.ts';
import { problemCode, streamCode } from '../answers.ts';
import type { Lab } from '../lab.ts';

/** What goes with a token; left out, it is as a tablet does it. */
export interface Presented {
  readonly key?: TabletKey;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the proof itself. */
  readonly proof?: (about: {
    method: string;
    url: string;
    token: string;
    nonce: string;
  }) => string | undefined;
  readonly body?: string;
  /** Instead of `DPoP TOKEN`. */
  readonly authorization?: string;
}

const READ = '/v1/devices';

/** One request with a token and a proof over a fresh nonce of the gateway. */
export async function request(at: Lab, token: string, presented: Presented = {}): Promise<HttpAnswer> {
  const { method = 'GET', path = READ, headers = {}, key = at.tablet } = presented;
  const [plain = ''] = path.split('?', 1);
  const url = `http://${at.gatewayHost}${plain}`;
  const prove =
    presented.proof ??
    ((about: { method: string; url: string; token: string; nonce: string }) => key.prove(about, Date.now()));
  const proof = prove({ method, url, token, nonce: await freshNonce(at) });
  return at.ask(path, {
    method,
    headers: {
      authorization: presented.authorization ?? `DPoP ${token}`,
      ...(proof !== undefined && { dpop: proof }),
      ...(method !== 'GET' && { origin: at.origin }),
      ...headers,
    },
    ...(presented.body !== undefined && { body: presented.body }),
  });
}

/** A nonce of the gateway: it gives one to whoever shows any token at all. */
export async function freshNonce(at: Lab): Promise<string> {
  const { headers } = await at.ask(READ, {
    headers: { authorization: 'DPoP nothing-at-all', dpop: 'no-proof' },
  });
  const nonce = headers['dpop-nonce'];
  return typeof nonce === 'string' ? nonce : '';
}

/** Refused unless the gateway answered with what was asked for. */
export const judged = (what: string, answer: HttpAnswer): Try =>
  answer.status >= 400
    ? refused(what, 'gateway', problemCode(answer))
    : succeeded(what, 'gateway', `HTTP ${answer.status}`);

/** Presents a token and judges the answer. */
export const present = async (at: Lab, what: string, token: string, presented?: Presented): Promise<Try> =>
  judged(what, await request(at, token, presented));

type Claims = Readonly<Record<string, unknown>>;

/** Header and claims of a token, not verified. */
export function parts(token: string): { readonly header: Claims; readonly claims: Claims } {
  const [header = '', claims = ''] = token.split('.');
  const read = (part: string): Claims => {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  };
  return { header: read(header), claims: read(claims) };
}

/** The real token's header and claims with changes, signed by a key; a member set to undefined is left out. */
export function resigned(
  token: string,
  pem: string,
  { header = {}, claims = {} }: { readonly header?: Claims; readonly claims?: Claims },
): string {
  const real = parts(token);
  return signJwt({ ...real.header, ...header }, { ...real.claims, ...claims }, createPrivateKey(pem));
}

/** A compact JWS with any signature. */
export function unsigned(header: object, claims: object, signature = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** The public half of a key as a JWK. */
export const jwkOf = (pem: string): object => createPublicKey(pem).export({ format: 'jwk' });

/** A DPoP proof with any header and any claims. */
export function proofWith(
  pem: string,
  about: { method: string; url: string; token: string; nonce: string },
  { header = {}, claims = {} }: { readonly header?: Claims; readonly claims?: Claims } = {},
): string {
  const secret: KeyObject = createPrivateKey(pem);
  const { crv, kty, x, y } = createPublicKey(pem).export({ format: 'jwk' });
  const said = {
    jti: randomBytes(16).toString('base64url'),
    htm: about.method,
    htu: about.url,
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(about.token).digest('base64url'),
    nonce: about.nonce,
    ...claims,
  };
  return signJwt({ typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y }, ...header }, said, secret);
}

/** A stream as somebody's tablet opens it. Throws Refusal or Error when there is none to be had. */
export async function streamWith(at: Lab, token: string, key: TabletKey): Promise<Stream> {
  const answer = await request(at, token, { method: 'POST', path: '/v1/stream-ticket', key });
  const parsed = z.object({ ticket: z.string() }).safeParse(safeJson(answer.body));
  if (!parsed.success) throw new Error(problemCode(answer));
  const stream = await Stream.connect({ gateway: at.gateway, origin: at.origin });
  await stream.call({ kind: 'hello', ticket: parsed.data.ticket });
  return stream;
}

function safeJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** One call on a stream that should come to nothing. Progress is nothing yet: only an end that is no refusal counts. */
export async function attempt(
  what: string,
  stream: Stream,
  call: Call,
  harmless: readonly Reply['kind'][] = [],
): Promise<Try> {
  try {
    const reply = await stream.call(call);
    if (reply.kind === 'sealed' && reply.sealed.code !== '')
      return refused(what, 'device', reply.sealed.code);
    return harmless.includes(reply.kind)
      ? refused(what, 'gateway', reply.kind)
      : succeeded(what, 'gateway', reply.kind);
  } catch (error) {
    return refused(what, 'gateway', streamCode(error));
  }
}
