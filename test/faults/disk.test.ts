import assert from 'node:assert/strict';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { countDeliveries, nudge, program, refuses, stateOf, storyOf, typesOf } from '../ceremony/world.ts';
import { PUMP } from '../support/settings.ts';
import {
  openWard,
  therapyDigest,
  type TestClinician,
  type TestDevice,
  type TestWard,
} from '../support/ward.ts';

const PUT = 'INSERT INTO kv (name, value) VALUES (?, ?)';

describe('a disk that fails', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let pump: TestDevice;
  let store: Store;
  let failing = false;
  before(async () => {
    ward = await openWard({
      disk: (folder) => {
        const real = openStore(folder);
        const broken = () =>
          new StoreUnavailable('io', 'Nothing could be stored: the disk reported an error.');
        store = {
          ...real,
          write: (ops, atOnce) => (failing ? Promise.reject(broken()) : real.write(ops, atOnce)),
        };
        return store;
      },
    });
  });
  beforeEach(async () => {
    pump = ward.device('pump-1');
    doctor = await ward.signIn('dr-a');
    failing = false;
    pump.onFrame = (frame) => frame;
    pump.forward(1000); // Rates and nonces of the test before are behind us.
  });
  after(() => ward.end());

  /** Lets the database grow no more, and takes what room is left in its pages. */
  async function fill(): Promise<void> {
    const pages = Number(store.reader('PRAGMA page_count').get()?.['page_count']);
    await store.write([{ sql: `PRAGMA max_page_count = ${pages}`, params: [] }]);
    for (const size of [3_000, 300, 30]) {
      for (let i = 0; i < 200; i++) {
        const params = [`filler ${size} ${i}`, new Uint8Array(size)];
        if (!(await store.write([{ sql: PUT, params }]).then(() => true, () => false))) break; // prettier-ignore
      }
    }
  }

  async function empty(): Promise<void> {
    await store.write([{ sql: 'PRAGMA max_page_count = 1000000', params: [] }]);
    await store.write([{ sql: "DELETE FROM kv WHERE name LIKE 'filler %'", params: [] }]);
  }

  it('by being full stops commands with one reason; reading goes on, and so do commands once there is room', async () => {
    const before = therapyDigest(pump);
    const deliveries = countDeliveries(pump);
    await fill();
    for (let i = 0; i < 3; i++)
      await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, await doctor.prepare(pump, nudge(pump))));
    assert.equal(deliveries(), 0, 'nothing left for the device');
    assert.equal(therapyDigest(pump), before);
    assert.equal(ward.desk.devices(doctor.session).length, 2, 'people can still look');
    assert.equal(ward.gateway.log.health, 'ok', 'a full disk is no inconsistent log');
    const { size } = ward.gateway.log.latest();
    await empty();
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    assert.ok(ward.gateway.log.latest().size > size);
    assert.equal((await ward.walk()).fault, null, 'nothing is half written');
  });

  it('when the outcome should be written leaves it unknown, and the device’s word settles it later, once', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    const deliveries = countDeliveries(pump);
    const pass = pump.onFrame;
    pump.onFrame = (frame, towards) => {
      if (deliveries() > 0) failing = true;
      return pass(frame, towards);
    };
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    const acting = therapyDigest(pump);
    pump.onFrame = pass;
    await refuses('E_UNKNOWN_OUTCOME', doctor.sign(pump, await doctor.prepare(pump, nudge(pump))));
    failing = false;
    assert.equal((await doctor.resolve(pump, bytes)).kind, 'done');
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome']);
    assert.equal(deliveries(), 1, 'nothing is sent twice');
    assert.equal(therapyDigest(pump), acting);
  });

  it('between intent and grant leaves nothing behind: the same bytes are signed again, and taken', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    const deliveries = countDeliveries(pump);
    const stages: Stage[] = [];
    stages.push = (stage) => {
      failing = stage === 'logged';
      return 0;
    };
    await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, bytes, stages));
    assert.equal(deliveries(), 0);
    failing = false;
    assert.equal((await doctor.sign(pump, bytes)).kind, 'done');
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome', 'intent', 'outcome']);
    assert.equal(deliveries(), 1);
  });

  it('and a change for two people is turned away with the same reason, on the connection it came by', async () => {
    const bytes = await doctor.prepare(
      pump,
      program(PUMP.rate, (pump.therapy.acting.get(PUMP.rate) ?? 0) + 1),
    );
    failing = true;
    await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, bytes));
    failing = false;
    assert.equal((await doctor.sign(pump, bytes)).kind, 'awaiting-second');
  });

  it('by being read-only stops commands, and needs nothing but its rights and a start', async () => {
    // Whatever else shares its transaction is turned away with it.
    await store.write([{ sql: 'PRAGMA query_only = ON', params: [] }]).catch(() => undefined);
    const deliveries = countDeliveries(pump);
    await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, await doctor.prepare(pump, nudge(pump))));
    assert.equal(deliveries(), 0);
    assert.equal(ward.desk.devices(doctor.session).length, 2);
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });

  it('cannot be filled by refusals: a command that is handed in again and again is one entry, and stays what it was', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'done');
    const { size } = ward.gateway.log.latest();
    for (let i = 0; i < 100; i++) await assert.rejects(doctor.sign(pump, bytes), Refusal);
    const grown = ward.gateway.log.latest().size - size;
    assert.ok(grown <= 4, `${grown} entries`);
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
  });
});
