import { readFileSync } from 'node:fs';
import { createServer, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { readAnchors } from '../../server/protocol/anchors.ts';
import type { Approval } from '../../server/protocol/approval.ts';
import { encodeBundle, type Proof } from '../../server/protocol/bundle.ts';
import { type Bytes, base64, concat } from '../../server/protocol/bytes.ts';
import { encodeEntry } from '../../server/protocol/entry.ts';
import { issueGrant } from '../../server/protocol/grant.ts';
import { parseCommand } from '../../server/protocol/command.ts';
import {
  consistencyPath,
  inclusionPath,
  leafHash,
  treeRoot,
  type NodeReader,
} from '../../server/protocol/merkle.ts';
import { formatCheckpoint, formatNote, parseSignatures, signNote } from '../../server/protocol/note.ts';
import { type Answer, encodeRequest, parseAnswer } from '../../server/protocol/wire.ts';
import { nodeCrypto, signerFromPem } from '../common/process/crypto.ts';

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
  const log = await continueLog(parts, keys, intents);
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

/** Extends the stolen log, signs it with the stolen key, and has the honest witness cosign it. */
async function continueLog(
  parts: RogueParts,
  keys: (name: string) => string,
  more: readonly Bytes[],
): Promise<{ prove(index: number): Proof }> {
  const anchors = readAnchors(
    nodeCrypto,
    new Uint8Array(readFileSync(join(parts.folder, 'keys/public/anchors.bin'))),
  );
  const entries = [...parts.entries, ...more];
  const leaves = entries.map((bytes) => leafHash(sha256, bytes));
  const node = reader(leaves);
  const size = leaves.length;
  const body = formatCheckpoint({ origin: anchors.log.origin, size, root: treeRoot(sha256, node, size) });
  const signature = await signNote(
    sha256,
    body,
    anchors.log.origin,
    signerFromPem(keys('gateway/log.key.pem')),
  );
  const note = formatNote({ body, signatures: [signature] });
  const old = parts.entries.length;
  const path = consistencyPath(sha256, node, old, size).map((hash) => base64(hash));
  const answer = await post(parts.witnessUrl, keys, [`old ${old}`, ...path, '', note].join('\n'));
  const checkpoint = formatNote({ body, signatures: [signature, ...parseSignatures(answer)] });
  return {
    prove: (index) => ({
      entry: entries[index] ?? new Uint8Array(),
      index,
      path: inclusionPath(sha256, node, index, size),
      checkpoint,
    }),
  };
}

/** Hashes of complete subtrees, computed from the leaves: the log of a demonstration is short. */
function reader(leaves: readonly Bytes[]): NodeReader {
  const node: NodeReader = (level, index) => {
    if (level === 0) return leaves[index] ?? new Uint8Array(32);
    return sha256(concat(Uint8Array.of(1), node(level - 1, 2 * index), node(level - 1, 2 * index + 1)));
  };
  return node;
}

function post(url: string, keys: (name: string) => string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      `${url}/add-checkpoint`,
      {
        method: 'POST',
        key: keys('gateway/witness-client.key.pem'),
        cert: keys('gateway/witness-client.cert.pem'),
        ca: keys('public/ca/service-ca.cert.pem'),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(text)
            : reject(new Error(`the witness answers ${response.statusCode}: ${text}`)),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

const includes = (bytes: Bytes, part: Bytes): boolean => Buffer.from(bytes).includes(Buffer.from(part));
