import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hl7Message } from '@medplum/core';
import { makeKeys } from '../../certs/make.ts';
import { ackOf, escaped, type Hl7Report, oruOf } from '../../server/monitor/hl7.ts';
import { type Engine, sendMllp } from '../../server/monitor/mllp.ts';
import { Outbox } from '../../server/monitor/outbox.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { type Clock, HEART, identity, openSide, type Side, testFolder, written } from './bench.ts';

const REPORT: Hl7Report = {
  id: 'CS1',
  now: 1_790_000_000_000,
  device: '0102030405060708',
  model: 'SIM-PM1',
  deviceClass: 69_965,
  simulated: true,
  implant: false,
  patient: { mrn: 'SIM-100001', family: 'O|Brien^', given: 'Ines', birthDate: '1948-03-04' },
  values: [
    { metric: HEART, value: 61, quality: 'valid', at: 1_790_000_000_000, limits: { low: 45, high: 150 } },
    {
      metric: { ...HEART, code: TERMS.temperature.code, unit: 'Cel', scale: 1, name: 'Temperature' },
      value: 372,
      quality: 'lead-off',
      at: 1_790_000_000_000,
      limits: undefined,
    },
  ],
};

describe('reports to the hospital’s interface engine', () => {
  it('are ORU^R01 that a parser of others reads: codes, units, limits, quality, time, and no delimiter slips through', () => {
    const message = Hl7Message.parse(oruOf(REPORT));
    const field = (segment: string, n: number): string =>
      message.getSegment(segment)?.getField(n)?.toString() ?? '';
    assert.equal(field('MSH', 9), 'ORU^R01^ORU_R01');
    assert.equal(field('MSH', 11), 'T', 'simulated data is training');
    assert.match(field('MSH', 21), /^IHE_PCD_001/u);
    assert.equal(message.getSegment('PID')?.getComponent(5, 1), 'O\\F\\Brien\\S\\');
    const [, heart, temperature] = message.getAllSegments('OBX');
    assert.deepEqual(
      [3, 5, 7, 8, 11].map((n) => heart?.getField(n)?.toString()),
      ['147842^MDC_ECG_HEART_RATE^MDC', '61', '45-150', 'DEMO', 'R'],
    );
    assert.match(String(heart?.getField(6)), /264864\^MDC_DIM_BEAT_PER_MIN\^MDC\^\/min/u);
    assert.deepEqual(
      [temperature?.getField(5)?.toString(), temperature?.getField(11)?.toString()],
      ['', 'X'],
    );
    assert.equal(escaped('a|b\rc'), 'a\\F\\b c');
  });

  it('of an implant follow IDCO, and name the device where nobody knows the patient', () => {
    const message = oruOf({ ...REPORT, implant: true, patient: undefined });
    assert.match(message, /IHE_PCD_009/u);
    assert.match(message, /PID\|\|\|model:SIM-PM1\/serial:0102030405060708/u);
  });

  describe('over MLLP in TLS', () => {
    let folder = '';
    let engine: Engine;
    let server: Server;
    let answer: ((socket: TLSSocket, heard: string) => void) | undefined;
    let heard: string[] = [];
    let place = testFolder();
    let side: Side;
    const clock: Clock = { now: 1_790_000_000_000 };
    const ack = (code: string) => (socket: TLSSocket, message: string) => {
      const id = message.split('|')[9] ?? '';
      socket.write(`\u000bMSH|^~\\&|E|H|C|C|20260101||ACK|1|P|2.6\rMSA|${code}|${id}\r\u001c\r`);
    };

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'cs-hl7-'));
      await makeKeys({ folder, ports: { hostA: 1, hostB: 2 }, now: Math.floor(Date.now() / 1_000) });
      const file = (path: string): string => readFileSync(join(folder, path), 'utf8');
      // Any service of the ward plays the engine: it has a certificate of the hospital's service authority.
      server = createServer(
        { key: file('gateway/tls.key.pem'), cert: file('gateway/tls.cert.pem') },
        (socket) => {
          socket.on('error', () => undefined);
          socket.on('data', (chunk: Buffer) => {
            const message = chunk.toString('utf8').slice(1, -2);
            heard.push(message);
            answer?.(socket, message);
          });
        },
      );
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      engine = {
        host: '127.0.0.1',
        port: typeof address === 'object' && address ? address.port : 0,
        hostname: 'gate.localhost',
        ca: file('public/ca/service-ca.cert.pem'),
      };
    });
    after(async () => {
      await new Promise((resolve) => void server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      heard = [];
      place = testFolder();
      side = openSide(place.folder, clock, identity);
    });
    afterEach(async () => {
      await side.stop();
      place.remove();
    });

    it('arrive, and count as taken when the engine says so about this very message', async () => {
      answer = ack('AA');
      assert.deepEqual(await sendMllp(engine, 'CS1', oruOf(REPORT)), { kind: 'yes' });
      assert.equal(heard[0], oruOf(REPORT));
      answer = (socket) => ack('AA')(socket, 'MSH|^~\\&||||||||another');
      assert.equal((await sendMllp(engine, 'CS1', oruOf(REPORT))).kind, 'later');
      answer = ack('AE');
      assert.equal((await sendMllp(engine, 'CS1', oruOf(REPORT))).kind, 'no');
    });

    it('go to nobody but the engine: another name, or a certificate of somebody else, gets nothing', async () => {
      answer = ack('AA');
      assert.equal((await sendMllp({ ...engine, hostname: 'other.localhost' }, 'CS1', 'x')).kind, 'later');
      const ca = readFileSync(join(folder, 'public/ca/device-ca.cert.pem'), 'utf8');
      assert.equal((await sendMllp({ ...engine, ca }, 'CS1', 'x')).kind, 'later');
      assert.deepEqual(heard, []);
    });

    it('wait while the engine is away, are sent again, and become dead letters when it refuses them', async () => {
      const dead: number[] = [];
      const outbox = new Outbox({
        keeper: side.keeper,
        store: side.store,
        now: () => clock.now,
        send: (id, message) => sendMllp(engine, id, message),
        dead: (id) => dead.push(id),
      });
      const rows = () => side.store.reader('SELECT id, tries, dead FROM outbox ORDER BY id').all();
      outbox.add((id) => oruOf({ ...REPORT, id }));
      await written(side);
      answer = (socket) => socket.destroy();
      await outbox.flush();
      assert.deepEqual({ ...rows()[0] }, { id: 1, tries: 1, dead: 0 });
      answer = ack('AA');
      await outbox.flush();
      assert.equal(rows().length, 1, 'not before its time');
      clock.now += 6_000;
      await outbox.flush();
      assert.deepEqual(rows(), []);
      outbox.add((id) => oruOf({ ...REPORT, id }));
      await written(side);
      answer = ack('AR');
      await outbox.flush();
      assert.deepEqual({ ...rows()[0] }, { id: 2, tries: 1, dead: 1 });
      assert.deepEqual(dead, [2]);
      heard = [];
      clock.now += 3_600_000;
      await outbox.flush();
      assert.deepEqual(heard, [], 'a dead letter is not sent again');
    });

    it('understands an acknowledgement however its lines end, and nothing else', () => {
      assert.equal(ackOf('MSH|x\nMSA|AA|7\n')?.id, '7');
      assert.equal(ackOf('MSA|??|7'), undefined);
      assert.equal(ackOf('hello'), undefined);
    });
  });
});
