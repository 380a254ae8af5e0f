import { createServer as createTls, type Server as TlsServer } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { isTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../../server/protocol/link/wire.ts';

/** PEM: what an attacker shows for the gateway. */
export interface Mask {
  readonly key: string;
  readonly cert: string;
  /** Whoever dials in is asked for a certificate and let in with any. */
  readonly ca: string;
}

/** A device that talks to the attacker. */
export interface DeviceLink {
  /** One message of the device protocol, whatever it holds, and the answer. Throws Error when the device goes away. */
  send(message: Bytes): Promise<Bytes>;
  request(request: Request): Promise<Answer>;
  /** One message to which no answer is expected. */
  tell(message: Bytes): Promise<void>;
  /** What the device reported by itself meanwhile. */
  readonly telemetry: readonly Bytes[];
}

const ANSWER_MS = 10_000;
/** A device tries again within a second at first, and within fifteen when it was turned away often. */
const DIAL_MS = 20_000;
const KEPT = 4 * 1024 * 1024;

/** The wire between a bedside device and its gateway, in the attacker's hands: it carries, keeps, cuts, and lies. */
export class Network {
  /** Everything that passed, as it was on the wire; at most 4 MiB. */
  readonly captured: Buffer[] = [];
  #size = 0;
  #gateway: number;
  #server: Server;
  #mode: 'carry' | 'swallow' | 'deafen' | TlsServer = 'carry';
  readonly #open = new Set<Socket>();

  private constructor(gateway: number) {
    this.#gateway = gateway;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async open(port: number, gateway: number): Promise<Network> {
    const network = new Network(gateway);
    await new Promise<void>((resolve, reject) => {
      network.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return network;
  }

  /** Cuts what is open; the device dials again. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Carries everything to the real gateway again. */
  carry(): void {
    this.#mode = 'carry';
    this.cut();
  }

  /** Connections stay open and nothing arrives any more. */
  swallow(): void {
    this.#mode = 'swallow';
  }

  /** What the device says still arrives, and nothing that the gateway says. */
  deafen(): void {
    this.#mode = 'deafen';
  }

  /** Plays the gateway until `carry`. Resolves with the device's link, or with why the device hung up. */
  impersonate(mask: Mask): Promise<DeviceLink | { readonly hungUp: string }> {
    const tls = createTls({ ...mask, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    const sockets = new WebSocketServer({
      server: tls,
      path: '/device',
      handleProtocols: () => 'countersign.v1',
    });
    this.#mode = tls;
    this.cut();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the device did not dial')), DIAL_MS);
      const done = (what: DeviceLink | { hungUp: string }): void => {
        clearTimeout(timer);
        resolve(what);
      };
      let link: Relink | undefined;
      tls.on('tlsClientError', (error) => done({ hungUp: error.message }));
      sockets.on('connection', (socket) => {
        if (link) link.use(socket);
        else link = new Relink(socket);
        done(link);
      });
    });
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#open.delete(socket));
    const mode = this.#mode;
    if (typeof mode !== 'string') return void mode.emit('connection', socket);
    const there = connect(this.#gateway, '127.0.0.1');
    this.#open.add(there);
    there.on('error', () => there.destroy()).on('close', () => this.#open.delete(there));
    this.#pass(socket, there, ['carry', 'deafen']);
    this.#pass(there, socket, ['carry']);
  }

  #pass(from: Socket, to: Socket, modes: readonly unknown[]): void {
    from.on('close', () => to.destroy());
    from.on('data', (bytes: Buffer) => {
      if (!modes.includes(this.#mode)) return;
      if (this.#size < KEPT) {
        this.captured.push(bytes);
        this.#size += bytes.length;
      }
      to.write(bytes);
    });
  }
}

/** A link that outlives the device's connections: after a power cycle the device dials the attacker again. */
class Relink implements DeviceLink {
  readonly telemetry: Bytes[] = [];
  #socket: WebSocket;
  #waiting: { readonly give: (bytes: Bytes) => void; readonly fail: (why: Error) => void } | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.use(socket);
  }

  use(socket: WebSocket): void {
    this.#socket = socket;
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      const message = new Uint8Array(data);
      if (isTelemetry(message)) this.telemetry.push(message);
      else this.#waiting?.give(message);
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#waiting?.fail(new Error('the device hung up'));
    });
  }

  async send(message: Bytes): Promise<Bytes> {
    await this.#connected();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the device does not answer')), ANSWER_MS);
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      this.#waiting = {
        give(bytes) {
          end();
          resolve(bytes);
        },
        fail(why) {
          end();
          reject(why);
        },
      };
      this.#socket.send(message, (error) => error && this.#waiting?.fail(error));
    });
  }

  async tell(message: Bytes): Promise<void> {
    await this.#connected();
    this.#socket.send(message);
  }

  /** A device that lost the link, or was off and on, dials again by itself. */
  async #connected(): Promise<void> {
    const end = Date.now() + DIAL_MS;
    while (this.#socket.readyState !== this.#socket.OPEN) {
      if (Date.now() > end) throw new Error('the device does not dial any more');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async request(request: Request): Promise<Answer> {
    return parseAnswer(await this.send(encodeRequest(request)));
  }
}
