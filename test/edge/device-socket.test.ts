import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { connect as connectTls, type ConnectionOptions, TLSSocket } from 'node:tls';
import * as fc from 'fast-check';
import { type ClientOptions, WebSocket } from 'ws';
import { connectLink, type Link } from '../../clients/common/link/link.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { MAX_STATION_FRAME } from '../../server/protocol/link/station.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import {
  type DeviceServer,
  type DeviceServerOptions,
  openDeviceServer,
  type Recognised,
} from '../../server/edge/sockets/device-socket.ts';
import type { PeerEvent } from '../../server/edge/sockets/peer-audit.ts';
import type { PeerChannel } from '../../server/edge/sockets/socket-channel.ts';
import { fingerprintOf, type Identity, makePki, type Pki, SERVER_NAME } from './pki.ts';

const DEVICE = 'countersign.v1';
const READER = 'countersign.reader.v1';
const GATE = { total: 1_000, perNetwork: 1_000, perSecond: 1_000, burst: 1_000, networkShare: 1 };

/** The TLS socket under a WebSocket, which ws keeps to itself. */
function tlsOf(socket: WebSocket): TLSSocket {
  const inner: unknown = Reflect.get(socket, '_socket');
  assert.ok(inner instanceof TLSSocket);
  return inner;
}

describe('the devices’ door', () => {
  let pki: Pki;
  let server: DeviceServer;
  let known: Map<string, Recognised>;
  let shift = 0;
  const sockets: WebSocket[] = [];
  const links: Link[] = [];
  const plain: { destroy(): unknown }[] = [];
  const channels: { name: string; channel: PeerChannel; heard: Uint8Array[]; ended: string[] }[] = [];
  const events: (PeerEvent & { leftOut: number })[] = [];
  const logged: string[] = [];

  const take = (name: string, channel: PeerChannel): void => {
    const one = { name, channel, heard: new Array<Uint8Array>(), ended: new Array<string>() };
    channel.onMessage((frame) => {
      if (frame[0] === 0xee) throw new Error('a fault in a transport');
      one.heard.push(frame);
    });
    channel.onClose((reason) => one.ended.push(reason));
    channels.push(one);
  };

  async function start(changes: Partial<DeviceServerOptions> = {}): Promise<void> {
    known = new Map<string, Recognised>([
      [fingerprintOf(pki.device), { kind: 'device', id: 'd1' }],
      [fingerprintOf(pki.otherDevice), { kind: 'device', id: 'd2' }],
      [fingerprintOf(pki.short), { kind: 'device', id: 'd3' }],
      [fingerprintOf(pki.station), { kind: 'station', label: 'ward 3' }],
    ]);
    server = await openDeviceServer({
      tls: { ...pki.server, ca: pki.ca },
      host: '127.0.0.1',
      port: 0,
      now: () => Date.now() + shift,
      log: { error: (event, { reason }) => logged.push(`${event}: ${reason}`) },
      recognise: (fingerprint) => {
        const found = known.get(fingerprint);
        if (!found) throw new Refusal('E_NOT_ENROLLED', 'nobody knows it');
        return found;
      },
      onDevice: take,
      onStation: take,
      audit: (event, leftOut) => events.push({ ...event, leftOut }),
      ...changes,
    });
  }

  before(async () => {
    pki = await makePki();
  });
  afterEach(async () => {
    for (const link of links.splice(0)) link.close();
    for (const socket of sockets.splice(0)) socket.terminate();
    for (const socket of plain.splice(0)) socket.destroy();
    await server.close();
    for (const list of [channels, events, logged]) list.length = 0;
    shift = 0;
  });

  async function settled(holds: () => boolean): Promise<void> {
    const end = performance.now() + 20_000;
    while (!holds()) {
      assert.ok(performance.now() < end, `${String(holds)} ${JSON.stringify(events)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  interface Dial {
    readonly path?: string;
    readonly protocol?: string;
    readonly headers?: Record<string, string>;
    readonly session?: Buffer;
    readonly maxVersion?: 'TLSv1.2';
  }

  /** Rejects with the HTTP status, or with what TLS said. */
  function dial(who: Identity | undefined, { path = '/device', protocol = DEVICE, headers = {}, ...tls }: Dial = {}): Promise<WebSocket> {
    const options: ClientOptions & ConnectionOptions = {
      ...(who && { key: who.key, cert: who.cert }), ca: pki.ca, servername: SERVER_NAME, headers, ...tls,
    };
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}${path}`, [protocol], options);
    sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
  } // prettier-ignore
  const closeOf = (socket: WebSocket): Promise<number> =>
    new Promise((resolve) => {
      socket.on('error', () => {});
      socket.on('close', resolve);
    });

  it('hands over devices and stations by their certificate, and carries bytes both ways', async () => {
    await start();
    const device = await dial(pki.device);
    const station = await dial(pki.station, { path: '/reader', protocol: READER });
    assert.deepEqual(channels.map(({ name }) => name), ['d1', 'ward 3']); // prettier-ignore
    assert.deepEqual([server.devices, server.stations, server.strangers], [1, 1, 0]);
    assert.equal(device.extensions, '');
    const heard = new Promise((resolve) => device.once('message', resolve));
    channels[0]?.channel.send(Uint8Array.of(1, 2));
    assert.deepEqual(await heard, Buffer.from([1, 2]));
    station.send(Uint8Array.of(3));
    await settled(() => channels[1]?.heard.length === 1);
    assert.deepEqual(channels[1]?.heard, [Uint8Array.of(3)]);
    station.close();
    await settled(() => server.stations === 0);
    assert.deepEqual(channels[1]?.ended, ['closed by the other side (1005)']);
    assert.deepEqual(events, []);
  });

  it('speaks with the link that devices use', async () => {
    await start({ heartbeatMs: 300 });
    let answered = 0;
    links.push(
      connectLink({
        url: `wss://127.0.0.1:${server.port}/device`,
        hostname: SERVER_NAME,
        tls: { ...pki.device, ca: pki.ca },
        subprotocol: DEVICE,
        maxPayload: MAX_MESSAGE,
        heartbeatMs: 300,
        onMessage: () => answered++,
      }),
    );
    await settled(() => channels.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // three beats of both sides
    channels[0]?.channel.send(Uint8Array.of(1));
    await settled(() => answered === 1);
    assert.deepEqual(channels[0]?.ended, []);
  });

  it('lets nobody in without a certificate of the device authority that is valid and made for it', async () => {
    await start();
    for (const who of [undefined, pki.stranger, pki.expired, pki.serverOnly]) {
      await assert.rejects(dial(who), /alert|socket hang up|ECONNRESET|EPIPE/u);
    }
    await assert.rejects(dial(pki.device, { maxVersion: 'TLSv1.2' }), /protocol version/u);
    await settled(() => events.length === 5);
    assert.deepEqual(events.map((event) => event.kind === 'tls-failed' && event.reason), [
      'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED',
      'INVALID_PURPOSE', 'ERR_SSL_UNSUPPORTED_PROTOCOL',
    ]); // prettier-ignore
    assert.deepEqual([channels.length, server.devices, server.strangers], [0, 0, 0]);
  });

  it('answers a certificate that is not enrolled, or for the other door, in HTTP, and has it audited', async () => {
    await start();
    await assert.rejects(dial(pki.unknown), /403/u);
    await assert.rejects(dial(pki.device, { path: '/reader', protocol: READER }), /403/u);
    await assert.rejects(dial(pki.station), /403/u);
    assert.deepEqual(
      events.map((event) => event.kind === 'refused' && [event.code, event.fingerprint, event.address]),
      [
        ['E_NOT_ENROLLED', fingerprintOf(pki.unknown), '127.0.0.1'],
        ['E_TLS_PEER', fingerprintOf(pki.device), '127.0.0.1'],
        ['E_TLS_PEER', fingerprintOf(pki.station), '127.0.0.1'],
      ],
    );
    await settled(() => server.strangers === 0);
    assert.equal(channels.length, 0);
  });

  it('knows two paths, each with its own subprotocol, and no pages', async () => {
    await start();
    for (const path of ['/', '/device/', '/device?x=1', '//device', '/Device', '/v1/stream', '/device%00']) {
      await assert.rejects(dial(pki.device, { path }), /404/u, path);
    }
    await assert.rejects(dial(pki.device, { protocol: READER }), /400/u);
    await assert.rejects(
      dial(pki.device, { headers: { origin: 'https://sign-a.countersign.test' } }),
      /403/u,
    );
    const text = await new Promise<string>((resolve) => {
      const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.ca, servername: SERVER_NAME, ...pki.device });
      plain.push(socket);
      let heard = '';
      socket.on('data', (data) => (heard += data.toString()));
      socket.on('close', () => resolve(heard));
      socket.write(`GET /device HTTP/1.1\r\nHost: ${SERVER_NAME}\r\n\r\n`);
    }); // prettier-ignore
    assert.match(text, /^HTTP\/1\.1 404 [^]*problem\+json[^]*E_ROUTE/u);
    assert.equal(channels.length, 0);
  });

  it('lets the newest connection of a device win, after the old one was told', async () => {
    await start();
    const first = await dial(pki.device);
    const code = closeOf(first);
    await dial(pki.device);
    assert.deepEqual(channels.map(({ ended }) => ended), [['replaced by a newer connection'], []]); // prettier-ignore
    assert.equal(await code, 4409);
    assert.equal(server.devices, 1);
    channels[0]?.channel.send(Uint8Array.of(9)); // silently nothing
    assert.deepEqual(events, [{ kind: 'replaced', peer: 'd1', address: '127.0.0.1', leftOut: 0 }]);
    await assert.rejects(dial(pki.stranger));
    assert.deepEqual(channels[1]?.ended, []);
  });

  it('holds a bounded number of devices; one that is known comes back', async () => {
    await start({ maxDevices: 1 });
    await dial(pki.device);
    await assert.rejects(dial(pki.otherDevice), /429/u);
    await dial(pki.device);
    assert.equal(server.devices, 1);
  });

  it('closes on text with 1003, and on a message over the bound of its path with 1009', async () => {
    await start();
    const text = await dial(pki.device);
    text.send('{}');
    assert.equal(await closeOf(text), 1003);
    const device = await dial(pki.device);
    device.send(new Uint8Array(MAX_MESSAGE));
    await settled(() => channels[1]?.heard.length === 1);
    device.send(new Uint8Array(MAX_MESSAGE + 1));
    assert.equal(await closeOf(device), 1009);
    const station = await dial(pki.station, { path: '/reader', protocol: READER });
    station.send(new Uint8Array(MAX_STATION_FRAME + 1));
    assert.equal(await closeOf(station), 1009);
    await settled(() => channels.every(({ ended }) => ended.length === 1));
  });

  it('cuts off a device that gives no sign of life, and one that does not read', async () => {
    await start({ heartbeatMs: 60 });
    const silent = await dial(pki.device);
    silent.pause();
    await settled(() => channels[0]?.ended[0] === 'no sign of life');
    assert.equal(server.devices, 0);
    await server.close();
    await start();
    const slow = await dial(pki.device);
    slow.pause();
    const { channel } = channels[1] ?? assert.fail();
    for (let i = 0; i < 2_000 && channels[1]?.ended.length === 0; i++) {
      channel.send(new Uint8Array(20_000));
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(channels[1]?.ended, ['it does not read']);
  });

  it('closes one channel, and nothing else, on a fault behind it', async () => {
    await start();
    const device = await dial(pki.device);
    await dial(pki.otherDevice);
    device.send(Uint8Array.of(0xee));
    assert.equal(await closeOf(device), 1011);
    assert.deepEqual(logged, ['a message from a device or station failed: a fault in a transport']);
    assert.deepEqual(channels[1]?.ended, []);
  });

  it('resumes sessions, and holds a resumed certificate to its dates and to the list all the same', async () => {
    await start();
    const ticketOf = (socket: WebSocket): Promise<Buffer> =>
      new Promise((resolve) => {
        const inner = tlsOf(socket);
        const ticket = inner.getSession(); // it comes with the first bytes after the handshake
        if (ticket !== undefined) resolve(ticket);
        else inner.once('session', resolve);
      });
    const ticket = await ticketOf(await dial(pki.short));
    const again = await dial(pki.short, { session: ticket });
    const inner = tlsOf(again);
    assert.equal(inner.isSessionReused(), true);
    assert.deepEqual(channels.map(({ name }) => name), ['d3', 'd3']); // prettier-ignore
    shift = 700_000; // the certificate has ended, the ticket has not
    await assert.rejects(dial(pki.short, { session: ticket }), /403/u);
    shift = 0;
    server.reload({ ...pki.secondServer, ca: pki.ca });
    const renewed = await dial(pki.short, { session: ticket });
    const last = tlsOf(renewed);
    assert.equal(last.isSessionReused(), false);
    assert.equal(last.getPeerCertificate().subject.CN, 'second server');
  });

  it('bounds handshakes in number and in rate, before any cryptography', async () => {
    await start({ gate: { ...GATE, perNetwork: 3 } });
    const hang = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = createConnection(server.port, '127.0.0.1');
        plain.push(socket);
        socket.on('error', () => {});
        socket.on('close', () => resolve(false));
        setTimeout(() => resolve(true), 100);
      });
    const held = await Promise.all([hang(), hang(), hang(), hang(), hang()]);
    assert.equal(held.filter(Boolean).length, 3);
    assert.equal(server.strangers, 3);
    await assert.rejects(dial(pki.device));
    for (const socket of plain.splice(0)) socket.destroy();
    await settled(() => server.strangers === 0);
    await dial(pki.device);
    await dial(pki.otherDevice);
    await dial(pki.short);
    await dial(pki.station, { path: '/reader', protocol: READER }); // those who are known take no stranger's place
    await server.close();
    await start({ gate: { ...GATE, perSecond: 0, burst: 2 } });
    await dial(pki.device);
    await dial(pki.otherDevice);
    await assert.rejects(dial(pki.short), /ECONNRESET|hang up|disconnected/u);
  });

  it('gives one network no more than its share of the rate, however often it knocks', async () => {
    await start({ gate: { ...GATE, perSecond: 0, burst: 8, networkShare: 0.5 } });
    /** How many of so many are still let in when `turnedAway` of them, and a moment more, are over. */
    const knocks = async (localAddress: string, times: number, turnedAway: number): Promise<number> => {
      let closed = 0;
      for (let i = 0; i < times; i++) {
        const socket = createConnection({ port: server.port, host: '127.0.0.1', localAddress });
        plain.push(socket);
        socket.on('error', () => {});
        socket.on('close', () => (closed += 1));
      }
      await settled(() => closed >= turnedAway);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return times - closed;
    };
    assert.equal(await knocks('127.0.0.2', 30, 26), 4);
    assert.equal(await knocks('127.0.0.3', 2, 0), 2, 'somebody else is let in');
    assert.equal(await knocks('127.0.0.4', 30, 28), 2, 'until the whole is used up');
  });

  it('writes a bounded number of audit entries, and counts what it left out', async () => {
    const still = Date.now(); // no more are allowed, however long it takes
    await start({ now: () => still });
    for (let i = 0; i < 60; i++) await assert.rejects(dial(pki.device, { path: '/wrong' }), /404/u);
    // Sockets that a test before this one broke off may still be told of, by the door before.
    assert.equal(events.filter(({ kind }) => kind === 'refused').length, 50);
  });

  it('ends the connection of a certificate that is not known any more, and of no other', async () => {
    await start();
    const [device, station] = [
      await dial(pki.device),
      await dial(pki.station, { path: '/reader', protocol: READER }),
    ];
    const code = closeOf(device);
    server.recheck();
    assert.equal(server.devices, 1);
    known.delete(fingerprintOf(pki.device));
    server.recheck();
    assert.equal(await code, 4403);
    assert.deepEqual(channels[0]?.ended, ['its certificate is not known any more']);
    assert.equal(station.readyState, WebSocket.OPEN);
    await assert.rejects(dial(pki.device), /403/u);
  });

  it('tells its peers when it stops', async () => {
    await start();
    const device = await dial(pki.device);
    const code = closeOf(device);
    await server.close();
    assert.equal(await code, 1012);
    assert.deepEqual(channels[0]?.ended, ['closed by the gateway']);
    await start();
  });

  it('survives any bytes in place of frames', async () => {
    await start();
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(bytes, async (junk) => {
        const socket = await dial(pki.device);
        const inner = tlsOf(socket);
        inner.end(junk);
        await closeOf(socket);
      }),
      { numRuns: 40 },
    );
    await settled(() => server.devices === 0);
    await dial(pki.device);
    assert.deepEqual(logged.filter((line) => !line.includes('a fault in a transport')), []);
  }); // prettier-ignore
});
