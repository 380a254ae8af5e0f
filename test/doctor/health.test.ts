import assert from 'node:assert/strict';
import type { Bedside } from '../../server/broker/bedside.ts';
import { Evidence, type EvidenceParts } from '../../server/gateway/watch/health.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const NOW = 1_800_000_000_000;
const codeOf = (work: () => void): string | undefined => {
  try {
    work();
  } catch (error) {
    return error instanceof Refusal ? error.code : 'other';
  }
  return undefined;
};

describe('the health of the evidence', function () {
  this.timeout(20_000);
  let ward: TestWard;
  before(async () => (ward = await openWard()));
  after(() => ward.end());

  const evidence = (other: Partial<EvidenceParts>): Evidence => {
    const made = new Evidence({
      log: ward.gateway.log,
      store: { write: () => Promise.resolve(), reader: () => assert.fail('no reader') },
      directory: {
        status: { list: { version: 1, issued: NOW / 1000 - 60, revoked: [] }, bytes: new Uint8Array() },
      },
      bedsides: () => [],
      now: () => NOW,
      quorum: 1,
      development: false,
      ...other,
    });
    made.stop();
    return made;
  };
  const status = (age: number) => ({
    directory: {
      status: { list: { version: 1, issued: NOW / 1000 - age, revoked: [] }, bytes: new Uint8Array() },
    },
  });
  const stuck = (count: number, of: number): Partial<EvidenceParts> => ({
    bedsides: () =>
      Array.from({ length: of }, (_, i) => {
        const unknown = i < count ? { updated: NOW - 3_600_000 } : undefined;
        return { unknown } as Bedside;
      }),
  });
  const stateOf = (at: Evidence, part: string) => at.health().parts.find(({ name }) => name === part)?.state;

  it('names every part, and all are well in a ward that works', () => {
    const { ready, posture, parts } = ward.desk.health();
    assert.deepEqual([ready, posture], [true, 'ready']);
    const names = parts.map(({ name }) => name);
    for (const name of [
      'log',
      'witness quorum',
      'witness witness-1.localhost',
      'store',
      'receipts',
      'locks',
      'revocation list',
    ])
      assert.ok(names.includes(name), `${name} in ${names.join(', ')}`);
    assert.deepEqual(
      parts.filter(({ state }) => state !== 'ok'),
      [],
    );
  });

  it('refuses commands when the revocation list is a week old, but not those that lower risk', () => {
    assert.equal(stateOf(evidence(status(40 * 3_600)), 'revocation list'), 'warning');
    const old = evidence(status(8 * 86_400));
    assert.equal(old.health().posture, 'monitoring-only');
    assert.equal(
      codeOf(() => old.check(false)),
      'E_STATUS',
    );
    assert.equal(
      codeOf(() => old.check(true)),
      undefined,
    );
  });

  it('takes one missing outcome for a matter of one patient, and many for a matter of the gateway', () => {
    assert.equal(stateOf(evidence(stuck(2, 4)), 'receipts'), 'warning');
    assert.equal(stateOf(evidence(stuck(3, 40)), 'receipts'), 'warning');
    assert.equal(stateOf(evidence(stuck(3, 10)), 'receipts'), 'bad');
    assert.equal(
      codeOf(() => evidence(stuck(3, 10)).check(false)),
      'E_EVIDENCE',
    );
    assert.equal(
      codeOf(() => evidence(stuck(2, 4)).check(false)),
      undefined,
    );
  });

  it('notices a disk that cannot be written without waiting for a command', async () => {
    const full = evidence({
      store: { write: () => Promise.reject(new Error('full')), reader: () => assert.fail() },
    });
    await full.look();
    assert.equal(stateOf(full, 'store'), 'bad');
    assert.equal(full.health().evidence, 'unavailable');
  });

  it('notices that the witness is gone while nothing happens, and that it is back', async () => {
    const watching = evidence({});
    await ward.stopWitness();
    await eventually(watching, 'bad');
    assert.equal(ward.desk.health().posture, 'monitoring-only');
    await ward.startWitness();
    await eventually(watching, 'ok');
  });

  async function eventually(watching: Evidence, state: string): Promise<void> {
    for (let i = 0; i < 60 && stateOf(watching, 'witness quorum') !== state; i++) {
      await ward.gateway.log.start();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(stateOf(watching, 'witness quorum'), state);
  }
});
