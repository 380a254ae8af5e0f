import assert from 'node:assert/strict';
import type { Session } from '../../server/edge/desks/desk.ts';
import { SeenRefusals } from '../../server/gateway/desks/seen-refusals.ts';
import { LIMITS } from '../../server/limits.ts';
import { ROLE } from '../../server/protocol/credential.ts';

const operator = { roles: ROLE.operator } as Session;
const note = (message: Uint8Array) =>
  ({ code: 'E_TELEMETRY', place: 'ward 3', why: 'a gap', message }) as const;
const open = (simulation: boolean): SeenRefusals =>
  new SeenRefusals({ refusals: { watch: () => undefined }, now: () => 5, keepsMessages: () => simulation });

describe('what was refused lately', () => {
  it('keeps no message where it may concern a patient, and says how long it was', () => {
    const seen = open(false);
    seen.note(note(new Uint8Array(70)));
    const [one] = seen.list(operator, 0);
    assert.deepEqual([one?.message, one?.size, one?.code, one?.at], [undefined, 70, 'E_TELEMETRY', 5]);
  });

  it('is bounded in number and in bytes: the oldest give way', () => {
    const seen = open(true);
    for (let i = 0; i < LIMITS.seenRefusals.max + 5; i++) seen.note(note(new Uint8Array(1)));
    assert.equal(seen.list(operator, 0).length, LIMITS.seenRefusals.max);
    assert.equal(seen.list(operator, 0)[0]?.number, 6);
    for (let i = 0; i < 50; i++) seen.note(note(new Uint8Array(24_576)));
    const kept = seen.list(operator, 0).reduce((sum, { message }) => sum + (message?.length ?? 0), 0);
    assert.ok(kept <= LIMITS.seenRefusalBytes.max && kept > LIMITS.seenRefusalBytes.max / 2, String(kept));
  });

  it('is told to operators, and to nobody else', () => {
    const everybodyElse = { roles: 0xffff & ~ROLE.operator } as Session;
    assert.throws(() => open(true).list(everybodyElse, 0), { code: 'E_ROLE' });
    assert.deepEqual(open(true).list(operator, 0), []);
  });
});
