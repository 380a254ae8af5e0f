import { Agent, request } from 'node:https';
import { type Bytes, base64, hex, utf8 } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import {
  type NoteKey,
  type NoteSignature,
  WITNESS_KEY,
  NoteError,
  parseDecimal,
  parseSignatures,
  parseVkey,
} from '../protocol/log/note.ts';
import { MAX_NOTE } from '../protocol/log/note-size.ts';
import { MAX_TREE_SIZE } from '../protocol/log/merkle.ts';

/** How a request reaches a witness: HTTPS, or a function call in tests. Rejects when there is no answer in time. */
export type Transport = (request: TransportRequest) => Promise<{ status: number; body: string }>;
export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  /** Below the witness's prefix, without a leading slash. */
  readonly path: string;
  readonly body?: string;
}

/** What a witness said to a checkpoint. `conflict` carries the size it has seen. */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly signatures: readonly NoteSignature[] }
  | { readonly kind: 'conflict'; readonly size: number }
  | { readonly kind: 'unprovable' }
  | { readonly kind: 'refused'; readonly why: string };

/** One witness of one log (C2SP tlog-witness, client side). */
export interface Witness {
  readonly key: NoteKey;
  /** POST add-checkpoint. Rejects when the witness cannot be reached. */
  add(old: number, path: readonly Bytes[], note: string): Promise<WitnessAnswer>;
  /** The last checkpoint it has seen of this log, unverified; null when it has seen none. Rejects when unreachable. */
  last(): Promise<string | null>;
}

/** Throws NoteError when `vkey` is not a witness's key. */
export function witnessClient(crypto: Crypto, origin: string, vkey: string, transport: Transport): Witness {
  const key = parseVkey(crypto.sha256, vkey);
  if (key.type !== WITNESS_KEY) throw new NoteError('policy', `${key.name} is not the key of a witness`);
  const path = `${hex(crypto.sha256(utf8(origin)))}/checkpoint`;
  return {
    key,
    add: async (old, proof, note) => {
      const lines = [`old ${old}`, ...proof.map(base64), '', note];
      const body = lines.join('\n');
      const answer = await transport({ method: 'POST', path: 'add-checkpoint', body });
      switch (answer.status) {
        case 200:
          return { kind: 'cosigned', signatures: parseSignatures(answer.body) };
        case 409:
          return { kind: 'conflict', size: parseDecimal(answer.body.trimEnd(), MAX_TREE_SIZE, 'a size') };
        case 422:
          return { kind: 'unprovable' };
        case 403:
          return { kind: 'refused', why: 'it does not trust this log key (403)' };
        case 404:
          return { kind: 'refused', why: 'it does not know this log (404)' };
        default:
          return { kind: 'refused', why: `it answered ${answer.status}` };
      }
    },
    last: async () => {
      const answer = await transport({ method: 'GET', path });
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
      return answer.body;
    },
  };
}

export interface HttpsOptions {
  /** Prefix of the witness: https, with or without a path. */
  readonly url: string;
  /** PEM: what the witness's certificate must chain to, and the gateway's own client certificate and key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Milliseconds for one answer. */
  readonly timeout: number;
}

/** Mutual TLS 1.3 with kept connections and without Nagle's delay. `close` ends them. */
export function httpsTransport(options: HttpsOptions): {
  transport: Transport;
  close: () => void;
} {
  const { ca, cert, key, timeout } = options;
  const agent = new Agent({
    ca,
    cert,
    key,
    minVersion: 'TLSv1.3',
    keepAlive: true,
    maxSockets: 4,
  });
  const prefix = options.url.endsWith('/') ? options.url : `${options.url}/`;
  const transport: Transport = ({ method, path, body }) =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeout);
      const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const call = request(new URL(path, prefix), { method, agent, headers, signal }, (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_NOTE) response.destroy(new Error('its answer is too long'));
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      call.on('error', reject);
      call.setNoDelay(true);
      call.end(body);
    });
  return { transport, close: () => agent.destroy() };
}
