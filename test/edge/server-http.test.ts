import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DEVELOPMENT_ONLY_plainHttpOnLoopback } from '../../server/config.ts';
import { Bucket, networkOf } from '../../server/edge/admission.ts';
import { TIMING } from '../../server/edge/listening.ts';
import { openPeopleServer } from '../../server/edge/server-http.ts';
import { type Front, openFront, PROOF } from './front.ts';
import { makePki, SERVER_NAME } from './pki.ts';

const GATE = { total: 1_000, perNetwork: 1_000, perSecond: 1_000, burst: 1_000, networkShare: 1 };

describe('the people’s listener', () => {
  let front: Front | undefined;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await front?.close();
    front = undefined;
  });

  /** A connection that stays open; resolves when it is open, or closed at once. */
  const connect = (port: number): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => setTimeout(() => resolve(socket), 20));
      socket.on('error', () => socket.destroy());
      sockets.push(socket);
    });

  it('speaks plain HTTP on loopback in development only', async () => {
    const options = { app: () => {}, upgrade: () => {}, port: 0, now: () => 0 };
    const weak = [DEVELOPMENT_ONLY_plainHttpOnLoopback] as const;
    await assert.rejects(openPeopleServer({ ...options, host: '127.0.0.1', weaknesses: [] }), /without TLS/u);
    await assert.rejects(openPeopleServer({ ...options, host: '0.0.0.0', weaknesses: weak }), /without TLS/u);
    await assert.rejects(
      openPeopleServer({ ...options, host: 'localhost', weaknesses: weak }),
      /without TLS/u,
    );
  });

  it('cuts off whoever sends headers or a body drop by drop', async () => {
    assert.ok(TIMING.headersMs <= 10_000 && TIMING.requestMs <= 30_000 && TIMING.checkMs <= 1_000);
    const timing = { headersMs: 200, requestMs: 400, checkMs: 50 };
    front = await openFront({ server: { timing } });
    const slow = await front.raw('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ');
    assert.ok(slow.closed && slow.ms < 1_000, `${slow.ms}`);
    assert.match(slow.text, /^HTTP\/1\.1 408 /u);
    const token = front.desk.newSession();
    const head = `POST /v1/locks HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://sign-a.countersign.test\r\nAuthorization: DPoP ${token}\r\nDPoP: ${PROOF}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    const body = await front.raw(head);
    assert.ok(body.closed && body.ms < 1_500, `${body.ms}`);
  });

  it('does not read on after it has refused an upload', async () => {
    front = await openFront();
    const head =
      'POST /v1/locks HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://sign-a.countersign.test\r\nContent-Length: 10000000\r\n\r\n';
    const answered = await front.raw(head);
    assert.match(answered.text, /^HTTP\/1\.1 401 /u);
    assert.ok(answered.closed && answered.ms < 1_500, `${answered.ms}`);
  });

  it('refuses what two HTTP parsers could read in two ways', async () => {
    front = await openFront();
    const lines = 'Host: 127.0.0.1\r\nConnection: close\r\n';
    for (const request of [
      `GET /healthz HTTP/1.1\r\n${lines}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\n${lines}Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde`,
      `GET /healthz HTTP/1.1\n${lines}\r\n`,
      `GET /healthz HTTP/1.1\r\n${lines} folded: x\r\nX : y\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\n${lines}Host: other\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\n${lines}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`,
      'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
      `\u0016\u0003\u0001 not HTTP\r\n\r\n`,
    ]) {
      const { text } = await front.raw(request);
      assert.match(text, /^HTTP\/1\.1 4\d\d /u, JSON.stringify(request.slice(0, 80)));
    }
  });

  it('holds a bounded number of connections from one network, and from everywhere', async () => {
    for (const gate of [
      { ...GATE, perNetwork: 5 },
      { ...GATE, total: 5 },
    ]) {
      front = await openFront({ server: { gate } });
      for (let i = 0; i < 12; i++) await connect(front.server.port);
      assert.equal(front.server.connections, 5);
      for (const socket of sockets.splice(0)) socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(front.server.connections, 0);
      assert.equal((await front.ask('GET', '/healthz')).status, 200);
      await front.close();
      front = undefined;
    }
  });

  it('lets a bounded number of new connections in each second', async () => {
    let at = 0;
    front = await openFront({ server: { gate: { ...GATE, perSecond: 2, burst: 3 }, now: () => at } });
    for (let i = 0; i < 6; i++) await connect(front.server.port);
    assert.equal(front.server.connections, 3);
    at += 1_000;
    for (let i = 0; i < 6; i++) await connect(front.server.port);
    assert.equal(front.server.connections, 5);
  });

  it('stops although somebody holds a connection open', async () => {
    front = await openFront();
    await connect(front.server.port);
    const start = performance.now();
    await front.close();
    front = undefined;
    assert.ok(performance.now() - start < 3_000);
  });
});

describe('the people’s listener with a certificate', () => {
  it('speaks TLS 1.3 only, counts what is open, and hears nothing before the handshake', async () => {
    const pki = await makePki();
    const front = await openFront({ server: { tls: pki.server, weaknesses: [] } });
    const ask = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({
          host: '127.0.0.1',
          port: front.server.port,
          ca: pki.ca,
          servername: SERVER_NAME,
          maxVersion,
        });
        let heard = '';
        socket.on('data', (data) => (heard += data.toString('utf8')));
        socket.on('error', reject);
        socket.on('close', () => resolve(heard));
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${SERVER_NAME}\r\nConnection: close\r\n\r\n`);
      });
    assert.match(
      await ask('TLSv1.3'),
      /^HTTP\/1\.1 200 [^]*strict-transport-security[^]*\{"alive":true\}$/iu,
    );
    await assert.rejects(ask('TLSv1.2'), /protocol version/u);
    assert.doesNotMatch((await front.raw('GET /healthz HTTP/1.1\r\nHost: gate.test\r\n\r\n')).text, /alive/u);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(front.server.connections, 0);
    await front.close();
  });

  it('shows another certificate from the next handshake on, and keeps the one it has when two do not fit', async () => {
    const pki = await makePki();
    const front = await openFront({ server: { tls: pki.server, weaknesses: [] } });
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const to = { host: '127.0.0.1', port: front.server.port, ca: pki.ca, servername: SERVER_NAME };
        const socket = connectTls(to, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.on('error', reject);
      });
    assert.equal(await shown(), 'server');
    assert.throws(() => front.server.reload({ key: pki.server.key, cert: pki.secondServer.cert }));
    assert.equal(await shown(), 'server');
    front.server.reload(pki.secondServer);
    assert.equal(await shown(), 'second server');
    await front.close();
  });
});

describe('a bucket', () => {
  it('gives nothing for a clock that was set back', () => {
    let at = 10_000;
    const bucket = new Bucket(1, 2, () => at);
    assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
    at = 0;
    assert.equal(bucket.take(), false);
    at = 1_000;
    assert.deepEqual([bucket.take(), bucket.take()], [true, false]);
  });
});

describe('a network', () => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ] as const) {
    it(`of ${address} is ${network}`, () => assert.equal(networkOf(address), network));
  }
});
