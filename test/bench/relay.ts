import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { WebSocket, WebSocketServer } from 'ws';
import { ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';

// The bare relay: a ws server with mutual TLS that hands each frame of the tablet to the device and its answer
// back. No policy, no log, no signature. Three roles, each in its own process as in the ceremony.

const config = ownConfig({ role: z.enum(['relay', 'device', 'tablet']) });
const port = config.ports['relay'] ?? 0;
const text = (path: string): string => readFileSync(join(config.folder, 'keys', path), 'utf8');
const authorities = text('public/ca/device-ca.cert.pem') + text('public/ca/service-ca.cert.pem');

if (config.role === 'relay') await relay();
else if (config.role === 'device') await device();
else await tablet();

async function relay(): Promise<void> {
  const server = createServer({
    key: text('gateway/tls.key.pem'),
    cert: text('gateway/tls.cert.pem'),
    ca: authorities,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const open = new Map<string, WebSocket>();
  const other = new Map([
    ['/tablet', '/device'],
    ['/device', '/tablet'],
  ]);
  sockets.on('connection', (socket, { url = '' }) => {
    open.set(url, socket);
    socket.on('message', (data) => open.get(other.get(url) ?? '')?.send(data));
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  answering({});
}

async function device(): Promise<void> {
  const socket = await dial('/device');
  socket.on('message', (data) => socket.send(data));
  answering({});
}

async function tablet(): Promise<void> {
  const socket = await dial('/tablet');
  const frame = new Uint8Array(300).fill(7);
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      socket.once('message', () => resolve());
      socket.send(frame);
    });
  answering({
    async run(args) {
      const { count } = z.object({ count: z.number() }).parse(args);
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        await once();
        times.push(performance.now() - started);
      }
      return times;
    },
  });
}

async function dial(path: string): Promise<WebSocket> {
  const own = {
    key: text('devices/pump-1/tls.key.pem'),
    cert: text('devices/pump-1/tls.cert.pem'),
    ca: text('public/ca/service-ca.cert.pem'),
    servername: 'gate.localhost',
    perMessageDeflate: false,
  };
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, [], own);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}
