import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyFromPem, signerFromPem } from '../common/process/crypto.ts';
import { runProcess } from '../common/process/lifecycle.ts';
import { Authority } from './authority.ts';
import { CONFIG } from './config.ts';
import { Enrolled } from './enrolled.ts';
import { FleetList } from './fleet.ts';
import { openEst } from './open-est.ts';
import { published, type TreeAnswer } from './tree.ts';

const HELP = `countersign authority: certifies people's passkeys, ends certificates, and publishes both, signed.

  --config FILE.json   the configuration:
    host, port         where to listen (host: 127.0.0.1 when left out)
    key, cert          PEM files of its TLS key and certificate
    authorityKey       PEM file of the key that signs credentials and revocation lists; it never leaves this process
    formerKeys         [PEM file of the public half], keys before that one: what they signed counts until the anchors
                       drop them, and until then everybody is certified anew
    est                optional: { port, caKey, caCert, identityCa, anchors }, enrolment of devices (RFC 7030) on a
                       port of its own: the CA of the hospital's devices, the CA of the maker, the signed anchors
    folder             what is asked for and what is published (0700)
  --help               this text

It answers  GET /published/index.json, GET /published/PATH  and  GET /notices/SUBJECT, and takes nothing.
An operator asks with  node clients/authority/admin.ts --help; anchors change with  anchors-admin.ts --help.
`;
/** An operator who revokes somebody does not want to wait. */
const WORK_MS = 1_000;

await runProcess({
  name: 'authority',
  help: HELP,
  main: async (context) => {
    const config = context.readConfig(CONFIG);
    const signer = signerFromPem(readFileSync(config.authorityKey, 'utf8'));
    const former = config.formerKeys.map((file) => publicKeyFromPem(readFileSync(file, 'utf8')));
    const authority = new Authority({
      folder: config.folder,
      signer,
      former,
      now: Date.now,
      audit: (event, facts) => context.log.info(event, facts),
    });
    const enrolled = new Enrolled(join(config.folder, 'devices'));
    const fleet = new FleetList({
      published: join(config.folder, 'published'),
      enrolled,
      signer,
      former,
      now: Date.now,
      audit: (event, facts) => context.log.info(event, facts),
    });
    const est = config.est && (await openEst(config, config.est, authority, enrolled, context));
    const all = async (): Promise<void> => {
      await authority.work();
      await est?.enrolments.work();
      await fleet.publish();
    };
    await all();
    let turn: Promise<unknown> = Promise.resolve();
    const work = setInterval(() => {
      turn = turn.then(all).catch((error: unknown) =>
        context.log.error('could not publish', {
          reason: error instanceof Error ? error.message : String(error),
        }),
      );
    }, WORK_MS);
    context.onStop('the work', async () => {
      clearInterval(work);
      await turn;
    });

    const answer = async (path: string): Promise<TreeAnswer> => {
      const subject = /^\/notices\/([0-9a-f]{32})$/u.exec(path)?.[1];
      if (subject !== undefined) {
        const notices = await authority.notices(subject);
        return { status: 200, type: 'application/json', body: JSON.stringify({ notices }) };
      }
      const file = /^\/published\/(.+)$/u.exec(path)?.[1] ?? '';
      return published(join(config.folder, 'published'), file);
    };
    const server = createServer(
      { key: readFileSync(config.key), cert: readFileSync(config.cert), minVersion: 'TLSv1.3' },
      (request, response) => {
        const { method = '', url = '' } = request;
        const asked: Promise<TreeAnswer> =
          method === 'GET' && url.length < 200
            ? answer(url)
            : Promise.resolve({
                status: 405,
                type: 'text/plain',
                body: 'The authority takes nothing here.\n',
              });
        asked.then(
          ({ status, type, body }) => {
            response.writeHead(status, {
              'content-type': type,
              'cache-control': 'no-store',
              'x-content-type-options': 'nosniff',
            });
            response.end(body);
          },
          (error: unknown) => {
            context.log.error('a request failed', {
              reason: error instanceof Error ? error.message : String(error),
            });
            response.writeHead(500).end();
          },
        );
      },
    );
    server.headersTimeout = 5_000;
    server.requestTimeout = 10_000;
    server.maxConnections = 200;
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
    context.ready({ port, ...(est && { estPort: est.port }) });
  },
});
