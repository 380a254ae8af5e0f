import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../common/process/lifecycle.ts';
import { Accounts } from './accounts.ts';
import { makeApp } from './app.ts';
import { CONFIG } from './config.ts';
import { makePages } from './pages.ts';
import { Passkeys } from './passkeys.ts';
import { makeProvider } from './provider.ts';
import { secretsIn } from './secrets.ts';
import { Shelf } from './shelf.ts';

const HELP = `countersign issuer: signs people in with passkeys, and gives out access tokens (OpenID Connect, FAPI 2.0 shape).

  --config FILE.json   the configuration:
    url                its public address, an origin such as https://id.example; tokens say it in "iss"
    host, port         where to listen (host: 127.0.0.1 when left out)
    key, cert          PEM files of its TLS key and certificate
    audience           base of the gateway's API, which tokens say in "aud"
    signingKeys        PEM files (P-256): the first signs, all are published. To rotate, put a new one in front,
                       and take the old one out when the last token it signed has ended (two minutes)
    clients            [{ "id", "name", "redirectUris": [...] }]: tablets and programs that may ask
    folder             where accounts, sessions and links are kept (0700)
    shiftMinutes       how long a sign-in lasts at most (default 720)
    simulation         true where nobody is a real patient: every page says so
  --help               this text

Nobody can sign in at first: there is no default account and no password.
  node clients/issuer/admin.ts link --config FILE.json ...   makes a link with which a person registers a passkey
`;
const SWEEP_MS = 60_000;

await runProcess({
  name: 'issuer',
  help: HELP,
  main: async (context) => {
    const config = context.readConfig(CONFIG);
    const { cookieKeys, nonceSecret } = secretsIn(config.folder);
    const accounts = new Accounts(config.folder);
    const shelf = new Shelf(join(config.folder, 'state'), Date.now);
    const sweep = setInterval(() => shelf.sweep(), SWEEP_MS);
    context.onStop('the sweep', () => clearInterval(sweep));
    const pages = makePages(config.simulation === true);
    const provider = makeProvider({
      pages,
      config,
      accounts,
      shelf,
      cookieKeys,
      nonceSecret,
      signInPath: (uid) => `/sign-in/${uid}`,
      surprised: (error) => context.log.error('unforeseen', { reason: error.message }),
    });
    const app = makeApp({
      pages,
      origin: config.url,
      provider,
      accounts,
      passkeys: new Passkeys(accounts, config.url, Date.now),
      audit: (event, facts) => context.log.info(event, facts),
      now: Date.now,
    });
    const server =
      config.key === undefined || config.cert === undefined
        ? createPlain(app)
        : createServer(
            { key: readFileSync(config.key), cert: readFileSync(config.cert), minVersion: 'TLSv1.3' },
            app,
          );
    server.headersTimeout = 5_000;
    server.requestTimeout = 10_000;
    server.maxConnections = 1_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, config.host, resolve);
    });
    context.onStop('the server', () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    });
    const address = server.address();
    context.ready({ port: typeof address === 'object' && address ? address.port : config.port });
  },
});
