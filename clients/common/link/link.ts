import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';

export interface LinkOptions {
  /** `wss://127.0.0.1:PORT/path`: dialled by address, because local names need not resolve. */
  readonly url: string;
  /** The name the server's certificate has to carry; sent as SNI and Host. */
  readonly hostname: string;
  /** PEM. `ca` is the only trust there is; the machine's own store is not asked. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly subprotocol: string;
  /** Bytes of the largest message, both ways. */
  readonly maxPayload: number;
  /** A ping goes out this often; silence for twice as long is a lost link. */
  readonly heartbeatMs: number;
  onOpen?(link: Link): void;
  /** One complete binary message. Messages arrive in order; the caller keeps them so. */
  onMessage(bytes: Bytes): void;
  /** An open link was lost, or the server refused it. Called once for each `onOpen`. */
  onClose?(reason: string): void;
  /** An attempt to connect failed; another one follows. */
  onFailed?(reason: string): void;
  /** First and longest pause between attempts; default 250 ms and 15 s. */
  readonly backoff?: { readonly firstMs: number; readonly longestMs: number };
  readonly now?: () => number;
  readonly random?: () => number;
}

export interface Link {
  /** False when nothing was sent: the link is down, the message too large, or the server stopped reading. */
  send(bytes: Bytes): boolean;
  /** Ends the link for good. */
  close(): void;
  /** Loses the link, and connects again no sooner than after this long: as if somebody pulled the cable. 0 while it is lost puts it back. */
  interrupt(ms: number): void;
  readonly connected: boolean;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000; // a device is unreachable at most this long after its gateway is back
const STEADY_AFTER_MS = 10_000; // a server that accepts and drops at once must not be asked in a tight loop
const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 1_000;
const MAX_FRAGMENTS = 4; // nobody here fragments; ws allows 131,072
const BUFFERED_MESSAGES = 8; // one command in flight and a burst of telemetry; more means nobody reads

/**
 * Keeps one mutual-TLS 1.3 WebSocket to a server open: binary messages only, no compression, bounded in both
 * directions, with a heartbeat, and connecting again after a jittered, growing pause.
 */
export function connectLink(options: LinkOptions): Link {
  const now = options.now ?? (() => performance.now());
  const random = options.random ?? Math.random; // spreads reconnects; guards no secret
  const longest = options.backoff?.longestMs ?? LONGEST_PAUSE_MS;
  const first = options.backoff?.firstMs ?? FIRST_PAUSE_MS;
  let socket: WebSocket | undefined;
  let closed = false;
  let failures = 0;
  let pulledUntil = 0;
  let retry: NodeJS.Timeout | undefined;

  const link: Link = {
    get connected() {
      return socket?.readyState === WebSocket.OPEN;
    },
    send(bytes) {
      if (socket === undefined || socket.readyState !== WebSocket.OPEN) return false;
      if (bytes.length > options.maxPayload) return false;
      if (socket.bufferedAmount + bytes.length > BUFFERED_MESSAGES * options.maxPayload) {
        socket.terminate(); // dropping one message silently would break the order the protocol relies on
        return false;
      }
      socket.send(bytes);
      return true;
    },
    close() {
      closed = true;
      clearTimeout(retry);
      socket?.close(1000);
    },
    interrupt(ms) {
      pulledUntil = now() + ms;
      if (retry === undefined) socket?.terminate();
      else {
        clearTimeout(retry);
        retry = setTimeout(connect, ms);
      }
    },
  };

  const connect = (): void => {
    retry = undefined;
    const current = open(options);
    socket = current;
    const ears = listen(current, options, now);
    let openedAt: number | undefined;
    current.on('open', () => {
      openedAt = now();
      options.onOpen?.(link);
    });
    current.on('close', (code, reason) => {
      ears.stop();
      const why = ears.fault() ?? `closed by the other side (${code}${text(reason)})`;
      if (openedAt === undefined) options.onFailed?.(why);
      else options.onClose?.(closed ? 'closed' : why);
      failures = openedAt !== undefined && now() - openedAt > STEADY_AFTER_MS ? 0 : failures + 1;
      if (closed) return;
      const pause = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
      const jittered = Math.max(0, pause) * (0.5 + random() / 2);
      retry = setTimeout(connect, Math.max(jittered, pulledUntil - now()));
    });
  };
  connect();
  return link;
}

function open({ url, hostname, tls, subprotocol, maxPayload }: LinkOptions): WebSocket {
  const { protocol, port } = new URL(url);
  if (protocol !== 'wss:') throw new Error(`${url}: device and reader links are TLS always; use wss:`);
  // ws sets TCP_NODELAY itself.
  const settings: ClientOptions & Pick<ConnectionOptions, 'servername'> & { closeTimeout: number } = {
    ...tls,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    servername: hostname, // also the name Node then looks for in the certificate
    headers: { Host: port === '' ? hostname : `${hostname}:${port}` },
    rejectUnauthorized: true,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: HANDSHAKE_MS,
    closeTimeout: CLOSE_MS,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
  };
  return new WebSocket(url, [subprotocol], settings);
}

/** Hands over binary messages, keeps the heartbeat, and remembers why the socket had to go. */
function listen(
  socket: WebSocket,
  options: LinkOptions,
  now: () => number,
): { stop(): void; fault(): string | undefined } {
  let fault: string | undefined;
  let heard = now();
  let beat: NodeJS.Timeout | undefined;
  const hear = (): void => {
    heard = now();
  };
  socket.on('open', () => {
    hear();
    beat = setInterval(() => {
      if (now() - heard > 2 * options.heartbeatMs) {
        fault = `no sign of life for ${2 * options.heartbeatMs} ms`;
        socket.terminate();
      } else socket.ping();
    }, options.heartbeatMs);
  });
  socket.on('ping', hear);
  socket.on('pong', hear);
  socket.on('message', (data, isBinary) => {
    hear();
    if (fault !== undefined) return; // already closing: what still arrives is not listened to
    if (!isBinary) {
      fault = 'the other side sent text; only binary messages exist here';
      socket.close(1003);
    } else if (Buffer.isBuffer(data)) options.onMessage(new Uint8Array(data));
  });
  socket.on('error', (error) => {
    fault ??= error.message;
  });
  return { stop: () => clearInterval(beat), fault: () => fault };
}

function text(reason: Buffer): string {
  return reason.length === 0 ? '' : `: ${reason.toString('utf8')}`;
}
