import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import type { TabletKey } from '../common/link/dpop.ts';
import { askHttp, type HttpAnswer, type HttpAsk } from '../common/link/http.ts';
import type { SoftwarePasskey } from './passkey.ts';

/** Where a tablet gets its access tokens from: each one is good for two minutes. */
export interface TokenSource {
  /** A token for the tablet with this key (base64url thumbprint). Throws Error when the issuer gives none. */
  token(jkt: string): Promise<string>;
  /** True when the last sign-in is too old to sign with (RFC 9470); the next token then tells of a new one. */
  freshen(): boolean;
  /** What the person may do with it: `read`, and for those who sign commands `command`. */
  readonly scope: string;
}

export interface SignInWith {
  /** Address of the issuer, exactly as its tokens say it. */
  readonly issuer: string;
  readonly client: string;
  readonly redirectUri: string;
  /** The gateway's API base. */
  readonly audience: string;
  readonly scope: string;
  /** The passkey for signing in, on the issuer's own page. */
  readonly login: SoftwarePasskey;
  readonly key: TabletKey;
}

/** A sign-in younger than this is fresh enough to sign with. */
const FRESH_MS = 4 * 60_000;
const SERVER = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  pushed_authorization_request_endpoint: z.string(),
});
const TOKENS = z.object({ access_token: z.string(), refresh_token: z.string() });

/** The base of a gateway's API under its public name, as in `http://gate.localhost:8080/v1`. */
export const audienceOf = (host: string): string => `http://${host}/v1`;

/** Signs in at an issuer as a browser and its person would, and keeps the tokens coming. */
export function signInAt(options: SignInWith): TokenSource {
  let refresh: string | undefined;
  let signedIn = -Infinity;
  let nonce: string | undefined;
  const { issuer, client, redirectUri, audience, scope, key } = options;

  const server = async (): Promise<z.infer<typeof SERVER>> => {
    const found = SERVER.parse(wanted(await askHttp(`${issuer}/.well-known/openid-configuration`), 200));
    if (found.issuer !== issuer) throw new Error(`${issuer} says it is ${found.issuer}`);
    return found;
  };
  const tokens = async (endpoint: string, form: Record<string, string>): Promise<string> => {
    const ask = (): Promise<HttpAnswer> => {
      const dpop = key.prove({ method: 'POST', url: endpoint, token: undefined, nonce }, Date.now());
      return post(endpoint, { client_id: client, ...form }, { dpop });
    };
    let answer = await ask();
    if (answer.status === 400 && answer.body.includes('use_dpop_nonce')) {
      nonce = header(answer, 'dpop-nonce');
      answer = await ask();
    }
    nonce = header(answer, 'dpop-nonce') ?? nonce;
    const given = TOKENS.parse(wanted(answer, 200));
    refresh = given.refresh_token;
    return given.access_token;
  };
  const anew = async (): Promise<string> => {
    const at = await server();
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(16).toString('base64url');
    const pushed = await post(at.pushed_authorization_request_endpoint, {
      client_id: client,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: `openid ${scope}`,
      resource: audience,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
      dpop_jkt: key.jkt,
      prompt: 'login',
    });
    const { request_uri } = z.object({ request_uri: z.string() }).parse(wanted(pushed, 201));
    const asked = new URLSearchParams({ client_id: client, request_uri });
    const back = await throughThePage(issuer, `${at.authorization_endpoint}?${asked}`, options.login);
    const code = back.searchParams.get('code');
    if (!back.href.startsWith(redirectUri) || back.searchParams.get('state') !== state || code === null)
      throw new Error(
        `${issuer} did not sign in: ${back.searchParams.get('error_description') ?? 'no code'}`,
      );
    if (back.searchParams.get('iss') !== issuer) throw new Error('the code is from another issuer');
    signedIn = performance.now();
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    return tokens(at.token_endpoint, { ...form, resource: audience });
  };
  return {
    scope,
    freshen() {
      if (performance.now() - signedIn <= FRESH_MS) return false;
      refresh = undefined;
      return true;
    },
    async token(jkt) {
      if (jkt !== key.jkt) throw new Error('a token for another tablet');
      if (refresh === undefined) return anew();
      const { token_endpoint } = await server();
      try {
        return await tokens(token_endpoint, { grant_type: 'refresh_token', refresh_token: refresh });
      } catch {
        return anew(); // The shift is over, or the issuer has forgotten: the person signs in again.
      }
    },
  };
}

/** What a browser does between the request and the code: the page, the passkey, and the way back. */
export async function throughThePage(issuer: string, start: string, login: SoftwarePasskey): Promise<URL> {
  const cookies = new Map<string, string>();
  const ask = async (url: string, asking: HttpAsk = {}): Promise<HttpAnswer> => {
    const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const answer = await askHttp(url, { ...asking, headers: { ...asking.headers, cookie } });
    for (const one of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(one) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const page = new URL(header(await ask(start), 'location') ?? start, issuer).href;
  const json = { 'content-type': 'application/json', origin: issuer };
  const asked = wanted(await ask(`${page}/options`, { method: 'POST', headers: json, body: '{}' }), 200);
  const { challenge } = z.object({ challenge: z.string() }).parse(asked);
  const { authenticatorData, clientDataJSON, signature } = login.assert(unbase64url(challenge));
  const id = base64url(login.kid);
  const response = {
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      authenticatorData: base64url(authenticatorData),
      clientDataJSON: base64url(clientDataJSON),
      signature: base64url(signature),
    },
  };
  const body = JSON.stringify({ response });
  const answer = wanted(await ask(`${page}/passkey`, { method: 'POST', headers: json, body }), 200);
  const { location } = z.object({ location: z.string() }).parse(answer);
  return new URL(header(await ask(location), 'location') ?? location, issuer);
}

const post = (
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> =>
  askHttp(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });

const header = ({ headers }: HttpAnswer, name: string): string | undefined => [headers[name] ?? []].flat()[0];

const PROBLEM = z.object({ error: z.string(), error_description: z.string().optional() });

/** The JSON of an answer with this status. Throws Error with the server's own words for any other. */
function wanted({ status, body }: HttpAnswer, expected: number): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    answer = undefined;
  }
  if (status === expected) return answer;
  const problem = PROBLEM.safeParse(answer).data;
  throw new Error(
    `the issuer answers ${status}: ${problem?.error_description ?? problem?.error ?? body.slice(0, 200)}`,
  );
}
