import { digestText, randomText, type TabletKey } from './key.ts';
import { object, textIn } from './said.ts';
import { t } from '../texts/texts.ts';

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
}

/** The person has to sign in again. */
export class SignedOut extends Error {
  constructor() {
    super(t().trouble.signedOut);
  }
}

/** The sign-in did not come to its end: the text says so, with what stopped it for who looks after the system. */
export class NotSignedIn extends Error {
  constructor(what: string) {
    super(t().trouble.signIn(what));
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
 */
export async function signIn(at: SignInAt, key: TabletKey, given: AbortSignal): Promise<Tokens> {
  // Opened by the press itself: later, a browser takes it for an advertisement.
  const page = window.open('', '_blank', 'popup,width=720,height=780');
  if (!page) throw new NotSignedIn('the browser has blocked its window');
  page.opener = null;
  try {
    return await signInOn(page, at, key, given);
  } catch (error) {
    page.close();
    throw error;
  }
}

async function signInOn(shown: Window, at: SignInAt, key: TabletKey, given: AbortSignal): Promise<Tokens> {
  const server = object(await answer(`${at.issuer}/.well-known/openid-configuration`), 'issuer');
  if (textIn(server, 'issuer') !== at.issuer) throw new NotSignedIn('the sign-in server has another name');
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
  };
  const pushed = object(
    await answer(textIn(server, 'pushed_authorization_request_endpoint'), request),
    'pushed request',
  );
  const back = codeFor(state, given);
  const page = new URLSearchParams({ client_id: at.client, request_uri: textIn(pushed, 'request_uri') });
  shown.location.replace(`${textIn(server, 'authorization_endpoint')}?${page}`);
  const { code, iss } = await back;
  if (iss !== at.issuer) throw new NotSignedIn('the answer came from another sign-in server');
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
    given.addEventListener('abort', () => {
      channel.close();
      reject(new NotSignedIn('the sign-in was given up'));
    });
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
    if (!response.ok) throw new NotSignedIn('the sign-in server cannot answer now');
    const said = object(await response.json(), 'tokens');
    return { access: textIn(said, 'access_token'), refresh: textIn(said, 'refresh_token') };
  };
}

async function answer(url: string, form?: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await send(url, form);
  if (!response.ok) throw new NotSignedIn('the sign-in server refuses this page');
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
    throw new NotSignedIn('the sign-in server does not answer');
  });
}
