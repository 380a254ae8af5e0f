import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Provider } from 'oidc-provider';
import { z } from 'zod';
import type { Account, Accounts } from './accounts.ts';
import { FILES, pageSaying, REGISTER_PAGE, SIGN_IN_PAGE } from './pages.ts';
import { ASSERTION, ATTESTATION, type Passkeys } from './passkeys.ts';
import { ACR } from './provider.ts';
import { Tries } from './tries.ts';

/** What the issuer writes down of who came in; names of people and secrets are not among it. */
export type Audit = (event: string, facts: { readonly subject?: string; readonly reason?: string }) => void;

export interface AppParts {
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

/** A refusal of this page, as problem+json (RFC 9457). */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, title: string) {
    super(title);
    this.status = status;
  }
}

const SECRET = z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/u) });
const REGISTRATION = SECRET.extend({ response: ATTESTATION });
const SIGN_IN = z.strictObject({ response: ASSERTION });
/** What oidc-provider calls the cookies of a session when nothing else is set. */
const SESSION_COOKIES = ['_session', '_session.sig'];
const NOT_A_LINK = 'This link was used, or is older than 15 minutes. Ask an operator for a new one.';

/** Sign-in page and provider under one origin. */
export function makeApp({ origin, provider, accounts, passkeys, audit, now }: AppParts): Express {
  const tries = new Tries(TRIES.perMinute, TRIES.most, now);
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('query parser');
  const pages = helmet(HELMET);
  const own = express.Router({ caseSensitive: true, strict: true });
  own.use(pages, (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  const json = express.json({ limit: MAX_BODY, type: 'application/json', inflate: false });
  /** A page of this origin only, and not too often. */
  const fromPage = (request: Request, _response: Response, next: () => void): void => {
    if (request.headers.origin !== origin) throw new Refused(403, 'Asked from another page.');
    if (!tries.take(request.socket.remoteAddress ?? ''))
      throw new Refused(429, 'Too many tries. Wait a minute, then try again.');
    next();
  };
  const body = <T>(schema: z.ZodType<T>, request: Request): T => {
    const read = schema.safeParse(request.body);
    if (!read.success) throw new Refused(400, 'That is not what this page sends. Load it again.');
    return read.data;
  };
  const interaction = async (request: Request, response: Response): Promise<string> => {
    const { uid } = await provider.interactionDetails(request, response).catch(() => {
      throw new Refused(410, 'This sign-in has ended. Go back to the tablet and start again.');
    });
    if (uid !== request.params['uid']) throw new Refused(410, 'This is another sign-in. Start again.');
    return uid;
  };

  for (const [path, { type, body: text }] of FILES)
    own.get(path, (_request, response) => void response.type(type).send(text));
  own.get('/', (_request, response) => {
    response
      .type('html')
      .send(pageSaying('Nothing to do here', 'Sign-in begins on the tablet or in a program.'));
  });
  own.get('/sign-in/:uid', async (request, response) => {
    await interaction(request, response);
    response.type('html').send(SIGN_IN_PAGE);
  });
  own.post('/sign-in/:uid/options', fromPage, async (request, response) => {
    response.json(await passkeys.toSignIn(await interaction(request, response)));
  });
  own.post('/sign-in/:uid/passkey', fromPage, json, async (request, response) => {
    const uid = await interaction(request, response);
    const account = await passkeys.signedIn(uid, body(SIGN_IN, request).response);
    if (!account) {
      audit('a sign-in was refused', { reason: 'the passkey does not prove it' });
      throw new Refused(
        403,
        'This passkey is not known here. Use another one, or ask an operator for a link.',
      );
    }
    if (account === 'copied') {
      audit('a sign-in was refused', {
        reason: 'the counter of the passkey did not go up: there may be a copy',
      });
      throw new Refused(
        403,
        'There may be a copy of this passkey, so it does not count any more. Tell an operator, and ask for a new link.',
      );
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
  own.get('/register', (_request, response) => void response.type('html').send(REGISTER_PAGE));
  const linked = (secret: string): Account => {
    const account = accounts.linked(secret, now());
    if (!account) throw new Refused(403, NOT_A_LINK);
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
    if (!passkey) throw new Refused(403, 'The passkey could not be checked. Try again.');
    if (!accounts.use(secret)) throw new Refused(403, NOT_A_LINK);
    accounts.keep({ subject, name, roles });
    accounts.addPasskey({ ...passkey, subject });
    audit('a passkey was registered', { subject });
    response.status(201).json({});
  });
  app.use(own);
  const provide = provider.callback();
  app.use((request, response) => void provide(request, response));
  app.use(refuse(audit));
  return app;
}

const refuse =
  (audit: Audit): ErrorRequestHandler =>
  (error: unknown, request, response, _next): void => {
    const status = error instanceof Refused ? error.status : statusOf(error);
    const title = error instanceof Refused ? error.message : 'That could not be read. Load the page again.';
    if (status >= 500)
      audit('a request failed', { reason: error instanceof Error ? error.message : 'unknown' });
    if (response.headersSent) return void response.destroy();
    response.status(status);
    if (request.method === 'GET') response.type('html').send(pageSaying('This sign-in cannot go on', title));
    else response.type('application/problem+json').send(JSON.stringify({ title, status }));
  };

const statusOf = (error: unknown): number =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
