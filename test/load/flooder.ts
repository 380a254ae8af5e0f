import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { z } from 'zod';

// Strangers at the doors of a gateway on this machine, in a process of their own, as many as they can. It ends by itself.

const CONFIG = z.object({
  devices: z.int(),
  people: z.int(),
  host: z.string(),
  /** Another address than the people of the ward come from. */
  from: z.string().regex(/^127\.\d+\.\d+\.\d+$/u),
  ms: z.int().max(120_000),
  /** Attempts of each kind under way at once. */
  atOnce: z.int().max(64),
  /** Attempts of each kind a second, at most. */
  perSecond: z.int().max(5_000),
});
const config = CONFIG.parse(JSON.parse(process.argv[2] ?? ''));
const TARGET = '127.0.0.1';
/** Somebody who only holds the door gives up after this, and is replaced. */
const HOLD_MS = 2_000;

const raw = (port: number, first: Buffer | string, holdMs: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: TARGET, port, localAddress: config.from });
    endsWith(socket, holdMs, resolve);
    socket.once('connect', () => socket.write(first));
  });

function endsWith(socket: Socket, holdMs: number, done: () => void): void {
  const timer = setTimeout(() => socket.destroy(), holdMs);
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  socket.once('close', () => {
    clearTimeout(timer);
    done();
  });
}

/** A whole handshake without a certificate: the gateway pays, and shuts the door. */
const handshake = (): Promise<void> =>
  new Promise((resolve) => {
    const plain = createConnection({ host: TARGET, port: config.devices, localAddress: config.from });
    const socket = connect({ socket: plain, rejectUnauthorized: false });
    endsWith(socket, HOLD_MS, () => {
      plain.destroy();
      resolve();
    });
    plain.on('error', () => socket.destroy());
  });

/** The first message of a handshake, and then nothing. */
const half = async (): Promise<void> => {
  const hello = await helloOf();
  await raw(config.devices, hello, HOLD_MS);
};

let hello: Promise<Buffer> | undefined;
/** A genuine ClientHello, taken from a connection to nobody. */
function helloOf(): Promise<Buffer> {
  hello ??= new Promise((resolve) => {
    const plain = createConnection({ host: TARGET, port: config.devices, localAddress: config.from });
    const write = plain.write.bind(plain);
    const socket = connect({ socket: plain, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    plain.on('error', () => undefined);
    Object.assign(plain, {
      write: (...args: Parameters<typeof write>) => {
        resolve(Buffer.from(args[0]));
        return write(...args);
      },
    });
    plain.once('close', () => resolve(randomBytes(300)));
    setTimeout(() => socket.destroy(), 100);
  });
  return hello;
}

const ask = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<void> =>
  new Promise((resolve) => {
    const asked = request(
      { host: TARGET, port: config.people, localAddress: config.from, agent: false, method, path, headers: { host: config.host, ...headers } },
      (response) => response.resume().once('close', resolve),
    ); // prettier-ignore
    asked.on('error', () => resolve());
    asked.on('upgrade', (_response, socket) => {
      setTimeout(() => socket.destroy(), HOLD_MS);
      socket.once('close', () => resolve());
    });
    asked.end(body);
  });

const json = { 'content-type': 'application/json' };
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token that is wrong in nothing but its signature. */
const forged = (): Record<string, string> => {
  const iat = Math.floor(Date.now() / 1000);
  const head = part({ typ: 'at+jwt', alg: 'ES256', kid: 'ward' });
  const claims = part({
    iss: 'http://issuer.localhost',
    aud: `http://${config.host}/v1`,
    iat,
    exp: iat + 60,
  });
  const token = `${head}.${claims}.${randomBytes(64).toString('base64url')}`;
  return { authorization: `DPoP ${token}`, dpop: token };
};
const websocket = (): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
  'sec-websocket-protocol': 'countersign.stream.v1',
});

const KINDS: Readonly<Record<string, () => Promise<void>>> = {
  'devices: silence': () => raw(config.devices, '', HOLD_MS),
  'devices: noise': () => raw(config.devices, randomBytes(600), HOLD_MS),
  'devices: half a handshake': half,
  'devices: no certificate': handshake,
  'people: silence': () => raw(config.people, '', HOLD_MS),
  'people: noise': () => raw(config.people, randomBytes(600), HOLD_MS),
  'people: half a request': () => raw(config.people, 'GET /v1/devices HTTP/1.1\r\nhost: x\r\nx-a', HOLD_MS),
  'people: nonces': () => ask('GET', '/v1/session-challenge', {}),
  'people: sessions': () => ask('POST', '/v1/sessions', { ...json, ...forged() }, '{}'),
  'people: forged tokens': () => ask('GET', '/v1/devices', forged()),
  'people: long bodies': () => ask('POST', '/v1/locks', { ...json, ...forged() }, 'x'.repeat(60_000)),
  'people: streams that say nothing': () => ask('GET', '/v1/stream', websocket()),
};

const end = performance.now() + config.ms;
const counts: Record<string, number> = {};
await Promise.all(
  Object.entries(KINDS).flatMap(([kind, attempt]) =>
    Array.from({ length: config.atOnce }, async () => {
      while (performance.now() < end) {
        const began = performance.now();
        await attempt();
        counts[kind] = (counts[kind] ?? 0) + 1;
        await pause(Math.max(0, began + (1_000 * config.atOnce) / config.perSecond - performance.now()));
      }
    }),
  ),
);
process.send?.({ counts });
process.disconnect?.();
