import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { z } from 'zod';
import { nodeCrypto, signerFromPem } from '../common/process/crypto.ts';
import { oneLine, runProcess } from '../common/process/lifecycle.ts';
import { serveWitness } from './server.ts';
import { folderState } from './state.ts';
import { openWitness } from './witness.ts';

const HELP = `countersign witness: cosigns the checkpoints of logs that only ever grow.

  --config FILE.json   the configuration:
    host, port         where to listen (host: 127.0.0.1 when left out; port 0: any free one)
    name               the witness's name, as it stands in its verification key
    key                PEM file of its Ed25519 key (PKCS#8)
    cert, tlsKey       PEM files of its TLS certificate and key
    clientCa           PEM file of the authority whose client certificates may ask
    logs               [{ "origin": ..., "vkey": ... }], two lines for a log that changes its key; it is read
                       anew while the witness runs
    folder             where it remembers, one file for each log; lose it, and the key has to be retired
  --help               this text
`;

const CONFIG = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  name: z.string().min(1),
  key: z.string().min(1),
  cert: z.string().min(1),
  tlsKey: z.string().min(1),
  clientCa: z.string().min(1),
  logs: z.array(z.strictObject({ origin: z.string().min(1), vkey: z.string().min(1) })).min(1),
  folder: z.string().min(1),
});

/** How long it takes until other logs, or other keys of them, are followed. */
const LOOK_MS = 1_000;

const read = (file: string): string => readFileSync(file, 'utf8');

await runProcess({
  name: 'witness',
  help: HELP,
  main: async (context) => {
    const config = context.readConfig(CONFIG);
    const witness = await openWitness({
      logs: config.logs,
      name: config.name,
      signer: signerFromPem(read(config.key)),
      state: folderState(config.folder),
      crypto: nodeCrypto,
      now: Date.now,
    });
    let [followed, said] = [JSON.stringify(config.logs), ''];
    const look = async (): Promise<void> => {
      const { logs } = context.readConfig(CONFIG);
      const wanted = JSON.stringify(logs);
      if (wanted === followed) return;
      await witness.follow(logs);
      followed = wanted;
      context.log.info('follows other keys', { count: logs.length });
    };
    const looking = setInterval(() => {
      look().catch((error: unknown) => {
        const reason = oneLine(error);
        if (reason !== said) context.log.warn('the configuration is not taken up', { reason });
        said = reason;
      });
    }, LOOK_MS);
    context.onStop('looking for other logs', () => clearInterval(looking));
    const server = createServer({
      cert: read(config.cert),
      key: read(config.tlsKey),
      ca: read(config.clientCa),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    });
    const { port, stop } = await serveWitness(server, witness, { host: config.host, port: config.port }, () =>
      context.log.error('a checkpoint could not be stored', { name: config.name }),
    );
    context.onStop('the server', stop);
    context.ready({ port });
  },
});
