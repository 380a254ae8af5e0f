import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { sign1 } from '../../server/protocol/encoding/cose.ts';
import type { Case } from '../support/evidence.ts';
import { NOW } from '../support/fixtures.ts';
import { testBytes, testSigner } from '../support/keys.ts';
import { sign1Cases } from './signed-cases.ts';
import { good, type Vector, vector } from './vector-file.ts';

/** What a tester signs of one run of the conformance kit. */
export async function testedCases({ world }: Case): Promise<Vector[]> {
  const tester = testSigner('tester');
  const code = 'E_CMD_MALFORMED';
  const fields: readonly (readonly [number, Cbor])[] = [
    [1, 1],
    [2, '0.1.0'],
    [3, NOW],
    [4, world.deviceId],
    [5, world.device.key.kid],
    [6, world.profileHash],
    [7, testBytes('firmware')],
    [8, testBytes('report')],
    [9, 1],
    [10, [160, 0, 1, 12, 0]],
  ];
  const made = (...more: readonly (readonly [number, Cbor])[]) =>
    sign1('conformance', encode(new Map([...fields, ...more])), tester);
  return [
    ...(await sign1Cases('conformance', await made(), tester, code)),
    good(await made([11, 1], [7, new Uint8Array()]), 'about a gateway', 'gateway'),
    vector('version 2', await made([1, 2]), 'E_VERSION', 'a version that is not spoken'),
    vector('judgement 3', await made([9, 3]), code, 'no such judgement'),
    vector('subject 2', await made([11, 2]), code, 'no such subject'),
    vector('four counts', await made([10, [160, 0, 1, 12]]), code, 'five counts are needed'),
  ];
}
