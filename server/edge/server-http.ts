import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server as TlsServer } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { DEVELOPMENT_ONLY_plainHttpOnLoopback, type Weakness } from '../config.ts';
import { LIMITS } from '../limits.ts';
import { Gate, type GateRules } from './admission.ts';
import { httpSettings, listen, stopListening, TIMING, type Timing } from './listening.ts';

export interface PeopleServerOptions {
  readonly app: RequestListener;
  /** Takes over a connection that wants to become a WebSocket, or refuses it. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM. Without it only the development symbol, on loopback, opens the door. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly weaknesses: readonly Weakness[];
  /** Milliseconds. */
  readonly now: () => number;
  readonly timing?: Timing;
  readonly gate?: GateRules;
}

export interface Listening {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Shows another certificate from the next handshake on. Throws when key and certificate do not belong together. */
  reload(tls: { readonly key: string; readonly cert: string }): void;
  close(): Promise<void>;
}

/** A ward of tablets comes back together after a power cut; beyond that it is a flood. */
const GATE: GateRules = {
  total: LIMITS.sockets.max,
  perNetwork: LIMITS.socketsPerAddress.max,
  perSecond: 200,
  burst: 400,
  networkShare: 0.5,
};
/** What is under way at the end may take this long; the whole gateway has `stopWithin`. */
const GRACE_MS = 2_000;
const LOOPBACK = new Set(['127.0.0.1', '::1']);

/** Opens the listener of tablets, auditors and operators. Throws when it would be plain HTTP without leave. */
export async function openPeopleServer(options: PeopleServerOptions): Promise<Listening> {
  const { app, upgrade, host, port, now, timing = TIMING } = options;
  const server = makeServer(options, timing);
  const gate = new Gate(options.gate ?? GATE, now);
  server.on('connection', (socket) => {
    gate.admit(socket);
  });
  server.on('request', app);
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head));
  const chosen = await listen(server, host, port);
  return {
    port: chosen,
    get connections() {
      return gate.size;
    },
    reload(tls) {
      if (server instanceof TlsServer) server.setSecureContext({ ...tls, minVersion: 'TLSv1.3' });
    },
    close: () => stopListening(server, GRACE_MS),
  };
}

function makeServer({ tls, host, weaknesses }: PeopleServerOptions, timing: Timing): Server {
  const settings = httpSettings(timing);
  if (tls !== undefined) {
    const { key, cert } = tls;
    const handshakeTimeout = LIMITS.tlsHandshake.max;
    return createTlsServer({ ...settings, key, cert, minVersion: 'TLSv1.3', handshakeTimeout });
  }
  if (weaknesses.includes(DEVELOPMENT_ONLY_plainHttpOnLoopback) && LOOPBACK.has(host)) {
    return createServer(settings);
  }
  throw new Error(
    `will not listen on ${host} without TLS: give a certificate, or in development DEVELOPMENT-ONLY-plain-http-on-loopback`,
  );
}
