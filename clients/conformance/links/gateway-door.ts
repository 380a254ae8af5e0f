import { get } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';

/** Where a gateway lets devices and stations in. PEM. */
export interface Doorway {
  /** `wss://127.0.0.1:PORT`. */
  readonly url: string;
  /** The name that its certificate has to carry. */
  readonly hostname: string;
  readonly ca: string;
}

/** How somebody knocks: everything a genuine device does, but for what is said here. */
export interface Knock {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly path: string;
  readonly subprotocols: readonly string[];
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  readonly compression?: boolean;
}

const KNOCK_MS = 5_000;
const FACE_MS = 3_000;

/** Opens a WebSocket, or gives the reason why it did not come about. */
export function knock(door: Doorway, as: Knock): Promise<GatewayLink | string> {
  const { port } = new URL(door.url);
  const version = as.version ?? 'TLSv1.3';
  const settings: ClientOptions & Pick<ConnectionOptions, 'servername'> = {
    ...as.tls,
    ca: door.ca,
    servername: door.hostname,
    headers: { Host: `${door.hostname}:${port}` },
    minVersion: version,
    maxVersion: version,
    perMessageDeflate: as.compression ?? false,
    handshakeTimeout: KNOCK_MS,
    maxPayload: 2 * 65_536,
  };
  const socket = new WebSocket(`${door.url}${as.path}`, [...as.subprotocols], settings);
  return new Promise((resolve) => {
    const link = new GatewayLink(socket);
    let status = '';
    socket.once('unexpected-response', (_request, response) => {
      status = `HTTP ${response.statusCode ?? 0}`;
      response.destroy();
      socket.terminate();
    });
    socket.once('open', () => resolve(link));
    socket.once('error', (error) => resolve(status || error.message));
    socket.once('close', (code) => resolve(status || `closed (${code})`));
  });
}

/** What a plain HTTPS request is answered with: its status, or why there was no answer. */
export function askPlainly(
  door: Doorway,
  path: string,
  tls: { readonly key: string; readonly cert: string },
): Promise<number | string> {
  const { port } = new URL(door.url);
  return new Promise((resolve) => {
    const asked = get(
      { ...tls, ca: door.ca, servername: door.hostname, host: '127.0.0.1', port, path, timeout: FACE_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', (error) => resolve(error.message));
  });
}

/** The version of TLS that comes about when the other side may speak none newer than `most`; undefined for none. */
export function handshake(
  door: Doorway,
  most: 'TLSv1.2' | 'TLSv1.3',
  tls: { readonly key: string; readonly cert: string },
): Promise<string | undefined> {
  const { port } = new URL(door.url);
  return new Promise((resolve) => {
    const socket = connect({
      ...tls,
      host: '127.0.0.1',
      port: Number(port),
      servername: door.hostname,
      ca: door.ca,
      minVersion: 'TLSv1.2',
      maxVersion: most,
      timeout: FACE_MS,
    });
    const done = (version: string | undefined): void => {
      socket.destroy();
      resolve(version);
    };
    socket.once('secureConnect', () => done(socket.getProtocol() ?? undefined));
    socket.once('error', () => done(undefined));
    socket.once('timeout', () => done(undefined));
  });
}

/** One WebSocket into a gateway, from the side that dials. */
export class GatewayLink {
  readonly #socket: WebSocket;
  readonly #came: Bytes[] = [];
  #wanted: ((message: Bytes | undefined) => void) | undefined;
  /** Told of each message in place of keeping it for `next`. */
  listener: ((message: Bytes) => void) | undefined;
  /** Pings that the gateway sent by itself. */
  pings = 0;
  #gone: string | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary || !Buffer.isBuffer(data)) return;
      const message = new Uint8Array(data);
      if (this.listener) this.listener(message);
      else if (this.#wanted) this.#settle(message);
      else this.#came.push(message);
    });
    socket.on('ping', () => this.pings++);
    socket.on('close', (code) => {
      this.#gone ??= `closed (${code})`;
      this.#settle(undefined);
    });
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** Why it is over; undefined while it is open. */
  get gone(): string | undefined {
    return this.#gone;
  }

  send(message: Bytes | string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** The next message; undefined when none came in time, or the gateway hung up. */
  next(withinMs: number): Promise<Bytes | undefined> {
    const first = this.#came.shift();
    if (first || this.#gone !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(undefined), withinMs);
      this.#wanted = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
    });
  }

  /** True once the gateway has hung up; false when it did not within this time. */
  async hungUp(withinMs: number): Promise<boolean> {
    if (this.#gone !== undefined) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Is a ping answered? */
  pinged(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#socket.once('pong', () => {
        clearTimeout(timer);
        resolve(true);
      });
      this.#socket.ping();
    });
  }

  close(): void {
    this.#gone ??= 'closed by the kit';
    this.#socket.terminate();
    this.#settle(undefined);
  }

  #settle(message: Bytes | undefined): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.(message);
  }
}
