import assert from 'node:assert/strict';
import { issueReceipt, openReceipt } from '../../server/protocol/receipt.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encodeAnswer, parseRequest } from '../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';
import {
  countDeliveries,
  hashOf,
  impostor,
  nudge,
  refuses,
  stateOf,
  storyOf,
  typesOf,
  until,
} from './world.ts';

/** Does something to the next bundle on its way, or to what the device says to it; once. */
function onceDelivering(
  device: TestDevice,
  where: 'device' | 'gateway',
  act: (frame: Bytes) => Bytes | undefined,
): void {
  const before = device.onFrame;
  let [armed, delivering] = [true, false];
  device.onFrame = (frame, towards) => {
    if (towards === 'device') delivering = parseRequest(frame).kind === 'deliver';
    if (!armed || !delivering || towards !== where) return before(frame, towards);
    armed = false;
    return act(frame);
  };
}

/** Loses it, and the link with it. */
const loseNext = (device: TestDevice, where: 'device' | 'gateway'): void =>
  onceDelivering(device, where, () => undefined);

/** Replaces the device's answer. */
const lieOnce = (device: TestDevice, lie: () => Bytes): void => onceDelivering(device, 'gateway', lie);

describe('an outcome nobody knows yet', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let pump: TestDevice;
  before(async () => {
    ward = await openWard();
  });
  beforeEach(async () => {
    pump = ward.device('pump-1');
    doctor = await ward.signIn('dr-a');
    pump.onFrame = (frame) => frame;
    pump.forward(1000); // Whatever a test before left waiting has ended.
  });
  after(() => ward.end());

  const back = async (): Promise<void> => {
    pump.connect();
    await new Promise((resolve) => setTimeout(resolve, 150));
  };

  it('is not that of a device that goes away while it is read: the tablet is told so, and stays signed in', async () => {
    const carry = pump.onFrame;
    pump.onFrame = () => undefined;
    await refuses('E_LINK', doctor.prepare(pump, nudge(pump)));
    pump.onFrame = carry;
    pump.connect();
    await until('it is back', () => ward.desk.device(doctor.session, pump.id).connected);
  });

  it('is unknown when the answer is lost; asking settles it, and nothing is sent twice', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    loseNext(pump, 'gateway');
    const deliveries = countDeliveries(pump);
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    assert.equal(stateOf(ward, bytes, doctor.session), 'unknown');
    assert.equal(ward.desk.health().unknownOutcomes, 1);
    assert.ok(ward.desk.device(doctor.session, pump.id).unknown);
    await refuses('E_UNKNOWN_OUTCOME', doctor.sign(pump, bytes));
    await back();
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
    assert.equal(ward.desk.health().unknownOutcomes, 0);
    assert.equal(deliveries(), 1);
    assert.deepEqual(
      typesOf(storyOf(ward, bytes)).filter((t) => t !== 'refused'),
      ['intent', 'unknown', 'outcome'],
    );
    assert.equal((await doctor.resolve(pump, bytes)).kind, 'done', 'asked late, how it ended is told');
  });

  it('is unknown when the bundle is lost, and stays so while the device could still take it', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    loseNext(pump, 'device');
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    await back();
    assert.equal(stateOf(ward, bytes, doctor.session), 'unknown');
    assert.equal((await doctor.resolve(pump, bytes)).kind, 'unknown');
    const other = await doctor.prepare(pump, nudge(pump));
    await refuses('E_UNKNOWN_OUTCOME', doctor.sign(pump, other));
    pump.forward(35);
    const deliveries = countDeliveries(pump);
    const outcome = await doctor.resolve(pump, bytes);
    assert.deepEqual([outcome.kind, 'code' in outcome && outcome.code], ['refused', 'E_GRANT_EXPIRED']);
    assert.equal(deliveries(), 0);
    assert.equal(stateOf(ward, bytes, doctor.session), 'refused');
  });

  it('is unknown over a restart, and settled by asking when the device is back', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    loseNext(pump, 'gateway');
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    const deliveries = countDeliveries(pump);
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    await until('settled', () => stateOf(ward, bytes, doctor.session) === 'applied');
    assert.equal(deliveries(), 0);
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });

  it('a gateway that died right after sending asks, and does not send again', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    let onDisk = '';
    // The device never answers; the gateway ends meanwhile, and the journal says "sent".
    pump.onFrame = (frame, towards) => {
      if (towards === 'device' && parseRequest(frame).kind === 'deliver') {
        onDisk = stateOf(ward, bytes, doctor.session);
        void ward.stopGateway();
      }
      return frame;
    };
    const outcome = await doctor.sign(pump, bytes).catch((error: unknown) => error);
    assert.notEqual(outcome, undefined);
    assert.equal(onDisk, 'sent', 'before its first byte leaves');
    pump.onFrame = (frame) => frame;
    await new Promise((resolve) => setTimeout(resolve, 200));
    pump.forward(35);
    const deliveries = countDeliveries(pump);
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
    await until('settled', () => ['applied', 'refused'].includes(stateOf(ward, bytes, doctor.session)));
    assert.equal(deliveries(), 0);
  });

  it('a receipt signed by another key proves nothing: unknown, until the device itself speaks', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    const earlier = pump.device.state.receipts.at(-1)?.receipt ?? new Uint8Array();
    const said = await openReceipt(nodeCrypto, earlier, pump.identity.key);
    const forgery = { ...said, command: hashOf(bytes), number: said.number + 1, counter: said.counter + 1 };
    const forged = await issueReceipt(forgery, impostor(pump.identity));
    lieOnce(pump, () => encodeAnswer({ kind: 'receipt', receipt: forged }));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    assert.equal(stateOf(ward, bytes, doctor.session), 'unknown');
    const outcome = await doctor.resolve(pump, bytes);
    assert.equal(outcome.kind, 'done');
  });

  it('a genuine receipt for another command proves nothing for this one', async () => {
    const earlier = pump.device.state.receipts.at(-1)?.receipt;
    assert.ok(earlier);
    const bytes = await doctor.prepare(pump, nudge(pump));
    lieOnce(pump, () => encodeAnswer({ kind: 'receipt', receipt: earlier }));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    assert.equal((await doctor.resolve(pump, bytes)).kind, 'done');
  });

  it('an answer that is none closes the link and proves nothing', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    lieOnce(pump, () => Uint8Array.of(0xff, 0x00));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    assert.equal(ward.desk.device(doctor.session, pump.id).connected, false);
    await back();
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
  });

  it('leaves a log that holds', async () => {
    assert.equal((await ward.walk()).fault, null);
  });
});
