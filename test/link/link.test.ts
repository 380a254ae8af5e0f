import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { connectLink } from '../../clients/common/link/link.ts';
import type { Link, LinkOptions } from '../../clients/common/link/link.ts';

const NAME = 'gate.localhost';
let folder = '';
const pem = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** A throw-away authority with one server and one device certificate, by the openssl command. */
function makeCertificates(): void {
  const openssl = (...args: string[]): unknown =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const ca = (name: string): unknown =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  ca('ca');
  ca('stranger');
  for (const name of ['server', 'device']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(folder, 'ext'), `subjectAltName=DNS:${name === 'server' ? NAME : 'pump.device'}\n`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial',
      '-out', `${name}.crt`, '-days', '2', '-extfile', 'ext'); // prettier-ignore
  }
}

interface Gate {
  readonly port: number;
  readonly sockets: WebSocket[];
  readonly tls: TLSSocket[];
  close(): Promise<void>;
}

async function openGate(port = 0, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<Gate> {
  const https: Server = createServer({
    key: pem('server.key'),
    cert: pem('server.crt'),
    ca: pem('ca.crt'),
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion,
  });
  const wss = new WebSocketServer({ server: https, perMessageDeflate: false });
  const sockets: WebSocket[] = [];
  const tls: TLSSocket[] = [];
  wss.on('connection', (socket, request) => {
    sockets.push(socket);
    if (request.socket instanceof TLSSocket) tls.push(request.socket);
  });
  await new Promise<void>((resolve) => https.listen(port, '127.0.0.1', resolve));
  const address = https.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    sockets,
    tls,
    close: () =>
      new Promise((resolve) => {
        for (const socket of wss.clients) socket.terminate();
        wss.close();
        https.close(() => resolve());
        https.closeAllConnections();
      }),
  };
}

describe('a device link', () => {
  let gate: Gate | undefined;
  const links: Link[] = [];
  const events: string[] = [];
  const until = async (what: string, times = 1): Promise<void> => {
    const end = Date.now() + 5_000;
    while (events.filter((event) => event.startsWith(what)).length < times) {
      assert.ok(Date.now() < end, `waited for "${what}", saw ${JSON.stringify(events.slice(-5))}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const dial = (port: number, changes: Partial<LinkOptions> = {}): Link => {
    const link = connectLink({
      url: `wss://127.0.0.1:${port}/device`,
      hostname: NAME,
      tls: { key: pem('device.key'), cert: pem('device.crt'), ca: pem('ca.crt') },
      subprotocol: 'countersign.v1',
      maxPayload: 1024,
      heartbeatMs: 1_000,
      backoff: { firstMs: 10, longestMs: 40 },
      onOpen: () => events.push('open'),
      onMessage: (bytes) => events.push(`message ${bytes.length}`),
      onClose: (reason) => events.push(`close ${reason}`),
      onFailed: (reason) => events.push(`failed ${reason}`),
      ...changes,
    });
    links.push(link);
    return link;
  };
  const peer = (index = 0): WebSocket => gate?.sockets[index] ?? assert.fail('no such connection');

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-link-'));
    makeCertificates();
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const link of links.splice(0)) link.close();
    await gate?.close();
    gate = undefined;
    events.length = 0;
  });

  it('carries binary messages both ways over mutual TLS 1.3, under the name the certificate carries', async () => {
    gate = await openGate();
    const link = dial(gate.port);
    await until('open');
    assert.equal(peer().protocol, 'countersign.v1');
    assert.equal(gate.tls[0]?.getProtocol(), 'TLSv1.3');
    assert.equal(gate.tls[0]?.getPeerCertificate().subject.CN, 'device');
    const heard = new Promise((resolve) => peer().once('message', resolve));
    assert.equal(link.send(new Uint8Array([1, 2, 3])), true);
    assert.deepEqual(await heard, Buffer.from([1, 2, 3]));
    peer().send(new Uint8Array(1024));
    await until('message 1024');
  });

  it('refuses a server with another name, another authority, or only TLS 1.2', async () => {
    gate = await openGate();
    dial(gate.port, { hostname: 'other.localhost' });
    await until("failed Hostname/IP does not match certificate's altnames");
    dial(gate.port, { tls: { key: pem('device.key'), cert: pem('device.crt'), ca: pem('stranger.crt') } });
    await until('failed self-signed certificate in certificate chain');
    for (const link of links.splice(0)) link.close();
    await gate.close();
    gate = await openGate(0, 'TLSv1.2');
    events.length = 0;
    dial(gate.port);
    await until('failed');
    assert.match(events[0] ?? '', /protocol version/);
    assert.equal(gate.sockets.length, 0);
  });

  it('is refused by the server without a certificate of the device authority', async () => {
    gate = await openGate();
    dial(gate.port, { tls: { key: pem('stranger.key'), cert: pem('stranger.crt'), ca: pem('ca.crt') } });
    await until('failed');
    assert.equal(gate.sockets.length, 0);
  });

  it('closes with 1003 on text and with 1009 on a message over the bound', async () => {
    gate = await openGate();
    dial(gate.port);
    await until('open');
    const text = new Promise((resolve) => peer().once('close', resolve));
    peer().send('{}');
    assert.equal(await text, 1003);
    await until('open', 2);
    const large = new Promise((resolve) => peer(1).once('close', resolve));
    peer(1).send(new Uint8Array(1025));
    assert.equal(await large, 1009);
    assert.deepEqual(
      events.filter((event) => event.startsWith('message')),
      [],
    );
  });

  it('comes back by itself after the server was away, and reports each loss once', async () => {
    gate = await openGate();
    const { port } = gate;
    const link = dial(port);
    await until('open');
    await gate.close();
    await until('close');
    assert.equal(link.connected, false);
    assert.equal(link.send(new Uint8Array(1)), false);
    await until('failed', 2);
    gate = await openGate(port);
    await until('open', 2);
    assert.equal(link.connected, true);
    assert.equal(events.filter((event) => event.startsWith('close')).length, 1);
  });

  it('cuts a link that has gone silent without closing', async () => {
    gate = await openGate();
    dial(gate.port, { heartbeatMs: 30 });
    await until('open');
    gate.tls[0]?.pause(); // the peer's machine hangs: TCP is up, nobody answers a ping
    await until('close no sign of life for 60 ms');
    await until('open', 2);
  });

  it('cuts a link whose other side does not read, instead of buffering without end', async () => {
    gate = await openGate();
    const link = dial(gate.port, { maxPayload: 256 * 1024, heartbeatMs: 60_000 });
    await until('open');
    gate.tls[0]?.pause();
    let sent = 0;
    const message = new Uint8Array(256 * 1024);
    while (link.send(message)) {
      sent += 1;
      assert.ok(sent < 200, 'it never said no');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('close');
    assert.equal(link.send(new Uint8Array(256 * 1024 + 1)), false);
  });

  it('stays closed once its owner closed it', async () => {
    gate = await openGate();
    const link = dial(gate.port);
    await until('open');
    link.close();
    await until('close closed');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(gate.sockets.length, 1);
    assert.equal(link.connected, false);
  });
});
