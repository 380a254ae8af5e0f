import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { readAnchors } from '../../server/protocol/anchors.ts';
import type { Approval } from '../../server/protocol/approval.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { issueGrant } from '../../server/protocol/grant.ts';
import { parseCommand } from '../../server/protocol/command.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { isTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import { type Answer, encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { nodeCrypto, signerFromPem } from '../common/process/crypto.ts';
import { extendLog, type StolenLog } from './stolen-log.ts';

const { sha256 } = nodeCrypto;

/**
 * The gateway in the hands of an attacker: all its keys, its whole log, its address. It speaks the public
 * protocols only. With it the demonstration shows what such a gateway still cannot do.
 */
export interface RogueParts {
  readonly folder: string;
  readonly devicePort: number;
  readonly witnessUrl: string;
  /** Every entry of the log so far, in order, as the attacker copied them. */
  readonly entries: readonly Bytes[];
}

/** What the attacker holds of two honest people: their signatures on what they wanted, and their certificates. */
export interface Stolen {
  readonly approvals: readonly Approval[];
  readonly certificates: readonly Bytes[];
}

/**
 * Waits for one device to dial in, and tries to have it take each of `altered` on signatures made for other bytes.
 * Gives its answers; the last one is the state it attests afterwards.
 */
export async function attack(
  parts: RogueParts,
  altered: readonly Bytes[],
  stolen: Stolen,
): Promise<readonly Answer[]> {
  const keys = (name: string): string => readFileSync(join(parts.folder, 'keys', name), 'utf8');
  const bundles = await forge(parts, keys, altered, stolen);
  const server = createServer({
    key: keys('gateway/tls.key.pem'),
    cert: keys('gateway/tls.cert.pem'),
    ca: keys('public/ca/device-ca.cert.pem'),
    requestCert: true,
    minVersion: 'TLSv1.3',
  });
  const sockets = new WebSocketServer({ server, path: '/device', handleProtocols: () => 'countersign.v1' });
  try {
    return await new Promise<readonly Answer[]>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no device dialled in')), 20_000);
      sockets.on('connection', (socket) => {
        const answers: Answer[] = [];
        const next = (): void => {
          const bundle = bundles[answers.length];
          if (bundle) return socket.send(encodeRequest({ kind: 'deliver', bundle }));
          if (answers.length === bundles.length) return socket.send(encodeRequest({ kind: 'open' }));
          clearTimeout(timer);
          resolve(answers);
        };
        socket.on('message', (data: Buffer) => {
          if (isTelemetry(new Uint8Array(data))) return; // What the device measures is no answer.
          answers.push(parseAnswer(new Uint8Array(data)));
          next();
        });
        next();
      });
      server.on('error', reject).listen(parts.devicePort, '127.0.0.1');
    });
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    server.close();
  }
}

/** Bundles in which everything is genuine that a gateway's keys can make genuine. */
async function forge(
  parts: RogueParts,
  keys: (name: string) => string,
  altered: readonly Bytes[],
  { approvals, certificates }: Stolen,
): Promise<readonly Bytes[]> {
  const intents = altered.map((bytes) =>
    encodeEntry({
      type: 'intent',
      time: Date.now(),
      device: parseCommand(bytes).device,
      command: sha256(bytes),
      kids: approvals.map(({ kid }) => kid),
      tier: 2,
      commitments: [sha256(bytes)],
      link: 1,
    }),
  );
  const log = await extendLog(stolenLog(parts, keys), intents);
  if (log.refused !== undefined) throw new Error(`the witness answers ${log.refused}`);
  const status = new Uint8Array(readFileSync(join(parts.folder, 'keys', 'public', 'status.bin')));
  const grantKey = signerFromPem(keys('gateway/grant.key.pem'));
  const credentials = certificates.map((credential) => {
    const issued = parts.entries.findIndex((entry) => includes(entry, sha256(credential)));
    return { credential, proof: log.prove(issued) };
  });
  return Promise.all(
    altered.map(async (bytes, i) => {
      const { device, nonce } = parseCommand(bytes);
      const intent = intents[i] ?? bytes;
      const grant = await issueGrant(
        {
          device,
          command: sha256(bytes),
          nonce,
          id: sha256(intent).slice(0, 16),
          intentLeaf: leafHash(sha256, intent),
          notAfterTick: 0xffff_ffff,
          issued: Math.floor(Date.now() / 1000),
        },
        grantKey,
      );
      return encodeBundle({
        command: bytes,
        approvals,
        credentials,
        status,
        grant,
        proof: log.prove(parts.entries.length + i),
      });
    }),
  );
}

const stolenLog = (parts: RogueParts, keys: (name: string) => string): StolenLog => ({
  entries: parts.entries,
  anchors: readAnchors(
    nodeCrypto,
    new Uint8Array(readFileSync(join(parts.folder, 'keys/public/anchors.bin'))),
  ),
  signer: signerFromPem(keys('gateway/log.key.pem')),
  witness: {
    url: parts.witnessUrl,
    key: keys('gateway/witness-client.key.pem'),
    cert: keys('gateway/witness-client.cert.pem'),
    ca: keys('public/ca/service-ca.cert.pem'),
  },
});

const includes = (bytes: Bytes, part: Bytes): boolean => Buffer.from(bytes).includes(Buffer.from(part));
