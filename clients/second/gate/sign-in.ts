import { unbase64url } from '../check/bytes.ts';
import { digestText, randomText, type TabletKey } from './key.ts';
import { object, textIn } from './said.ts';
import { language, t } from '../texts/texts.ts';

/** Where people sign in, and where this page gets its answer. */
export interface SignInAt {
  readonly issuer: string;
  readonly client: string;
  readonly redirect: string;
  readonly audience: string;
}

/** Tokens of the person who signed in. */
export interface Tokens {
  /** An access token that has not ended. Throws SignedOut. */
  token(): Promise<string>;
  /** How long ago the person signed in, in ms. */
  age(): number;
  /** What the sign-in server calls the person, for this page's own frame; empty when it does not say. */
  readonly name: string;
}

/** The person has to sign in again. */
export class SignedOut extends Error {
  constructor() {
    super(t().trouble.signedOut);
  }
}

/** The sign-in did not come to its end: the text says so, with what stopped it for who looks after the system. */
export class NotSignedIn extends Error {
  constructor(why: 'blocked' | 'another' | 'busy' | 'refuses' | 'silent' | 'ended') {
    super(t().trouble.signIn(t().trouble.stopped[why]));
  }
}

const SCOPE = 'read command';
/** Tokens live two minutes. */
const RENEW_MS = 45_000;
const WAIT_MS = 10_000;
const CHANNEL = 'second-signer.signed-in';

/**
 * Signs somebody in at the issuer: a pushed request (RFC 9126), the issuer's own page in a second window, a code that only
 * this page can use (PKCE), and tokens bound to this tablet's key (DPoP). Throws NotSignedIn.
 *
 * @param given up by the person
 * @param first what the issuer's page makes a passkey with, before it signs in with it: a link's secret, with its #
 */
export async function signIn(at: SignInAt, key: TabletKey, given: AbortSignal, first = ''): Promise<Tokens> {
  // Opened by the press itself: later, a browser takes it for an advertisement.
  const page = window.open('', '_blank', 'popup,width=720,height=780');
  if (!page) throw new NotSignedIn('blocked');
  page.opener = null;
  try {
    return await signInOn((url) => page.location.replace(url + first), at, key, given);
  } catch (error) {
    page.close();
    throw error;
  }
}

async function signInOn(
  show: (url: string) => void,
  at: SignInAt,
  key: TabletKey,
  given: AbortSignal,
): Promise<Tokens> {
  const server = object(await answer(`${at.issuer}/.well-known/openid-configuration`), 'issuer');
  if (textIn(server, 'issuer') !== at.issuer) throw new NotSignedIn('another');
  const verifier = randomText(32);
  const state = randomText(16);
  const request = {
    client_id: at.client,
    response_type: 'code',
    redirect_uri: at.redirect,
    scope: `openid ${SCOPE}`,
    resource: at.audience,
    code_challenge: await digestText(verifier),
    code_challenge_method: 'S256',
    state,
    dpop_jkt: key.jkt,
    prompt: 'login',
    ui_locales: language(),
  };
  const pushed = object(
    await answer(textIn(server, 'pushed_authorization_request_endpoint'), request),
    'pushed request',
  );
  const back = codeFor(state, given);
  const page = new URLSearchParams({ client_id: at.client, request_uri: textIn(pushed, 'request_uri') });
  show(`${textIn(server, 'authorization_endpoint')}?${page}`);
  const { code, iss } = await back;
  if (iss !== at.issuer) throw new NotSignedIn('another');
  const exchange = exchanger(textIn(server, 'token_endpoint'), at.client, key);
  const form = { grant_type: 'authorization_code', code, redirect_uri: at.redirect, code_verifier: verifier };
  let held = await exchange({ ...form, resource: at.audience });
  const signedIn = performance.now();
  let since = signedIn;
  let renewing: Promise<void> | undefined;
  const renew = async (): Promise<void> => {
    held = await exchange({ grant_type: 'refresh_token', refresh_token: held.refresh });
    since = performance.now();
  };
  return {
    async token() {
      if (performance.now() - since > RENEW_MS)
        await (renewing ??= renew().finally(() => (renewing = undefined)));
      return held.access;
    },
    age: () => performance.now() - signedIn,
    name: nameIn(held.identity),
  };
}

/** What the second window does when the issuer sends it back: hands the code over. False when there is none. */
export function handOver(): boolean {
  const said = Object.fromEntries(new URLSearchParams(location.search));
  history.replaceState(undefined, '', '/signed-in');
  if (said['code'] === undefined) return false;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(said);
  channel.close();
  return true;
}

function codeFor(state: string, given: AbortSignal): Promise<{ code: string; iss: string }> {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    const end = (): void => {
      channel.close();
      reject(new NotSignedIn('ended'));
    };
    if (given.aborted) return end();
    given.addEventListener('abort', end);
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const said = object(data, 'sign-in');
      if (said['state'] !== state) return;
      channel.close();
      resolve({ code: textIn(said, 'code'), iss: textIn(said, 'iss') });
    });
  });
}

function exchanger(endpoint: string, client: string, key: TabletKey) {
  let nonce: string | undefined;
  const once = async (form: Readonly<Record<string, string>>): Promise<Response> => {
    const dpop = await key.prove({ method: 'POST', url: endpoint, nonce });
    const response = await send(endpoint, { client_id: client, ...form }, { dpop });
    nonce = response.headers.get('dpop-nonce') ?? nonce;
    return response;
  };
  return async (form: Readonly<Record<string, string>>) => {
    let response = await once(form);
    if (response.status === 400 && (await response.clone().text()).includes('use_dpop_nonce'))
      response = await once(form);
    if (response.status === 400 || response.status === 401) throw new SignedOut();
    if (!response.ok) throw new NotSignedIn('busy');
    const said = object(await response.json(), 'tokens');
    return {
      access: textIn(said, 'access_token'),
      refresh: textIn(said, 'refresh_token'),
      identity: said['id_token'],
    };
  };
}

/**
 * The name in an ID token. It came from the token endpoint itself, so its signature need not be checked (OpenID Connect Core,
 * section 3.1.3.7), and nothing is allowed because of it.
 */
function nameIn(token: unknown): string {
  if (typeof token !== 'string') return '';
  const [, claims = ''] = token.split('.');
  const said: unknown = JSON.parse(new TextDecoder().decode(unbase64url(claims)));
  const { name } = object(said, 'ID token');
  return typeof name === 'string' ? name.slice(0, 60) : '';
}

async function answer(url: string, form?: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await send(url, form);
  if (!response.ok) throw new NotSignedIn('refuses');
  return response.json();
}

function send(
  url: string,
  form?: Readonly<Record<string, string>>,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(url, {
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    ...(headers && { headers }),
    cache: 'no-store',
    signal: AbortSignal.timeout(WAIT_MS),
  }).catch(() => {
    throw new NotSignedIn('silent');
  });
}
