import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import { runProcess } from '../common/process/lifecycle.ts';
import { makeApp } from './app.ts';
import { readBundle } from './bundle.ts';
import { CONFIG } from './config.ts';

const HELP = `countersign host: serves one bundle of pages from an origin of its own. It holds no key and no patient.

  --config FILE.json   the configuration:
    url                its public address, an origin such as https://sign-a.example; signing passkeys belong to it
    host, port         where to listen (host: 127.0.0.1 when left out)
    key, cert          PEM files of its TLS key and certificate
    pages              folder of the built bundle
    anchors            the signed anchors with which the pages judge devices and logs
    verifier           the offline verifier page, for people to save; left out where it is not offered
  place              { environment, site, gateway, issuer, stations }: what the pages are told about where they are
  --help               this text
`;

/** Reads a small file anew each time; one that cannot be read now is served as it was. Throws when it never could be. */
function latest(path: string): () => Buffer {
  let bytes = readFileSync(path);
  return () => {
    try {
      bytes = readFileSync(path);
    } catch {
      // It is being replaced, or its disk is away.
    }
    return bytes;
  };
}

await runProcess({
  name: 'host',
  help: HELP,
  main: async (context) => {
    const config = context.readConfig(CONFIG);
    const bundle = readBundle(config.pages);
    const { anchors } = config;
    const app = makeApp({
      config,
      bundle,
      anchors: anchors === undefined ? undefined : latest(anchors),
      verifier: config.verifier === undefined ? undefined : readFileSync(config.verifier),
      refused: (name) => context.log.warn('a page was refused something by its policy', { name }),
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
    server.maxConnections = 500;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, config.host, resolve);
    });
    context.onStop('the server', () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : config.port;
    context.ready({ port, build: bundle.build });
  },
});
