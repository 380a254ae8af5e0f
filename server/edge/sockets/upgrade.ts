import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocketServer } from 'ws';
import { LIMITS } from '../../limits.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { rawAnswer } from '../problem.ts';

/** A peer that does not answer a close is cut after this; ws waits 30 s by itself. */
const CLOSE_MS = 1_000;
/** Pieces of TCP that one unfinished message may come in: a message of one-byte pieces costs 100 times its size. */
const MAX_CHUNKS = 1_024;
/** A flood of pings is not answered one by one. */
const MAX_PONGS = 4;

/** A ws server with every bound of its own set: its defaults are made for other places. */
export function boundedWebSockets(subprotocol: string, maxPayload: number): WebSocketServer {
  const settings: ServerOptions & { closeTimeout: number; maxPendingAutoPongs: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
    maxPayload,
    maxFragments: LIMITS.wsFragments.max,
    maxBufferedChunks: MAX_CHUNKS,
    maxPendingAutoPongs: MAX_PONGS,
    closeTimeout: CLOSE_MS,
  };
  return new WebSocketServer(settings);
}

/** Throws Refusal E_VERSION unless the other side speaks the subprotocol (RFC 6455 section 4.2.2). */
export function expectSubprotocol(request: IncomingMessage, subprotocol: string): void {
  const offered = (request.headersDistinct['sec-websocket-protocol'] ?? []).join(',').split(',');
  if (!offered.some((one) => one.trim() === subprotocol)) {
    throw new Refusal('E_VERSION', `the subprotocol here is ${subprotocol}`);
  }
}

/** Answers in HTTP and ends the connection: it does not become a WebSocket. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  socket.once('finish', () => socket.destroy());
  socket.end(rawAnswer(error));
}
