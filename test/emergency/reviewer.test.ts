import assert from 'node:assert/strict';
import type { Person } from '../../server/authenticate/authenticated.ts';
import { Bedside } from '../../server/broker/bedside.ts';
import { Emergencies } from '../../server/broker/emergencies.ts';
import type { EnrolledDevice } from '../../server/broker/enrolled.ts';
import { type Bytes, equal, hex } from '../../server/protocol/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { encodeStatement } from '../../server/protocol/statement.ts';
import { refuses } from '../ceremony/world.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';

const DEVICE = testBytes('device', 8);
const COMMAND = testBytes('command');
const USED = testBytes('key of the rescue', 16);
const OTHER = testBytes('another key', 16);

describe('the review of an emergency', () => {
  it('is of another person, whatever passkey they sign with', async () => {
    const at = new Bedside({ hex: hex(DEVICE), id: DEVICE } as unknown as EnrolledDevice);
    [at.review, at.rescuers] = [COMMAND, [USED]];
    const roles = ROLE.clinician | ROLE.second;
    const by = { subject: 'a1', credential: { key: { kid: OTHER }, roles } } as unknown as Person;
    const told: string[] = [];
    const emergencies = new Emergencies({
      crypto: nodeCrypto,
      now: () => 1_790_000_000_000,
      bedside: () => at,
      announce: (name) => Promise.resolve(void told.push(name)),
      said: ({ type }) => Promise.resolve(void told.push(type)),
      keep: () => Promise.resolve(),
      recall: () => undefined,
      verify: () => Promise.resolve(by),
      changed: () => undefined,
    });
    const detail = new Map<number, Bytes | string>([[1, DEVICE], [2, COMMAND], [3, 'looked at it']]); // prettier-ignore
    const nonce = testBytes('nonce', 16);
    const statement = encodeStatement({ purpose: 'review', time: 1_790_000_000, nonce, detail });
    const approval = { kid: OTHER, authenticatorData: OTHER, clientDataJSON: OTHER, signature: OTHER };
    const signed = { statement, approval };
    const both = (kid: Bytes): boolean => equal(kid, USED) || equal(kid, OTHER);
    await refuses('E_DUAL_SAME_PERSON', emergencies.review(signed, { subject: 'a1', roles, owns: both }));
    assert.deepEqual([at.review, told], [COMMAND, []]);
    await emergencies.review(signed, { subject: 'a1', roles, owns: (kid) => equal(kid, OTHER) });
    assert.deepEqual([at.review, told.length], [undefined, 1]);
  });
});
