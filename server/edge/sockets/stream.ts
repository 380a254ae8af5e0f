import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../../limits.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { MAX_STREAM_MESSAGE } from '../../protocol/stream.ts';
import type { Desk, Session } from '../desks/desk.ts';
import type { EdgeLog } from '../edge-log.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Door, isKnownHost, originOf } from '../origins.ts';
import { StreamSocket } from './stream-socket.ts';
import { boundedWebSockets, expectSubprotocol, refuseUpgrade } from './upgrade.ts';

export const STREAM_PATH = '/v1/stream';
export const STREAM_SUBPROTOCOL = 'countersign.stream.v1';

export interface StreamOptions {
  readonly desk: Desk;
  readonly door: Door;
  /** Milliseconds. */
  readonly now: () => number;
  readonly log: EdgeLog;
  /** Tests shorten these. */
  readonly heartbeatMs?: number;
  readonly helloMs?: number;
}

export interface Stream {
  /** For the `upgrade` event of the people's server: the only path that may become a WebSocket there. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly size: number;
  /** Tells every tablet that the gateway restarts, and lets no new one in. */
  close(): void;
}

/** A ticket is fetched just before; on a poor link both take a second. */
const HELLO_MS = 5_000;
/** Two windows, and two connections that are lost but not yet noticed. */
const SOCKETS_PER_SESSION = 4;
const SERVICE_RESTART = 1012;

/** The stream of tablets: a WebSocket in which every message is checked against a live session. */
export function openStream(options: StreamOptions): Stream {
  const { desk, door, now, log, heartbeatMs = LIMITS.heartbeat.max, helloMs = HELLO_MS } = options;
  const server = boundedWebSockets(STREAM_SUBPROTOCOL, MAX_STREAM_MESSAGE);
  const heartbeat = new Heartbeat(heartbeatMs);
  const sockets = new Set<StreamSocket>(); // at most LIMITS.sessions x SOCKETS_PER_SESSION
  const perSession = new Map<string, number>();
  let closed = false;

  const claim = ({ id }: Session): boolean => {
    const open = perSession.get(id) ?? 0;
    if (open >= SOCKETS_PER_SESSION) return false;
    perSession.set(id, open + 1);
    return true;
  };
  const release = ({ id }: Session): void => {
    const left = (perSession.get(id) ?? 1) - 1;
    if (left > 0) perSession.set(id, left);
    else perSession.delete(id);
  };
  const rules = { desk, claim, now, log, helloMs };

  const expectFit = (request: IncomingMessage): void => {
    if (request.url !== STREAM_PATH || closed) throw new Refusal('E_ROUTE', 'no such stream');
    if (!isKnownHost(request, door)) throw new Refusal('E_ORIGIN', 'the gateway has another name');
    originOf(request, door, true);
    expectSubprotocol(request, STREAM_SUBPROTOCOL);
    if (sockets.size >= LIMITS.sessions.max * SOCKETS_PER_SESSION) throw new Refusal('E_RATE', 'full');
  };

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      try {
        expectFit(request);
      } catch (error) {
        return refuseUpgrade(socket, error);
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        const one: StreamSocket = new StreamSocket(ws, rules, (session) => {
          sockets.delete(one);
          heartbeat.remove(one);
          if (session !== undefined) release(session);
        });
        sockets.add(one);
        heartbeat.add(one);
      });
    },
    get size() {
      return sockets.size;
    },
    close() {
      closed = true;
      heartbeat.stop();
      for (const one of sockets) one.close(SERVICE_RESTART);
    },
  };
}
