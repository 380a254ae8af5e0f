import { encodeAssociation } from '../../server/protocol/association.ts';
import { type Bytes, concat, unhex } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, type CborMap, decode, encode, isMap } from '../../server/protocol/encoding/cbor.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  encodeSigned,
  encodeStatement,
  PURPOSE,
  type Purpose,
  type Statement,
} from '../../server/protocol/statement.ts';
import { type Answer, encodeAnswer, encodeRequest, type Request } from '../../server/protocol/link/wire.ts';
import { toDer } from '../support/der.ts';
import type { Case } from '../support/evidence.ts';
import { draft } from '../support/fixtures.ts';
import { testBytes, testSigner } from '../support/keys.ts';
import { AMPLITUDE, BATTERY, LOWER, PACING, UPPER } from '../support/profile.ts';
import { good, type Vector, vector } from './vector-file.ts';

const MALFORMED = 'E_CMD_MALFORMED';

/** The fields of an encoded map. */
export function fieldsOf(bytes: Bytes): CborMap {
  const value = decode(bytes);
  if (!isMap(value)) throw new Error('not a map');
  return value;
}
const without = (bytes: Bytes, key: number): Bytes =>
  encode(new Map([...fieldsOf(bytes)].filter(([each]) => each !== key)));
const replaced = (bytes: Bytes, key: number, value: Cbor): Bytes =>
  encode(new Map([...fieldsOf(bytes), [key, value]]));

/** Ways in which any message can be damaged without meaning anything else. */
export const damaged = (bytes: Bytes, code: string): Vector[] => [
  vector('nothing', new Uint8Array(), code, 'no bytes'),
  vector('cut', bytes.slice(0, -1), code, 'the last byte is missing'),
  vector('longer', concat(bytes, Uint8Array.of(0)), code, 'one byte after the end'),
];

const CBOR: readonly (readonly [name: string, digits: string, note: string])[] = [
  ['long integer', '1817', 'not the shortest form'],
  ['long length', '580161', 'not the shortest form'],
  ['key twice', 'a201000101', 'a map key twice'],
  ['unsorted', 'a202000100', 'map keys out of order'],
  ['negative before positive', 'a220000100', 'keys sort by their encoded bytes: 1 before -1'],
  ['indefinite array', '9f01ff', 'an indefinite length'],
  ['indefinite map', 'bf0101ff', 'an indefinite length'],
  ['indefinite bytes', '5f4101ff', 'an indefinite length'],
  ['float', 'fb3ff8000000000000', 'a float'],
  ['float as integer', 'f93c00', 'a float'],
  ['negative zero', 'f98000', 'a float'],
  ['not UTF-8', '61ff', 'text that is not UTF-8'],
  ['surrogate', '63eda080', 'text with a lone surrogate'],
  ['undefined', 'f7', 'a simple value'],
  ['null', 'f6', 'a simple value'],
  ['true', 'f5', 'a simple value'],
  ['tag', 'c001', 'a tag'],
  ['bignum', 'c24101', 'a tag'],
  ['text key', 'a1616101', 'a map key that is not an integer'],
  ['unsafe integer', '1b0020000000000000', '2^53'],
  ['too deep', '81818181818181818100', 'nine levels'],
  ['trailing byte', '0100', 'a byte after the value'],
  ['cut', '4201', 'a length beyond the end'],
];

export const cborCases = (): Vector[] => [
  good(unhex('a301182202190100204101'), 'keys 1, 2, -1; 34, 256 and one byte', 'map'),
  good(unhex('1b001fffffffffffff'), '2^53 - 1', 'largest integer'),
  good(unhex('3b001ffffffffffffe'), '-(2^53 - 1)', 'smallest integer'),
  good(unhex('62c3a4'), 'ä', 'text'),
  good(unhex('818181818181818100'), 'eight levels', 'deep'),
  ...CBOR.map(([name, digits, note]) => vector(name, unhex(digits), MALFORMED, note)),
];

export function coseKeyCases(): Vector[] {
  const es256 = coseKey(-7, testSigner('alice').key.raw);
  const ed25519 = coseKey(-8, testSigner('log', -8).key.raw);
  const code = 'E_ASSERTION_CRED';
  return [
    good(es256, 'the signing passkey of Alice', 'ES256'),
    good(ed25519, 'the key of the log', 'Ed25519'),
    vector('P-384', replaced(es256, 3, -35), code, 'an algorithm that is not accepted'),
    vector('other curve', replaced(es256, -1, 2), code, 'a curve that is not accepted'),
    vector('short x', replaced(es256, -2, new Uint8Array(31)), code, 'a coordinate of 31 bytes'),
    vector('no y', without(es256, -3), code, 'a compressed point'),
    vector('y on Ed25519', replaced(ed25519, -3, new Uint8Array(32)), code, 'a field that does not belong'),
    vector('private', replaced(es256, -4, new Uint8Array(32)), code, 'a private key'),
    ...damaged(es256, code),
  ];
}

export function commandCases({ world }: Case): Vector[] {
  const bytes = encodeCommand(draft(world));
  return [
    good(bytes, 'lower rate 60 to 70'),
    good(encodeCommand(draft(world, { companion: testBytes('image') })), 'with field 10', 'companion'),
    vector('version 2', replaced(bytes, 1, 2), 'E_VERSION', 'a version that is not spoken'),
    ...[2, 3, 4, 5, 6, 7, 8, 9].map((key) =>
      vector(`no ${key}`, without(bytes, key), MALFORMED, 'a field is missing'),
    ),
    vector('field 11', replaced(bytes, 11, 0), MALFORMED, 'a field that does not belong'),
    vector('short device', replaced(bytes, 2, new Uint8Array(7)), MALFORMED, 'a device id of 7 bytes'),
    vector('counter', replaced(bytes, 4, 2 ** 32), MALFORMED, 'a counter beyond 32 bits'),
    vector('operation', replaced(bytes, 7, 65_536), MALFORMED, 'an operation beyond 16 bits'),
    vector('value', replaced(bytes, 8, new Map([[1, 2 ** 31]])), MALFORMED, 'a value beyond 32 bits'),
    vector('code', replaced(bytes, 8, new Map([[-1, 1]])), MALFORMED, 'a negative setting code'),
    vector('text value', replaced(bytes, 8, new Map([[1, '70']])), MALFORMED, 'a value that is text'),
    ...damaged(bytes, MALFORMED),
  ];
}

/** Commands against the profile and the settings of the world. */
export function changesCases({ world }: Case): Vector[] {
  const command = (changes: readonly (readonly [number, number])[], more: Partial<Command> = {}): Bytes =>
    encodeCommand(draft(world, { changes: new Map(changes), ...more }));
  return [
    good(command([[LOWER, 70]]), 'within every limit'),
    good(command([[AMPLITUDE, 30]]), 'a risky setting in its safe direction: tier 1', 'safe direction'),
    good(command([[PACING, 1]]), 'a named option: tier 2', 'option'),
    vector('range', command([[LOWER, 125]]), 'E_CMD_LIMIT', 'above its maximum'),
    vector('step', command([[LOWER, 61]]), 'E_CMD_LIMIT', 'off its step'),
    vector('no option', command([[PACING, 3]]), 'E_CMD_LIMIT', 'no such option'),
    vector(
      'joint rule',
      command([
        [LOWER, 80],
        [UPPER, 95],
      ]),
      'E_CMD_LIMIT',
      'the rates come too close',
    ),
    vector('far', command([[LOWER, 85]]), 'E_CMD_RATE_OF_CHANGE', 'more than one command may change'),
    vector('same', command([[LOWER, 60]]), 'E_CMD_SCHEMA', 'a change that changes nothing'),
    vector('reading', command([[BATTERY, 79]]), 'E_CMD_SCHEMA', 'a setting that is only read'),
    vector('unknown', command([[99, 1]]), 'E_CMD_SCHEMA', 'no such setting'),
    vector('empty', command([]), 'E_CMD_SCHEMA', 'program without settings'),
    vector(
      'stop with settings',
      command([[LOWER, 70]], { operation: OPERATION.stop }),
      'E_CMD_SCHEMA',
      'settings where none belong',
    ),
    vector(
      'operation',
      command([], { operation: OPERATION.firmware }),
      'E_ROUTE',
      'an operation the profile lacks',
    ),
  ];
}

export const derCases = (): Vector[] => [
  good(toDer(concat(testBytes('r'), new Uint8Array(31), Uint8Array.of(1))), 'any r and a small s'),
  ...[
    ['longer', '300602010502010600', 'a byte after the end'],
    ['padded r', '300702020005020106', 'not minimal'],
    ['negative r', '3006020185020106', 'r below zero'],
    ['r zero', '3006020100020106', 'r out of range'],
    ['s zero', '3006020105020100', 's out of range'],
    ['long length', '308106020105020106', 'not minimal'],
    ['no sequence', '3106020105020106', 'not DER of a signature'],
    ['nothing', '', 'no bytes'],
  ].map(([name = '', digits = '', note = '']) => vector(name, unhex(digits), 'E_ASSERTION', note)),
];

const isPurpose = (name: string): name is Purpose => Object.hasOwn(PURPOSE, name);

export function smallCases({ bundle, evidence }: Case): Record<string, Vector[]> {
  const [approval] = bundle.approvals;
  if (!approval) throw new Error('an approval');
  const lock: Statement = {
    purpose: 'lock',
    time: 1_790_000_000,
    nonce: testBytes('statement', 16),
    detail: new Map([[1, 'ward 3']]),
  };
  const statement = encodeStatement(lock);
  const association = encodeAssociation({ patientSalt: testBytes('salt', 16), patient: testBytes('tag') });
  const signed = encodeSigned({ statement, approval });
  const deliver = { kind: 'deliver', bundle: evidence.bundle } as const;
  const requests: readonly Request[] = [
    { kind: 'open' },
    deliver,
    { kind: 'emergency', emergency: testBytes('emergency') },
    { kind: 'receipt-for', command: testBytes('command') },
    { kind: 'receipts-since', number: 57 },
    { kind: 'anchors', anchors: evidence.anchors },
    { kind: 'emergency-open' },
    { kind: 'read-out' },
  ];
  const no: Answer = { kind: 'refused', code: 'E_NONCE', field: 'command.3' };
  const refused = encodeAnswer(no);
  const answers: readonly Answer[] = [
    { kind: 'attestation', attestation: evidence.attestation },
    { kind: 'receipt', receipt: evidence.receipt },
    no,
    { kind: 'absence', absence: testBytes('absence') },
    { kind: 'receipts', receipts: [evidence.receipt] },
    { kind: 'accepted' },
    { kind: 'presence', presence: testBytes('presence') },
    { kind: 'measured', frame: testBytes('frame'), head: testBytes('head') },
  ];
  return {
    association: [good(association, 'salt and tag'), ...damaged(association, MALFORMED)],
    statement: [
      good(statement, 'a lock'),
      ...Object.keys(PURPOSE)
        .filter(isPurpose)
        .map((purpose) =>
          good(encodeStatement({ ...lock, purpose }), `purpose ${PURPOSE[purpose]}`, purpose),
        ),
      vector('version 2', replaced(statement, 1, 2), 'E_VERSION', 'a version that is not spoken'),
      vector('purpose', replaced(statement, 2, 99), MALFORMED, 'no such purpose'),
      ...damaged(statement, MALFORMED),
    ],
    'signed-statement': [good(signed, 'a lock and its approval'), ...damaged(signed, MALFORMED)],
    request: [
      ...requests.map((request) => good(encodeRequest(request), request.kind, request.kind)),
      good(encodeRequest({ ...deliver, companion: association }), 'with what travels beside', 'companion'),
      vector('kind', encode([99]), 'E_ROUTE', 'no such request'),
      vector('open with more', encode([1, 1]), MALFORMED, 'a member that does not belong'),
      vector('read-out with more', encode([8, 1]), MALFORMED, 'a member that does not belong'),
      vector('short hash', encode([4, new Uint8Array(31)]), MALFORMED, 'a hash of 31 bytes'),
      ...damaged(encodeRequest(deliver), MALFORMED),
    ],
    answer: [
      ...answers.map((answer) => good(encodeAnswer(answer), answer.kind, answer.kind)),
      vector('kind', encode([99]), MALFORMED, 'no such answer'),
      vector('code', encode([103, 999, '']), MALFORMED, 'no such refusal'),
      vector(
        '17 receipts',
        encode([105, Array.from({ length: 17 }, () => evidence.receipt)]),
        MALFORMED,
        'at most 16',
      ),
      vector('measured alone', encode([108, testBytes('frame')]), MALFORMED, 'a frame without its head'),
      vector('accepted with more', encode([106, 1]), MALFORMED, 'a member that does not belong'),
      ...damaged(refused, MALFORMED),
    ],
  };
}
