import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { issueReceipt, openReceipt } from '../../server/protocol/receipt.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { encodeAnswer, parseAnswer } from '../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';
import { nudge, until } from './world.ts';

/** What a device did without this gateway: here, what another gateway with the same log key once had it do. */
describe('receipts the gateway missed', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let pump: TestDevice;
  before(async () => {
    ward = await openWard();
    pump = ward.device('pump-1');
    doctor = await ward.signIn('dr-a');
    for (let i = 0; i < 2; i++)
      assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });
  after(() => ward.end());

  const said = (type: Entry['type']): readonly Entry[] =>
    ward.entries().filter((entry) => entry.type === type);
  const answering = (change: (receipts: readonly Bytes[]) => readonly Bytes[]): void => {
    pump.onFrame = (frame, towards) => {
      if (towards === 'device') return frame;
      const answer = parseAnswer(frame);
      return answer.kind === 'receipts'
        ? encodeAnswer({ ...answer, receipts: change(answer.receipts) })
        : frame;
    };
  };
  const forget = async (): Promise<void> => {
    await ward.stopGateway();
    const db = new DatabaseSync(`${ward.config.folder}/countersign.db`);
    db.prepare('DELETE FROM kv WHERE name = ?').run(`receipts ${pump.id}`);
    db.close();
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
  };

  it('are fetched and logged once when the device comes back, also by two who open it at once', async () => {
    answering(() => []); // So that the gateway still does not have them when two people come.
    await forget();
    pump.onFrame = (frame) => frame;
    await Promise.all([doctor.prepare(pump, nudge(pump)), doctor.prepare(pump, nudge(pump))]);
    const receipts = said('receipt');
    assert.deepEqual(
      receipts.map(({ number }) => number),
      [1, 2],
    );
    const last = pump.device.state.receipts.at(-1)?.receipt ?? new Uint8Array();
    assert.equal(hex(receipts[1]?.digest ?? last), hex(nodeCrypto.sha256(last)));
  });

  it('are fetched and logged when the device comes back, before anybody asks', async () => {
    await forget();
    await until('both are logged', () => said('receipt').length === 4);
    assert.equal(said('alarm').filter(({ detail }) => !detail?.includes('keeps back')).length, 0);
  });

  it('raise an alarm, once, when a number is missing', async () => {
    answering((receipts) => receipts.slice(1));
    await forget();
    await doctor.prepare(pump, nudge(pump));
    const alarms = said('alarm').filter(({ detail }) => detail?.includes('missing'));
    assert.deepEqual(
      alarms.map(({ detail, number }) => [detail, number]),
      [['receipts are missing before this number', 2]],
    );
  });

  it('raise an alarm when the device keeps back what it attested', async () => {
    const before = said('alarm').length;
    answering(() => []);
    await forget();
    await doctor.prepare(pump, nudge(pump));
    await doctor.prepare(pump, nudge(pump));
    const alarms = said('alarm').slice(before);
    assert.deepEqual(
      alarms.map(({ number }) => number),
      [2],
    );
  });

  it('raise an alarm when their chain is broken', async () => {
    const first = pump.device.state.receipts[1]?.receipt ?? new Uint8Array();
    const parsed = await openReceipt(nodeCrypto, first, pump.identity.key);
    const other = await issueReceipt({ ...parsed, previous: new Uint8Array(32).fill(9) }, pump.identity);
    answering((receipts) => [...receipts.slice(0, -1), other]);
    await forget();
    await doctor.prepare(pump, nudge(pump));
    assert.ok(said('alarm').some(({ detail }) => detail === 'the chain of receipts is broken'));
    pump.onFrame = (frame) => frame;
  });

  it('raise an alarm when the device counts fewer than the log', async () => {
    const { receiptNumber } = pump.device.state;
    await forget();
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    const old = pump.device.state;
    assert.equal(old.receiptNumber, receiptNumber + 1);
    await ward.stopGateway();
    const db = new DatabaseSync(`${ward.config.folder}/countersign.db`);
    db.prepare('UPDATE kv SET value = ? WHERE name = ?').run(
      encode([99, new Uint8Array(32)]),
      `receipts ${pump.id}`,
    );
    db.close();
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
    await doctor.prepare(pump, nudge(pump));
    assert.equal(said('alarm').filter(({ detail }) => detail?.includes('counts fewer')).length, 1);
  });
});
