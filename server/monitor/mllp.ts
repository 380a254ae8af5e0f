import { connect, type TLSSocket } from 'node:tls';
import { ackOf } from './hl7.ts';

/** Where the hospital's interface engine listens. */
export interface Engine {
  readonly host: string;
  readonly port: number;
  /** The name its certificate has to carry. */
  readonly hostname: string;
  /** PEM: the authority of its certificate, and this gateway's own key and certificate where it asks for one. */
  readonly ca: string;
  readonly key?: string;
  readonly cert?: string;
}

/** What became of one message. `no`: the engine will never take it. `later`: nobody knows whether it was read. */
export type Delivered = { readonly kind: 'yes' } | { readonly kind: 'no' | 'later'; readonly why: string };

const START = 0x0b;
const END = 0x1c;
const CR = 0x0d;
const ANSWER_MS = 15_000;
/** An acknowledgement is a few hundred bytes. */
const MAX_ANSWER = 64 * 1024;

/**
 * Sends one message to the interface engine over MLLP (HL7 v2 transport, release 1) inside TLS, and waits for its word. A
 * connection for each: messages are few, and none is ever attributed to another's acknowledgement.
 */
export function sendMllp(engine: Engine, id: string, message: string): Promise<Delivered> {
  return new Promise((resolve) => {
    const { host, port, hostname, ca, key, cert } = engine;
    const own = key !== undefined && cert !== undefined ? { key, cert } : {};
    const socket: TLSSocket = connect({
      host,
      port,
      servername: hostname,
      ca,
      ...own,
      minVersion: 'TLSv1.2',
    });
    const done = (delivered: Delivered): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(delivered);
    };
    const timer = setTimeout(() => done({ kind: 'later', why: 'no answer in time' }), ANSWER_MS);
    let heard = Buffer.alloc(0);
    socket.on('secureConnect', () => {
      socket.write(Buffer.concat([Buffer.of(START), Buffer.from(message, 'utf8'), Buffer.of(END, CR)]));
    });
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length > MAX_ANSWER) return done({ kind: 'later', why: 'an answer without end' });
      const end = heard.indexOf(END);
      if (end >= 0) done(judged(id, heard.subarray(heard[0] === START ? 1 : 0, end).toString('utf8')));
    });
    socket.on('error', (error: Error) => done({ kind: 'later', why: error.message }));
    socket.on('close', () => done({ kind: 'later', why: 'the engine hung up' }));
  });
}

function judged(id: string, answer: string): Delivered {
  const ack = ackOf(answer);
  if (!ack || ack.id !== id) return { kind: 'later', why: 'the answer is not about this message' };
  if (ack.code.endsWith('A')) return { kind: 'yes' };
  return { kind: 'no', why: `${ack.code} ${ack.says}`.trim().slice(0, 200) };
}
