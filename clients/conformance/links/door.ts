import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { MAX_STATION_FRAME } from '../../../server/protocol/link/station.ts';
import { MAX_MESSAGE } from '../../../server/protocol/link/wire.ts';
import type { Hospital } from '../world/hospital.ts';

/** How a device came in: what can be seen of its side of the handshake. */
export interface Arrival {
  readonly socket: WebSocket;
  readonly tls: string;
  readonly subprotocols: readonly string[];
  readonly extensions: string;
  readonly commonName: string;
}

/** Which certificate the kit shows: its own, or one that a device must not believe. */
export type Face = 'gateway' | 'stranger' | 'other-name';
const FACES: Readonly<Record<Face, readonly [certificate: string, key: 'gateway-tls' | 'stranger-tls']>> = {
  gateway: ['gateway-tls', 'gateway-tls'],
  stranger: ['stranger-tls', 'stranger-tls'],
  'other-name': ['other-name-tls', 'gateway-tls'],
};

const PATHS = {
  '/device': { subprotocol: 'countersign.v1', max: MAX_MESSAGE },
  '/reader': { subprotocol: 'countersign.reader.v1', max: MAX_STATION_FRAME },
} as const;
type Path = keyof typeof PATHS;
const isPath = (path: string | undefined): path is Path => path === '/device' || path === '/reader';

/** The door of a gateway that exists for tests alone: mutual TLS 1.3, then one WebSocket. */
export class Door {
  readonly #server: Server;
  readonly #hospital: Hospital;
  readonly #waiting = new Map<Path, ((arrival: Arrival) => void)[]>();
  readonly #arrived = new Map<Path, Arrival>();
  /** Handshakes that the other side broke off because it did not like the certificate. */
  rejections = 0;
  /** Connections that came as far as an upgrade. */
  arrivals = 0;

  private constructor(hospital: Hospital, server: Server) {
    this.#hospital = hospital;
    this.#server = server;
  }

  /** Opens the door on 127.0.0.1. Rejects when the port is taken. */
  static async open(hospital: Hospital, port: number): Promise<Door> {
    const server = createServer({
      ...trust(hospital, 'gateway'),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const door = new Door(hospital, server);
    server.on('tlsClientError', () => door.rejections++);
    // A client that does not like our certificate breaks off after the handshake has ended for us.
    server.on('secureConnection', (socket) => socket.once('error', () => door.rejections++));
    server.on('request', (_request, response) => response.writeHead(404).end());
    server.on('upgrade', (request, socket, head) => door.#upgrade(request, socket, head));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return door;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Shows another certificate to whoever comes next. */
  show(face: Face): void {
    this.#server.setSecureContext(trust(this.#hospital, face));
  }

  /** The connection there is, or the next one. Rejects after `withinMs`. */
  async arrival(path: Path, withinMs: number): Promise<Arrival> {
    const here = this.#arrived.get(path);
    if (here && here.socket.readyState === here.socket.OPEN) return here;
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(path) ?? [];
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(take), 1);
        reject(new Error(`nobody dialled in at ${path} within ${withinMs / 1000} s`));
      }, withinMs);
      const take = (arrival: Arrival): void => {
        clearTimeout(timer);
        resolve(arrival);
      };
      this.#waiting.set(path, [...waiting, take]);
    });
  }

  async close(): Promise<void> {
    for (const { socket } of this.#arrived.values()) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.arrivals++;
    socket.on('error', () => socket.destroy());
    const { url } = request;
    if (!isPath(url) || !(socket instanceof TLSSocket)) return void socket.destroy();
    const { subprotocol, max } = PATHS[url];
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      // Twice what the protocol allows: whatever else is sent is the device's fault to be seen.
      maxPayload: 2 * max,
      handleProtocols: () => (offered.includes(subprotocol) ? subprotocol : false),
    });
    const certificate = socket.getPeerCertificate();
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      const arrival: Arrival = {
        socket: ws,
        tls: socket.getProtocol() ?? '',
        subprotocols: offered,
        extensions: request.headers['sec-websocket-extensions'] ?? '',
        commonName: String(certificate.subject.CN),
      };
      this.#arrived.get(url)?.socket.terminate();
      this.#arrived.set(url, arrival);
      for (const take of this.#waiting.get(url)?.splice(0) ?? []) take(arrival);
    });
  }
}

function trust(hospital: Hospital, face: Face) {
  const read = (name: string): string =>
    readFileSync(join(hospital.folder, 'trust', `${name}.cert.pem`), 'utf8');
  const [certificate, key] = FACES[face];
  return {
    key: hospital.pem(key),
    cert: read(certificate),
    ca: [read('device-ca'), read('service-ca')],
    minVersion: 'TLSv1.3' as const,
  };
}
