import assert from 'node:assert/strict';
import type { Mode } from '../../server/protocol/attestation.ts';
import type { Seen } from '../../server/broker/bedside.ts';
import { safetyOf } from '../../server/gateway/devices/safety.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('what stays visible of a device after an emergency', () => {
  const seen = (at: number, mode: Mode): Seen =>
    ({ at, attestation: { mode }, bytes: new Uint8Array() }) as unknown as Seen;
  const of = (part: Partial<Parameters<typeof safetyOf>[0]> = {}, applied: Record<string, number> = {}) =>
    safetyOf(
      {
        rescuedAt: undefined,
        rescuers: [],
        review: undefined,
        seen: undefined,
        lastApplied: new Map(Object.entries(applied)),
        ...part,
      },
      ([first]) => (first === 7 ? 'Dr A' : undefined),
    );

  it('is nothing where nothing happened', () => {
    assert.deepEqual(of(), { safeSince: undefined, reviewDue: undefined, rescuer: undefined });
    assert.equal(of({ seen: seen(HOUR, 'running') }).safeSince, undefined);
  });

  it('is its safe mode since the log heard of the emergency, though nobody has met the device since', () => {
    assert.equal(of({ rescuedAt: 2 * HOUR, seen: seen(HOUR, 'running') }).safeSince, 2 * HOUR);
    assert.equal(of({ rescuedAt: 2 * HOUR, seen: seen(3 * HOUR, 'safe-mode') }).safeSince, 2 * HOUR);
    assert.equal(of({}, { safeMode: HOUR }).safeSince, HOUR, 'two people may have sent it there');
  });

  it('ends with the command that resumes therapy, or with the device’s own newer word', () => {
    assert.equal(
      of({ rescuedAt: HOUR, seen: seen(2 * HOUR, 'safe-mode') }, { resume: 3 * HOUR }).safeSince,
      undefined,
    );
    assert.equal(of({ rescuedAt: HOUR, seen: seen(2 * HOUR, 'running') }).safeSince, undefined);
    assert.equal(of({ rescuedAt: 4 * HOUR }, { resume: 3 * HOUR }).safeSince, 4 * HOUR);
  });

  it('is its safe mode since it was met where the log has no emergency', () => {
    assert.equal(of({ seen: seen(HOUR, 'safe-mode') }).safeSince, HOUR);
  });

  it('is the review that is due within a day, with who used the door, until somebody made it', () => {
    const review = new Uint8Array(32);
    const rescuers = [new Uint8Array([9]), new Uint8Array([7])];
    const waiting = of({ rescuedAt: HOUR, review, rescuers });
    assert.deepEqual([waiting.reviewDue, waiting.rescuer], [HOUR + DAY, 'Dr A']);
    const made = of({ rescuedAt: HOUR, rescuers });
    assert.deepEqual([made.safeSince, made.reviewDue, made.rescuer], [HOUR, undefined, undefined]);
  });
});
