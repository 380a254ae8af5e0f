import assert from 'node:assert/strict';
import type { Attestation } from '../../server/protocol/attestation.ts';
import type { Receipt } from '../../server/protocol/receipt.ts';
import { Ledger } from './ledger.ts';

const none = new Uint8Array();
const attested = (counter: number, settings: [number, number][], receiptNumber = counter): Attestation => ({
  nonce: none,
  emergencyNonce: none,
  ticks: 0,
  ticksLeft: 0,
  device: none,
  patientSalt: none,
  patient: none,
  counter,
  receiptNumber,
  lastReceipt: none,
  profile: none,
  settings: new Map(settings),
  firmware: none,
  anchorsVersion: 1,
  statusVersion: 1,
  channel: none,
  mode: 'running',
});
const receipt = (
  number: number,
  counter: number,
  before: [number, number][],
  after: [number, number][],
): Receipt => ({
  device: none,
  result: 'applied',
  command: none,
  kids: [],
  number,
  counter,
  before: new Map(before),
  after: new Map(after),
  readBack: new Map(after),
  previous: none,
  ticks: 0,
});

describe('the ledger of a crash run', () => {
  const OLD: [number, number][] = [
    [1, 300],
    [2, 7],
  ];
  const NEW: [number, number][] = [
    [1, 325],
    [2, 7],
  ];
  let ledger: Ledger;
  const begin = (hash = 'aa') =>
    ledger.begin({ device: 'pump-1', hash, changes: new Map([[1, 325]]), tier: 1 });
  beforeEach(() => {
    ledger = new Ledger();
    ledger.seen('pump-1', attested(0, OLD));
  });

  it('finds nothing wrong with a change that was applied once', () => {
    ledger.end(begin(), { kind: 'applied', receipt: receipt(1, 1, OLD, NEW), by: 'answer' });
    ledger.seen('pump-1', attested(1, NEW));
    assert.deepEqual(ledger.violations, []);
  });

  it('notices that a device forgot what it had acknowledged', () => {
    ledger.end(begin(), { kind: 'applied', receipt: receipt(1, 1, OLD, NEW), by: 'answer' });
    ledger.seen('pump-1', attested(0, OLD));
    assert.match(ledger.violations.join('\n'), /counts 0 applied/u);
    assert.match(ledger.violations.join('\n'), /settings nobody was told of: 1: 300 instead of 325/u);
    assert.match(ledger.violations.join('\n'), /counts 0 receipts/u);
  });

  it('notices a command that acted twice', () => {
    ledger.end(begin(), { kind: 'applied', receipt: receipt(1, 1, OLD, NEW), by: 'answer' });
    ledger.seen('pump-1', attested(2, NEW));
    assert.match(ledger.violations.join('\n'), /counts 2 applied/u);
  });

  it('notices a command that acted although its end was "never"', () => {
    ledger.end(begin(), { kind: 'never' });
    ledger.seen('pump-1', attested(1, NEW));
    assert.equal(ledger.violations.length, 2);
  });

  it('notices settings that are neither the old nor the new ones', () => {
    const mixed = receipt(1, 1, OLD, [
      [1, 325],
      [2, 8],
    ]);
    ledger.end(begin(), { kind: 'applied', receipt: mixed, by: 'resolve' });
    assert.match(ledger.violations.join('\n'), /mixture: 2: 8 instead of 7/u);
  });

  it('notices a receipt that was given before', () => {
    ledger.end(begin(), { kind: 'applied', receipt: receipt(1, 1, OLD, NEW), by: 'answer' });
    ledger.end(begin('bb'), { kind: 'applied', receipt: receipt(1, 2, NEW, NEW), by: 'answer' });
    assert.match(ledger.violations.join('\n'), /receipt 1 comes after 1/u);
  });

  it('notices the same bytes being taken again after they were applied', () => {
    ledger.end(begin(), { kind: 'applied', receipt: receipt(1, 1, OLD, NEW), by: 'answer' });
    begin();
    assert.match(ledger.violations.join('\n'), /could be made again/u);
  });
});
