import assert from 'node:assert/strict';
import { deviceFaults, type Looked, type Spent } from '../../clients/attack/device-watch.ts';
import { Hands } from '../../clients/attack/hands.ts';
import { partyNamed, together } from '../../clients/attack/parties.ts';
import type { Attestation } from '../../server/protocol/attestation.ts';

const bytes = (value: number, size = 16): Uint8Array => new Uint8Array(size).fill(value);
const BEFORE: Attestation = {
  nonce: bytes(1),
  emergencyNonce: bytes(2),
  ticks: 1_000,
  ticksLeft: 100,
  device: bytes(3, 8),
  patientSalt: bytes(4),
  patient: bytes(5, 32),
  counter: 7,
  receiptNumber: 9,
  lastReceipt: bytes(6, 32),
  profile: bytes(7, 32),
  settings: new Map([[1, 10]]),
  firmware: bytes(8, 32),
  anchorsVersion: 1,
  statusVersion: 1,
  channel: bytes(0, 32),
  mode: 'running',
};
const NOTHING: Spent = { receipts: 0, powerless: false };

/** What is found when a device is otherwise after ten seconds. */
const found = (change: Partial<Attestation>, spent = NOTHING): string => {
  const then: Looked = { said: BEFORE, at: 0 };
  const now: Looked = { said: { ...BEFORE, ticks: 1_010, ticksLeft: 90, ...change }, at: 10_000 };
  return deviceFaults(then, now, spent)
    .map(({ invariant }) => invariant)
    .join();
};

describe('what is looked at after every attack', () => {
  it('is nothing when a device only grew older', () => assert.equal(found({}), ''));

  const faults: readonly [what: string, invariant: string, change: Partial<Attestation>, spent?: Spent][] = [
    ['another setting', 'I1', { settings: new Map([[1, 11]]) }],
    ['another mode', 'I1', { mode: 'stopped' }],
    ['other anchors', 'I1', { anchorsVersion: 2 }],
    ['another patient', 'I1', { patient: bytes(9, 32) }],
    ['a receipt number that went back', 'I2', { receiptNumber: 8 }],
    ['another receipt under the same number', 'I2', { lastReceipt: bytes(9, 32) }],
    ['ticks that went back', 'I6', { ticks: 990 }],
    ['ticks slower than the clock', 'I6', { ticks: 1_003 }],
    ['ticks faster than the clock', 'I6', { ticks: 1_060 }],
    ['a receipt for nothing', 'I8', { receiptNumber: 10, lastReceipt: bytes(9, 32), nonce: bytes(9) }],
    ['another nonce before its time', 'I8', { nonce: bytes(9) }],
    ['another nonce for emergencies', 'I8', { emergencyNonce: bytes(9) }],
  ];
  for (const [what, invariant, change, spent] of faults)
    it(`finds ${what}`, () => assert.equal(found(change, spent), invariant));

  it('takes a receipt for what it was given for, and a nonce that had its time or lost its power', () => {
    const given = { receiptNumber: 10, lastReceipt: bytes(9, 32), nonce: bytes(9) };
    assert.equal(found(given, { receipts: 1, powerless: false }), '');
    assert.equal(found({ nonce: bytes(9) }, { receipts: 0, powerless: true }), '');
    assert.equal(found({ nonce: bytes(9), ticks: 1_101 }).replaceAll(/I6,?/gu, ''), '');
  });

  it('has for each set of hands the locks that these met and cannot open, and no other', () => {
    const codes = (ids: readonly string[]): string => {
      const hands = new Hands('', ids.length === 1 ? partyNamed(ids[0] ?? '') : together(ids));
      for (const path of ['keys/gateway/tls.key.pem', 'keys/clinicians/dr-a/passkey.key.pem', 'gateway/'])
        hands.has(path);
      return hands.locks.join();
    };
    assert.equal(codes(['A1']), 'E_TLS_PEER,E_ASSERTION');
    assert.equal(codes(['A5']), 'E_ASSERTION');
    assert.equal(codes(['A4', 'A5']), '');
  });
});
