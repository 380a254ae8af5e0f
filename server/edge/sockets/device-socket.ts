import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { LIMITS } from '../../limits.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { MAX_STATION_FRAME } from '../../protocol/link/station.ts';
import { MAX_MESSAGE } from '../../protocol/link/wire.ts';
import { Gate, type GateRules } from '../admission.ts';
import { type EdgeLog, reasonOf } from '../edge-log.ts';
import { Heartbeat } from './heartbeat.ts';
import { httpSettings, listen, stopListening, TIMING, type Timing } from '../listening.ts';
import { boundedAudit, type PeerAudit } from './peer-audit.ts';
import { Peers } from './peers.ts';
import { rawAnswer } from '../problem.ts';
import { type PeerChannel, SocketChannel } from './socket-channel.ts';
import { boundedWebSockets, expectSubprotocol, refuseUpgrade } from './upgrade.ts';

export type PeerPath = '/device' | '/reader';

/** Who a certificate stands for. */
export type Recognised =
  { readonly kind: 'device'; readonly id: string } | { readonly kind: 'station'; readonly label: string };

/** PEM. `ca` is the device CA and nothing else. */
export interface PeerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export interface DeviceServerOptions {
  readonly tls: PeerTls;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Milliseconds since 1970: certificates are held against it. */
  readonly now: () => number;
  readonly log: EdgeLog;
  /**
   * Whose certificate is it? `fingerprint` is SHA-256 of the certificate in lower-case hexadecimal. Throws Refusal
   * E_NOT_ENROLLED or E_TLS_PEER.
   */
  readonly recognise: (fingerprint: string, path: PeerPath) => Recognised;
  /** Both have to listen to the channel before they return. */
  readonly onDevice: (id: string, channel: PeerChannel) => void;
  readonly onStation: (label: string, channel: PeerChannel) => void;
  readonly audit: PeerAudit;
  /** Tests change these. */
  readonly timing?: Timing;
  readonly gate?: GateRules;
  readonly maxDevices?: number;
  readonly heartbeatMs?: number;
}

export interface DeviceServer {
  readonly port: number;
  readonly devices: number;
  readonly stations: number;
  /** Connections that have not yet shown who they are. */
  readonly strangers: number;
  /** Asks again about every open connection, and ends those whose certificate is not known any more. */
  recheck(): void;
  /** New certificates for later handshakes; tickets from before resume no more. */
  reload(tls: PeerTls): void;
  close(): Promise<void>;
}

const DOORS = {
  '/device': { kind: 'device', subprotocol: 'countersign.v1', max: MAX_MESSAGE },
  '/reader': { kind: 'station', subprotocol: 'countersign.reader.v1', max: MAX_STATION_FRAME },
} as const;

/** A full mutual handshake costs 2 ms of processor: half a core at most, the rest is for commands. */
const GATE: GateRules = { total: 1_024, perNetwork: 512, perSecond: 250, burst: 500, networkShare: 0.5 };
/** One at every bed and counter of a large hospital. */
const MAX_STATIONS = 1_000;
/** A device that lost its link resumes cheaply within the hour; later it shows its certificate again. */
const TICKET_SECONDS = 3_600;
const SERVICE_RESTART = 1012;
const GRACE_MS = 1_000;

/** Opens the door of devices and reader stations: mutual TLS 1.3 before anything else, then one WebSocket each. */
export async function openDeviceServer(options: DeviceServerOptions): Promise<DeviceServer> {
  const { now, log, maxDevices = LIMITS.devices.max } = options;
  const gate = new Gate(options.gate ?? GATE, now);
  const heartbeat = new Heartbeat(options.heartbeatMs ?? LIMITS.heartbeat.max);
  const audit = boundedAudit(options.audit, now);
  const devices = new Peers(maxDevices, heartbeat, log);
  const stations = new Peers(MAX_STATIONS, heartbeat, log);
  const sockets = {
    '/device': boundedWebSockets(DOORS['/device'].subprotocol, DOORS['/device'].max),
    '/reader': boundedWebSockets(DOORS['/reader'].subprotocol, DOORS['/reader'].max),
  };
  const server = createServer({
    ...httpSettings(options.timing ?? TIMING),
    ...trust(options.tls),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: LIMITS.tlsHandshake.max,
  });

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer, fingerprint: string): void => {
    const path = pathOf(request);
    const known = options.recognise(fingerprint, path);
    if (known.kind !== DOORS[path].kind) throw new Refusal('E_TLS_PEER', 'a certificate for another door');
    expectSubprotocol(request, DOORS[path].subprotocol);
    const peers = known.kind === 'device' ? devices : stations;
    const name = known.kind === 'device' ? known.id : known.label;
    peers.expectRoom(name);
    const address = request.socket.remoteAddress ?? '';
    sockets[path].handleUpgrade(request, socket, head, (ws) => {
      gate.release(request.socket);
      const channel = new SocketChannel(name, fingerprint, ws, peers);
      if (peers.add(channel)) audit({ kind: 'replaced', peer: name, address });
      if (known.kind === 'device') options.onDevice(name, channel);
      else options.onStation(name, channel);
    });
  };

  server.on('connection', (socket) => {
    gate.admit(socket);
  });
  server.on('tlsClientError', (error, { remoteAddress: address, authorizationError }) => {
    const why: unknown = authorizationError ?? ('code' in error ? error.code : undefined);
    // Somebody hung up, or the gate cut them: neither is an attempt to get in.
    if (address === undefined && authorizationError === undefined) return;
    audit({ kind: 'tls-failed', address, reason: typeof why === 'string' ? why : 'unknown' });
  });
  server.on('request', (_request, response) => {
    response.shouldKeepAlive = false;
    response.socket?.end(rawAnswer(new Refusal('E_ROUTE', 'only WebSockets are spoken here')));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', ignored);
    let fingerprint: string | undefined;
    try {
      fingerprint = liveCertificate(request.socket, now());
      accept(request, socket, head, fingerprint);
      socket.off('error', ignored);
    } catch (error) {
      if (error instanceof Refusal) {
        audit({
          kind: 'refused',
          code: error.code,
          address: request.socket.remoteAddress ?? '',
          fingerprint,
        });
      } else log.error('a device could not be let in', { name: 'device', reason: reasonOf(error) });
      refuseUpgrade(socket, error);
    }
  });

  const port = await listen(server, options.host, options.port);
  return {
    port,
    get devices() {
      return devices.size;
    },
    get stations() {
      return stations.size;
    },
    get strangers() {
      return gate.size;
    },
    recheck() {
      for (const [path, peers] of [
        ['/device', devices],
        ['/reader', stations],
      ] as const)
        peers.recheck((fingerprint) => isKnown(options, fingerprint, path));
    },
    reload(tls) {
      server.setSecureContext(trust(tls));
    },
    async close() {
      heartbeat.stop();
      for (const peers of [devices, stations]) peers.closeAll(SERVICE_RESTART);
      await stopListening(server, GRACE_MS);
    },
  };
}

function isKnown({ recognise }: DeviceServerOptions, fingerprint: string, path: PeerPath): boolean {
  try {
    return recognise(fingerprint, path).kind === DOORS[path].kind;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

const trust = ({ key, cert, ca }: PeerTls) => ({
  key,
  cert,
  ca,
  minVersion: 'TLSv1.3' as const,
  sessionTimeout: TICKET_SECONDS,
});

/** A connection that breaks while it is refused or taken over closes by itself. */
function ignored(): void {}

function pathOf({ url, headers }: IncomingMessage): PeerPath {
  if (headers.origin !== undefined) throw new Refusal('E_ORIGIN', 'no page speaks to devices’ doors');
  if (url === '/device' || url === '/reader') return url;
  throw new Refusal('E_ROUTE', 'no such door');
}

/**
 * SHA-256 of the certificate that the other side proved to hold. OpenSSL checks its dates in a full handshake
 * only; a resumed session could outlive it. Throws Refusal E_TLS_PEER.
 */
function liveCertificate(socket: unknown, now: number): string {
  const certificate =
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) throw new Refusal('E_TLS_PEER', 'no certificate');
  const { validFrom, validTo, fingerprint256 } = certificate;
  // Written so that a date which cannot be read is refused as well.
  if (!(Date.parse(validFrom) <= now && now < Date.parse(validTo))) {
    throw new Refusal('E_TLS_PEER', 'the certificate is not valid now');
  }
  return fingerprint256.replaceAll(':', '').toLowerCase();
}
