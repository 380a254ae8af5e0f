import * as z from 'zod/mini';
import { text, unbase64url } from '../../../../server/protocol/encoding/bytes.ts';
import { language } from '../texts.ts';
import { read } from './json.ts';
import { digestOf, randomText, type TabletKey } from './tablet-key.ts';

/** Where this page signs people in. */
export interface SignInPlace {
  /** Address of the token issuer, exactly as its tokens say it. */
  readonly issuer: string;
  readonly client: string;
  /** This page's own address to come back to. */
  readonly redirectUri: string;
  /** Base of the gateway's API. */
  readonly audience: string;
  readonly scope: string;
}

/** Access tokens of one person for this device: each one is good for two minutes. */
export interface Tokens {
  /** The newest token; asks for another when it is old. Throws SignInEnded when the issuer gives none. */
  token(): Promise<string>;
  /** How long ago the person signed in with the passkey (ms). */
  age(): number;
  /** What the issuer calls the person, for their own screen alone. */
  name(): string;
}

/** The person has to sign in again: the shift is over, or somebody ended it. */
export class SignInEnded extends Error {}

/** Nobody signed in, and why: the sign-in server is away, the browser has blocked its window, or something else. */
export class SignInFailed extends Error {
  readonly why: 'sign-in-away' | 'sign-in-blocked' | 'window';
  constructor(why: SignInFailed['why']) {
    super(why);
    this.why = why;
  }
}

const SERVER = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  pushed_authorization_request_endpoint: z.string(),
});
const PUSHED = z.object({ request_uri: z.string() });
const GIVEN = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.optional(z.string()),
});
const WHO = z.object({ name: z.string().check(z.maxLength(60)) });
/** Tokens live two minutes; the second one is there before the first has ended. */
const RENEW_MS = 45_000;
const PATIENCE_MS = 10_000;
/** Between the two windows of one sign-in: never left to the address of anything. */
const CHANNEL = 'countersign.signed-in';
const ANSWER = z.object({ state: z.string(), code: z.string(), iss: z.string() });

/**
 * Signs a person in at the issuer (OAuth 2.1 code flow with PAR, PKCE and DPoP): a second window shows the issuer's own
 * page, and brings the code back. This page stays as it is meanwhile, a draft on it included.
 *
 * @param given aborts the wait when the person gives up @param first what the issuer's page makes a passkey with first: a
 * link's secret with its #, so that no server sees it
 * @throws SignInFailed
 */
export async function signIn(
  place: SignInPlace,
  key: TabletKey,
  given: AbortSignal,
  first = '',
): Promise<Tokens> {
  // By the press itself: a browser blocks a window that comes seconds later, when the issuer has answered at last.
  const issuersPage = open('', '_blank', 'popup,width=720,height=780');
  if (!issuersPage) throw new SignInFailed('sign-in-blocked');
  issuersPage.opener = null;
  try {
    return await signInAt(place, key, (url) => issuersPage.location.replace(url + first), given);
  } catch (error) {
    issuersPage.close();
    throw error;
  }
}

async function signInAt(
  { issuer, client, redirectUri, audience, scope }: SignInPlace,
  key: TabletKey,
  show: (url: string) => void,
  given: AbortSignal,
): Promise<Tokens> {
  const said = await asked(() => fetch(`${issuer}/.well-known/openid-configuration`, PATIENT()));
  const server = read(SERVER, await said.json(), 'the issuer');
  if (server.issuer !== issuer) throw new SignInFailed('window');
  const verifier = randomText(32);
  const state = randomText(16);
  const pushed = await asked(() =>
    fetch(server.pushed_authorization_request_endpoint, {
      ...PATIENT(),
      ...form({
        client_id: client,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: `openid ${scope}`,
        resource: audience,
        code_challenge: digestOf(verifier),
        code_challenge_method: 'S256',
        state,
        dpop_jkt: key.jkt,
        prompt: 'login',
        ui_locales: language.value,
      }),
    }),
  );
  const { request_uri } = read(PUSHED, await pushed.json(), 'the issuer');
  const waited = answerTo(state, given);
  show(`${server.authorization_endpoint}?${new URLSearchParams({ client_id: client, request_uri })}`);
  const { code, iss } = await waited;
  if (iss !== issuer) throw new SignInFailed('window');
  const since = performance.now();
  const exchange = exchanges(server.token_endpoint, client, key);
  const first = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  };
  let held = await exchange({ ...first, resource: audience });
  let at = performance.now();
  let renewal: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    try {
      held = await exchange({ grant_type: 'refresh_token', refresh_token: held.refresh_token });
      at = performance.now();
      return held.access_token;
    } finally {
      renewal = undefined;
    }
  };
  const { name } = read(WHO, claimsOf(held.id_token ?? ''), 'the ID token');
  return {
    age: () => performance.now() - since,
    name: () => name,
    token() {
      if (performance.now() - at < RENEW_MS) return Promise.resolve(held.access_token);
      return (renewal ??= renew());
    },
  };
}

/**
 * What an ID token says (OpenID Connect Core, section 3.1.3.7: it came from the token endpoint itself, so its signature need
 * not be checked). Nothing is allowed because of it.
 */
function claimsOf(token: string): unknown {
  const [, claims = ''] = token.split('.');
  return JSON.parse(text(unbase64url(claims)));
}

/** What the second window does when the issuer sent it back: hands the code over and is done. */
export function handOver(address: Location, history: History): 'handed' | 'failed' {
  const said = new URLSearchParams(address.search);
  history.replaceState(undefined, '', '/signed-in'); // the code stands in no history
  const answer = z.safeParse(ANSWER, Object.fromEntries(said));
  if (!answer.success) return 'failed';
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(answer.data);
  channel.close();
  return 'handed';
}

function answerTo(state: string, given: AbortSignal): Promise<z.infer<typeof ANSWER>> {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    given.addEventListener('abort', () => {
      channel.close();
      reject(new Error('the sign-in was given up'));
    });
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const answer = z.safeParse(ANSWER, data);
      if (!answer.success || answer.data.state !== state) return; // another window's
      channel.close();
      resolve(answer.data);
    });
  });
}

/** Asks for tokens, once more when the issuer wants another nonce in the proof (RFC 9449 section 8). */
function exchanges(endpoint: string, client: string, key: TabletKey) {
  let nonce: string | undefined;
  const once = async (fields: Readonly<Record<string, string>>): Promise<Response> => {
    const dpop = await key.prove({ method: 'POST', url: endpoint, token: undefined, nonce });
    const request = form({ client_id: client, ...fields });
    const answer = await fetch(endpoint, { ...PATIENT(), ...request, headers: { ...request.headers, dpop } });
    nonce = answer.headers.get('dpop-nonce') ?? nonce;
    return answer;
  };
  return async (fields: Readonly<Record<string, string>>): Promise<z.infer<typeof GIVEN>> => {
    let answer = await once(fields);
    if (answer.status === 400 && (await answer.clone().text()).includes('use_dpop_nonce'))
      answer = await once(fields);
    if (answer.status === 400 || answer.status === 401)
      throw new SignInEnded('the issuer gives no token any more');
    if (!answer.ok) throw new SignInFailed('sign-in-away');
    return read(GIVEN, await answer.json(), 'the issuer');
  };
}

const PATIENT = (): RequestInit => ({ signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store' });

const form = (fields: Readonly<Record<string, string>>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

async function asked(ask: () => Promise<Response>): Promise<Response> {
  const answer = await ask().catch(() => undefined);
  if (!answer) throw new SignInFailed('sign-in-away');
  if (!answer.ok) throw new SignInFailed('window');
  return answer;
}
