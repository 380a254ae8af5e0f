import { request as httpsRequest } from 'node:https';
import type { Anchors } from '../../server/protocol/anchors.ts';
import type { Proof } from '../../server/protocol/bundle.ts';
import { type Bytes, base64, concat } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import {
  consistencyPath,
  inclusionPath,
  leafHash,
  type NodeReader,
  treeRoot,
} from '../../server/protocol/log/merkle.ts';
import {
  formatCheckpoint,
  formatNote,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  signNote,
} from '../../server/protocol/log/note.ts';
import { nodeCrypto } from '../common/process/crypto.ts';

const { sha256 } = nodeCrypto;

/** A log in the hands of somebody who has its entries and signs with `signer`, whether that key is trusted or not. */
export interface StolenLog {
  readonly entries: readonly Bytes[];
  readonly anchors: Anchors;
  readonly signer: Signer;
  readonly witness: Witness;
}

/** How the honest witness is reached. PEM; it lets in whoever has the gateway's client certificate. */
export interface Witness {
  readonly url: string;
  readonly key?: string;
  readonly cert?: string;
  readonly ca: string;
}

export interface Extended {
  readonly entries: readonly Bytes[];
  readonly checkpoint: string;
  /** What the witness said when it did not cosign. */
  readonly refused: string | undefined;
  prove(index: number): Proof;
}

/** Extends the log, signs it, and asks the honest witness to cosign. A witness that does not is no error here. */
export async function extendLog(log: StolenLog, more: readonly Bytes[]): Promise<Extended> {
  const entries = [...log.entries, ...more];
  const leaves = entries.map((bytes) => leafHash(sha256, bytes));
  const node = reader(leaves);
  const size = leaves.length;
  const { origin } = log.anchors.log;
  const body = formatCheckpoint({ origin, size, root: treeRoot(sha256, node, size) });
  const signature = await signNote(sha256, body, origin, log.signer);
  const note = formatNote({ body, signatures: [signature] });
  const ask = (old: number): Promise<{ status: number; body: string }> => {
    const path = old === 0 ? [] : consistencyPath(sha256, node, old, size).map((hash) => base64(hash));
    return post(log.witness, [`old ${old}`, ...path, '', note].join('\n'));
  };
  let answer = await ask(log.entries.length);
  // It has seen another size than there are entries: it says which, and is asked from there.
  const seen = answer.status === 409 ? Number(answer.body) : Number.NaN;
  if (seen <= size) answer = await ask(seen);
  const cosignatures = answer.status === 200 ? parseSignatures(answer.body) : [];
  const checkpoint = formatNote({ body, signatures: [signature, ...cosignatures] });
  return {
    entries,
    checkpoint,
    refused: answer.status === 200 ? undefined : `${answer.status} ${answer.body.trim()}`.trim(),
    prove: (index) => ({
      entry: entries[index] ?? new Uint8Array(),
      index,
      path: inclusionPath(sha256, node, index, size),
      checkpoint,
    }),
  };
}

/** Proof of the entry that names a digest, from a whole log and its checkpoint. Throws Error when no entry does. */
export function proofOf(entries: readonly Bytes[], digest: Bytes, checkpoint: string): Proof {
  const { size } = parseCheckpoint(parseNote(checkpoint).body);
  const index = entries.findIndex((entry) => Buffer.from(entry).includes(Buffer.from(digest)));
  const entry = entries[index];
  if (!entry || index >= size) throw new Error('no entry of this log names it');
  const node = reader(entries.slice(0, size).map((bytes) => leafHash(sha256, bytes)));
  return { entry, index, path: inclusionPath(sha256, node, index, size), checkpoint };
}

/** Hashes of complete subtrees, computed from the leaves once each. */
function reader(leaves: readonly Bytes[]): NodeReader {
  const known = new Map<string, Bytes>();
  const node: NodeReader = (level, index) => {
    if (level === 0) return leaves[index] ?? new Uint8Array(32);
    const name = `${level}/${index}`;
    const seen = known.get(name);
    if (seen) return seen;
    const hash = sha256(concat(Uint8Array.of(1), node(level - 1, 2 * index), node(level - 1, 2 * index + 1)));
    known.set(name, hash);
    return hash;
  };
  return node;
}

/** Status 0 when the witness did not even answer: its TLS lets only the gateway in. */
function post({ url, ...tls }: Witness, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const call = httpsRequest(`${url}/add-checkpoint`, { method: 'POST', ...tls }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', (error) => resolve({ status: 0, body: error.message }));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    call.on('error', (error) => resolve({ status: 0, body: error.message }));
    call.end(body);
  });
}
