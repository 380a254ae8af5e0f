import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { WebSocket, WebSocketServer } from 'ws';
import { openDeviceServer } from '../../server/edge/sockets/device-socket.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import { Conversation } from '../../server/transport/conversation.ts';
import { webSocketLink } from '../../server/transport/websocket-link.ts';
import { ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { pause } from './stats.ts';

// Idle devices: our device door, a bare ws server with mutual TLS, and the devices that connect to either.

const config = ownConfig({ role: z.enum(['door', 'bare', 'devices']) });
const text = (path: string): string => readFileSync(join(config.folder, 'keys', path), 'utf8');
const tls = {
  key: text('gateway/tls.key.pem'),
  cert: text('gateway/tls.cert.pem'),
  ca: text('public/ca/device-ca.cert.pem'),
};

if (config.role === 'door') await door();
else if (config.role === 'bare') await bare();
else devices();

async function door(): Promise<void> {
  const kept = new Set<Conversation>(); // what the gateway keeps of a device in contact
  let devices = 0;
  const server = await openDeviceServer({
    tls,
    host: '127.0.0.1',
    port: 0,
    now: Date.now,
    log: { error: () => undefined },
    recognise: () => ({ kind: 'device', id: `device-${devices++}` }),
    onDevice: (_id, channel) => void kept.add(new Conversation(webSocketLink(channel, 'ward'), 10_000)),
    onStation: () => undefined,
    audit: () => undefined,
    // One machine plays a whole hospital's network here.
    gate: { total: 4_096, perNetwork: 4_096, perSecond: 4_096, burst: 4_096, networkShare: 1 },
  });
  answering({}, { port: server.port });
}

async function bare(): Promise<void> {
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: MAX_MESSAGE });
  sockets.on('connection', (socket) => {
    socket.on('message', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  answering({}, { port: typeof address === 'object' ? address?.port : 0 });
}

function devices(): void {
  const open: WebSocket[] = [];
  const own = {
    key: text('devices/pump-1/tls.key.pem'),
    cert: text('devices/pump-1/tls.cert.pem'),
    ca: text('public/ca/service-ca.cert.pem'),
    servername: 'gate.localhost',
    perMessageDeflate: false,
  };
  const dial = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://127.0.0.1:${port}/device`, ['countersign.v1'], own);
      open.push(socket);
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
  answering({
    async connect(args) {
      const { port, count } = z.object({ port: z.number(), count: z.number() }).parse(args);
      for (let done = 0; done < count; done += 16)
        await Promise.all(Array.from({ length: Math.min(16, count - done) }, () => dial(port)));
      await pause(1_000);
      return open.length;
    },
  });
}
