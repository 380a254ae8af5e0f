import assert from 'node:assert/strict';
import type { Person } from '../../server/authenticate/authenticated.ts';
import { Bedside } from '../../server/broker/bedside.ts';
import { Emergencies } from '../../server/broker/emergencies.ts';
import type { EnrolledDevice } from '../../server/broker/enrolled.ts';
import { type Bytes, equal, hex } from '../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import type { Approval } from '../../server/protocol/approval.ts';
import { encodeSigned, encodeStatement, type SignedStatement } from '../../server/protocol/statement.ts';
import { refuses } from '../ceremony/world.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';

const DEVICE = testBytes('device', 8);
const COMMAND = testBytes('command');
const USED = testBytes('key of the rescue', 16);
const OTHER = testBytes('another key', 16);

/** A device whose emergency waits for its review; whoever signs is `a1`, with a passkey that did not rescue. */
function waiting() {
  const at = new Bedside({ hex: hex(DEVICE), id: DEVICE } as unknown as EnrolledDevice);
  [at.review, at.rescuers] = [COMMAND, [USED]];
  const roles = ROLE.clinician | ROLE.second;
  const by = { subject: 'a1', credential: { key: { kid: OTHER }, roles } } as unknown as Person;
  const told: string[] = [];
  const kept = new Map<string, Bytes>();
  const emergencies = new Emergencies({
    crypto: nodeCrypto,
    now: () => 1_790_000_000_000,
    bedside: () => at,
    announce: (name) => Promise.resolve(void told.push(name)),
    said: ({ type }, _device, signed, name) => {
      if (name !== undefined) kept.set(name, encodeSigned(signed));
      return Promise.resolve(void told.push(type));
    },
    keep: () => Promise.resolve(),
    recall: (name) => kept.get(name),
    verify: () => Promise.resolve(by),
    tell: () => undefined,
  });
  return { at, roles, told, emergencies };
}

const approval: Approval = {
  kid: OTHER,
  authenticatorData: new Uint8Array(37),
  clientDataJSON: new Uint8Array(90),
  signature: new Uint8Array(64),
};
const nonce = testBytes('nonce', 16);
const signedBy = (purpose: 'review' | 'reason', ...detail: [number, Bytes | string][]): SignedStatement => ({
  statement: encodeStatement({ purpose, time: 1_790_000_000, nonce, detail: new Map(detail) }),
  approval,
});
const both = (kid: Bytes): boolean => equal(kid, USED) || equal(kid, OTHER);

describe('the review of an emergency', () => {
  it('is of another person, whatever passkey they sign with', async () => {
    const { at, roles, told, emergencies } = waiting();
    const signed = signedBy('review', [1, DEVICE], [2, COMMAND], [3, 'looked at it']);
    await refuses('E_DUAL_SAME_PERSON', emergencies.review(signed, { subject: 'a1', roles, owns: both }));
    assert.deepEqual([at.review, told], [COMMAND, []]);
    await emergencies.review(signed, { subject: 'a1', roles, owns: (kid) => equal(kid, OTHER) });
    assert.deepEqual([at.review, told.length], [undefined, 1]);
  });
});

describe('the reason of a rescuer', () => {
  const given = (command = COMMAND, reason = 'danger', text = '') =>
    signedBy('reason', [1, DEVICE], [2, command], [3, reason], [4, text]);

  it('is theirs alone, with any of their passkeys, about an emergency that waits, and once', async () => {
    const { at, roles, told, emergencies } = waiting();
    const rescuer = { subject: 'a1', roles, owns: both };
    const another = { subject: 'a1', roles, owns: (kid: Bytes) => equal(kid, OTHER) };
    await refuses('E_ROLE', emergencies.explain(given(), another));
    await refuses('E_ASSERTION', emergencies.explain(given(), { ...rescuer, subject: 'b2' }));
    await refuses('E_SCOPE', emergencies.explain(given(testBytes('another command')), rescuer));
    assert.deepEqual([told, emergencies.reason(COMMAND)], [[], undefined]);
    const twice = [
      emergencies.explain(given(), rescuer),
      emergencies.explain(given(COMMAND, 'drill'), rescuer),
    ];
    const ended = await Promise.allSettled(twice);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.deepEqual(told, ['statement'], 'once in the log');
    assert.equal(emergencies.reason(COMMAND)?.reason, 'danger');
    at.review = undefined;
    await refuses('E_SCOPE', emergencies.explain(given(), rescuer));
  });

  it('is a word of the list, with words of their own where it is another', async () => {
    const { roles, emergencies } = waiting();
    const rescuer = { subject: 'a1', roles, owns: both };
    const bad = [
      given(COMMAND, 'bored'),
      given(COMMAND, 'other', '  '),
      given(COMMAND, 'danger', 'x'.repeat(481)),
      signedBy('reason', [1, DEVICE], [2, COMMAND], [3, 'danger']),
    ];
    for (const signed of bad) await refuses('E_CMD_MALFORMED', emergencies.explain(signed, rescuer));
    await emergencies.explain(given(COMMAND, 'other', 'the programmer was at sea'), rescuer);
  });
});
