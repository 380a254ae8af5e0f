import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Provider } from 'oidc-provider';
import { z } from 'zod';
import type { Account, Accounts } from './accounts.ts';
import { FILES, type Pages } from './pages.ts';
import { ASSERTION, ATTESTATION, type Passkeys } from './passkeys.ts';
import { ACR } from './provider.ts';
import { type Language, languageFor, type Texts, TEXTS } from './texts.ts';
import { Tries } from './tries.ts';

/** What the issuer writes down of who came in; names of people and secrets are not among it. */
export type Audit = (event: string, facts: { readonly subject?: string; readonly reason?: string }) => void;

export interface AppParts {
  readonly pages: Pages;
  readonly origin: string;
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly passkeys: Passkeys;
  readonly audit: Audit;
  /** Unix ms. */
  readonly now: () => number;
}

/** A ward behind one address signs in at the change of a shift; a program that floods the page has to wait. */
const TRIES = { perMinute: 300, most: 10_000 };
const MAX_BODY = 32 * 1024;
/** A form on this page would be somebody else's: it has none, so answers of the provider may not be posted either. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' as const },
};

/** A refusal of this page, as problem+json (RFC 9457), in the language of whoever asked. */
class Refused extends Error {
  readonly status: number;
  readonly says: keyof Texts;
  constructor(status: number, says: keyof Texts) {
    super(says);
    this.status = status;
    this.says = says;
  }
}

/** What the browser asks for; its pages ask for their own language. */
const languageOf = (request: Request, asked?: unknown): Language =>
  languageFor(asked, request.acceptsLanguages());

const SECRET = z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/u) });
const REGISTRATION = SECRET.extend({ response: ATTESTATION });
const SIGN_IN = z.strictObject({ response: ASSERTION });
/** What oidc-provider calls the cookies of a session when nothing else is set. */
const SESSION_COOKIES = ['_session', '_session.sig'];

/** Sign-in page and provider under one origin. */
export function makeApp({ origin, pages, provider, accounts, passkeys, audit, now }: AppParts): Express {
  const tries = new Tries(TRIES.perMinute, TRIES.most, now);
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('query parser');
  const headers = helmet(HELMET);
  const own = express.Router({ caseSensitive: true, strict: true });
  own.use(headers, (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  const json = express.json({ limit: MAX_BODY, type: 'application/json', inflate: false });
  /** A page of this origin only, and not too often. */
  const fromPage = (request: Request, _response: Response, next: () => void): void => {
    if (request.headers.origin !== origin) throw new Refused(403, 'elsewhere');
    if (!tries.take(request.socket.remoteAddress ?? '')) throw new Refused(429, 'tooMany');
    next();
  };
  const body = <T>(schema: z.ZodType<T>, request: Request): T => {
    const read = schema.safeParse(request.body);
    if (!read.success) throw new Refused(400, 'notOurs');
    return read.data;
  };
  /** The sign-in that a request belongs to, and the language that it was begun in. */
  const interaction = async (
    request: Request,
    response: Response,
  ): Promise<{ readonly uid: string; readonly locales: unknown }> => {
    const { uid, params } = await provider.interactionDetails(request, response).catch(() => {
      throw new Refused(410, 'ended');
    });
    if (uid !== request.params['uid']) throw new Refused(410, 'another');
    return { uid, locales: params['ui_locales'] };
  };

  for (const [path, { type, body: text }] of FILES)
    own.get(path, (_request, response) => void response.type(type).send(text));
  own.get('/', (request, response) => {
    const language = languageOf(request);
    const { nothing, nothingSays } = TEXTS[language];
    response.type('html').send(pages.saying(language, nothing, nothingSays));
  });
  own.get('/sign-in/:uid', async (request, response) => {
    const { locales } = await interaction(request, response);
    response.type('html').send(pages.signIn(languageOf(request, locales)));
  });
  own.post('/sign-in/:uid/options', fromPage, async (request, response) => {
    response.json(await passkeys.toSignIn((await interaction(request, response)).uid));
  });
  own.post('/sign-in/:uid/passkey', fromPage, json, async (request, response) => {
    const { uid } = await interaction(request, response);
    const account = await passkeys.signedIn(uid, body(SIGN_IN, request).response);
    if (!account) {
      audit('a sign-in was refused', { reason: 'the passkey does not prove it' });
      throw new Refused(403, 'unknown');
    }
    if (account === 'copied') {
      audit('a sign-in was refused', {
        reason: 'the counter of the passkey did not go up: there may be a copy',
      });
      throw new Refused(403, 'copied');
    }
    await beginAnew(request, response, account.subject);
    const login = { accountId: account.subject, acr: ACR, amr: ['hwk', 'user'], remember: true };
    const location = await provider.interactionResult(request, response, { login });
    audit('signed in', { subject: account.subject });
    response.json({ location });
  });
  /**
   * Another person at the same browser begins a session of their own. The one before stays as it is, for the page that holds
   * its tokens: else its owner would be signed out by a colleague, through a page that no policy here lets run.
   */
  async function beginAnew(request: Request, response: Response, subject: string): Promise<void> {
    const details = await provider.interactionDetails(request, response);
    if (!details.session || details.session.accountId === subject) return;
    delete details.session;
    await details.save(details.exp - Math.floor(now() / 1000));
    for (const name of SESSION_COOKIES) response.clearCookie(name);
  }
  own.get(
    '/register',
    (request, response) => void response.type('html').send(pages.register(languageOf(request))),
  );
  const linked = (secret: string): Account => {
    const account = accounts.linked(secret, now());
    if (!account) throw new Refused(403, 'link');
    return account;
  };
  own.post('/register/options', fromPage, json, async (request, response) => {
    const { secret } = body(SECRET, request);
    response.json(await passkeys.toRegister(secret, linked(secret)));
  });
  own.post('/register', fromPage, json, async (request, response) => {
    const { secret, response: answer } = body(REGISTRATION, request);
    const { subject, name, roles } = linked(secret);
    const passkey = await passkeys.registered(secret, answer);
    if (!passkey) throw new Refused(403, 'unchecked');
    if (!accounts.use(secret)) throw new Refused(403, 'link');
    accounts.keep({ subject, name, roles });
    accounts.addPasskey({ ...passkey, subject });
    audit('a passkey was registered', { subject });
    response.status(201).json({});
  });
  app.use(own);
  const provide = provider.callback();
  app.use((request, response) => void provide(request, response));
  app.use(refuse(audit, pages));
  return app;
}

const refuse =
  (audit: Audit, pages: Pages): ErrorRequestHandler =>
  (error: unknown, request, response, _next): void => {
    const status = error instanceof Refused ? error.status : statusOf(error);
    const language = languageOf(request);
    const title = TEXTS[language][error instanceof Refused ? error.says : 'unread'];
    if (status >= 500)
      audit('a request failed', { reason: error instanceof Error ? error.message : 'unknown' });
    if (response.headersSent) return void response.destroy();
    response.status(status);
    if (request.method === 'GET')
      response.type('html').send(pages.saying(language, TEXTS[language].cannot, title));
    else response.type('application/problem+json').send(JSON.stringify({ title, status }));
  };

const statusOf = (error: unknown): number =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
