import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { packSamples } from '../../server/protocol/telemetry/samples.ts';
import {
  encodeHead,
  encodeLost,
  encodeTelemetry,
  encodeToDevice,
  issueHead,
  type TelemetryFrame,
} from '../../server/protocol/telemetry/telemetry.ts';
import type { Content, Metric } from '../../server/protocol/telemetry/telemetry-content.ts';
import type { Case } from '../support/evidence.ts';
import { NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { sign1Cases } from './signed-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

const MALFORMED = 'E_CMD_MALFORMED';
const SCHEMA = 'E_CMD_SCHEMA';
const { sha256 } = nodeCrypto;
/** The gateway's clock, Unix ms. */
const CLOCK = NOW * 1000;
const SESSION = testBytes('session', 8);

const RATE: Metric = {
  handle: 1,
  code: TERMS.heartRate.code,
  unit: TERMS.heartRate.unit,
  scale: 0,
  period: 0,
  low: 0,
  high: 300,
  name: 'Heart rate',
};
const ECG: Metric = {
  handle: 2,
  code: TERMS.ecg.code,
  unit: TERMS.ecg.unit,
  scale: 3,
  period: 2_000,
  low: -5_000,
  high: 5_000,
  name: 'ECG II',
};
const DESCRIBE: Content = { kind: 'describe', simulated: true, metrics: [RATE, ECG] };
const NUMERICS: Content = { kind: 'numerics', numerics: [{ handle: 1, value: 72, quality: 'valid' }] };
const SAMPLES = packSamples([0, 1, 4, 9, 16, 9, 4, 1, 0, -1]);
const WAVE: Content = {
  kind: 'wave',
  wave: { handle: 2, offset: 20, count: 10, quality: 'valid', data: SAMPLES },
};
const ALARMS = {
  kind: 'alarms',
  pausedUntil: 0,
  alarms: [
    {
      id: 7,
      priority: 'high',
      kind: 'physiological',
      presence: 'on',
      since: CLOCK - 5_000,
      metric: 1,
      says: 'Heart rate high',
    },
  ],
} as const;
const EVENTS: Content = { kind: 'events', events: [{ at: CLOCK - 60_000, code: 1, says: 'Episode kept' }] };

const frame = (number: number, contents: readonly Content[], more: Partial<TelemetryFrame> = {}): Bytes =>
  encodeTelemetry({
    session: SESSION,
    number,
    previous: new Uint8Array(32),
    at: CLOCK + 1_000 * number,
    up: 1_000 * number,
    contents,
    ...more,
  });

/** A frame whose one content is spelled by hand. */
const holding = (content: Cbor): Bytes =>
  encode([201, SESSION, 1, new Uint8Array(32), CLOCK, 1_000, [content]]);
const metric = (change: Partial<Record<number, Cbor>>): Cbor => {
  const row: Cbor[] = [1, RATE.code, RATE.unit, 0, 0, 0, 300, RATE.name];
  for (const [at, value] of Object.entries(change)) if (value !== undefined) row[Number(at)] = value;
  return row;
};
const described = (...metrics: readonly Cbor[]): Bytes => holding([1, 1, metrics]);

type Bad = readonly [name: string, bytes: Bytes, note: string, code?: string];

const BAD: readonly Bad[] = [
  ['kind', encode([204, SESSION, 1, 2]), 'no such message', 'E_ROUTE'],
  ['number 0', frame(0, [NUMERICS]), 'frames count from 1'],
  ['short session', frame(1, [], { session: new Uint8Array(7) }), 'a session of 7 bytes'],
  ['short previous', frame(1, [], { previous: new Uint8Array(31) }), 'a hash of 31 bytes'],
  [
    '65 contents',
    frame(
      1,
      Array.from({ length: 65 }, () => NUMERICS),
    ),
    'at most 64',
  ],
  ['content', holding([6, []]), 'no such content'],
  ['unit of another code', described(metric({ 2: 'mV' })), 'a heart rate in mV', SCHEMA],
  ['unit by name', described(metric({ 1: 0xf000_0001, 2: 'beats' })), 'not a unit of UCUM', SCHEMA],
  ['unit in capitals', described(metric({ 1: 0xf000_0001, 2: 'ML' })), 'UCUM is case-sensitive', SCHEMA],
  ['handle 0', described(metric({ 0: 0 })), 'handles count from 1'],
  ['handle twice', described(metric({}), metric({})), 'one handle for two metrics'],
  ['scale 7', described(metric({ 3: 7 })), 'a scale beyond 6'],
  ['range', described(metric({ 5: 301 })), 'low above high'],
  ['no name', described(metric({ 7: '' })), 'a metric without a name'],
  ['no metrics', described(), 'describes nothing'],
  ['simulated 2', holding([1, 2, [metric({})]]), 'neither simulated nor not'],
  ['quality', holding([2, [[1, 72, 5]]]), 'no such quality'],
  ['value', holding([2, [[1, 2 ** 31, 0]]]), 'a value beyond 32 bits'],
  ['no numerics', holding([2, []]), 'numerics without a number'],
  ['float text', holding([2, [[1, '72', 0]]]), 'a value that is text'],
  ['fewer samples', holding([3, 2, 20, 30, 0, SAMPLES]), 'thirty announced, ten packed'],
  ['more samples', holding([3, 2, 20, 10, 0, concat(SAMPLES, Uint8Array.of(0))]), 'a byte after the last'],
  ['fill', holding([3, 2, 0, 1, 0, Uint8Array.of(0, 0x7f)]), 'not filled with zeros'],
  ['packing', holding([3, 2, 0, 1, 0, Uint8Array.of(0x60, 0)]), 'no predictor of order 3'],
  ['offset', holding([3, 2, 60_001, 10, 0, SAMPLES]), 'more than a minute back'],
  ['2001 samples', holding([3, 2, 20, 2_001, 0, SAMPLES]), 'beyond what one frame may hold'],
  ['priority', holding([4, 0, [[7, 3, 0, 0, CLOCK, 1, 'x']]]), 'no such priority'],
  ['presence', holding([4, 0, [[7, 2, 0, 3, CLOCK, 1, 'x']]]), 'no such presence'],
  ['33 alarms', holding([4, 0, Array.from({ length: 33 }, () => [7, 2, 0, 0, CLOCK, 1, 'x'])]), 'at most 32'],
  ['no events', holding([5, []]), 'events without an event'],
  ['nothing lost', encodeLost(SESSION, 5, 5), 'frames 5 to 4'],
  ['lost from 0', encodeLost(SESSION, 0, 3), 'frames count from 1'],
  ['head as text', encode([202, 'head']), 'a head that is no byte string'],
  ['frame with more', encode([201, SESSION, 1, new Uint8Array(32), CLOCK, 0, [], 0]), 'one member too many'],
];

function fromDevice(head: Bytes): Vector[] {
  const whole = frame(1, [DESCRIBE, NUMERICS, WAVE, ALARMS, EVENTS]);
  return [
    good(whole, 'describes, and then one of each', 'frame'),
    good(frame(2, []), 'nothing to say', 'empty frame'),
    good(frame(1, [{ ...ALARMS, alarms: [] }]), 'every alarm is off', 'no alarms'),
    good(described(metric({ 1: 0xf000_0001, 2: 'uL' })), 'a code of its own, in a unit of UCUM', 'own code'),
    good(holding([3, 2, 0, 0, 2, packSamples([])]), 'a lead that is off', 'no samples'),
    good(holding([3, 2, 0, 2, 0, packSamples([32_767, -32_768])]), 'the widest step', 'escape'),
    good(encodeHead(head), 'a signed head', 'head'),
    good(encodeLost(SESSION, 5, 9), 'frames 5 to 8 never come', 'lost'),
    ...BAD.map(([name, bytes, note, code = MALFORMED]) => vector(name, bytes, code, note)),
    ...damaged(encodeLost(SESSION, 5, 9), MALFORMED),
  ];
}

function toDevice(): Vector[] {
  const stored = encodeToDevice({ kind: 'stored', session: SESSION, number: 8 });
  const refused = { kind: 'refused', session: SESSION, number: 9, code: 'E_TELEMETRY' } as const;
  return [
    good(stored, 'everything up to frame 8 is on the disk', 'stored'),
    good(encodeToDevice({ ...refused, field: 'telemetry.number' }), 'frame 9 was not taken', 'refused'),
    vector('kind', encode([213, SESSION, 8]), MALFORMED, 'no such answer'),
    vector('short session', encode([211, new Uint8Array(7), 8]), MALFORMED, 'a session of 7 bytes'),
    vector('stored with more', encode([211, SESSION, 8, 58, '']), MALFORMED, 'stored, and a refusal'),
    vector('no code', encode([212, SESSION, 9]), MALFORMED, 'refused without a number'),
    vector('code', encode([212, SESSION, 9, 999, '']), MALFORMED, 'no such refusal'),
    vector(
      'long field',
      encode([212, SESSION, 9, 58, 'x'.repeat(121)]),
      MALFORMED,
      'a field of 121 characters',
    ),
    ...damaged(stored, MALFORMED),
  ];
}

/** Messages of one device in their order, at the gateway's clock. */
const told = (...messages: readonly Bytes[]): Bytes => encode([CLOCK, messages]);
const after = (bytes: Bytes): Partial<TelemetryFrame> => ({ previous: sha256(bytes) });

async function sessions(device: Signer, deviceId: Bytes): Promise<Vector[]> {
  const off = 'E_TELEMETRY';
  const first = frame(1, [DESCRIBE, NUMERICS]);
  const second = frame(2, [NUMERICS, WAVE], after(first));
  const third = frame(3, [NUMERICS], after(second));
  const headOf = (bytes: Bytes, number: number, more: object = {}, signer = device): Promise<Bytes> =>
    issueHead(
      { device: deviceId, session: SESSION, number, hash: sha256(bytes), at: CLOCK, ...more },
      signer,
    ).then(encodeHead);
  const bare = frame(1, [NUMERICS]);
  const wrongKind: Content = { kind: 'numerics', numerics: [{ handle: 2, value: 1, quality: 'valid' }] };
  return [
    good(told(first, second, third), 'numbered, chained, described', 'three frames'),
    good(told(first, second, second, first, third), 'what came before is no fault', 'again'),
    good(
      told(first, encodeLost(SESSION, 2, 4), frame(4, [NUMERICS])),
      'two are lost, and said to be',
      'lost',
    ),
    good(told(first, second, await headOf(second, 2)), 'the newest frame is signed', 'head'),
    good(told(first, second, third, await headOf(second, 2)), 'a head that comes late', 'late head'),
    vector('gap', told(first, third), off, 'frame 2 is missing, and nothing said so'),
    vector('begins at 2', told(second), off, 'a session begins with frame 1'),
    vector('chain', told(first, frame(2, [NUMERICS])), off, 'not chained to the frame before'),
    vector('first chained', told(frame(1, [DESCRIBE], after(first))), off, 'nothing is before the first'),
    vector(
      'other again',
      told(first, frame(1, [DESCRIBE])),
      off,
      'another frame under a number already used',
    ),
    vector('lost too far', told(first, encodeLost(SESSION, 3, 5)), off, 'frame 2 is neither there nor lost'),
    vector(
      'running time',
      told(first, frame(2, [NUMERICS], { ...after(first), up: 999 })),
      off,
      'running time that goes back',
    ),
    vector('not described', told(bare), off, 'a number before what it means'),
    vector('other handle', told(first, frame(2, [wrongKind], after(first))), off, 'a waveform as a number'),
    vector(
      'other session',
      told(first, frame(2, [NUMERICS], { ...after(first), session: testBytes('other', 8) })),
      off,
      'a session that begins with frame 2',
    ),
    vector('future', told(frame(1, [DESCRIBE], { at: CLOCK + 10_001 })), 'E_CLOCK', 'more than 10 s ahead'),
    vector(
      'old',
      told(frame(1, [DESCRIBE], { at: CLOCK - 72 * 3_600_000 - 1 })),
      'E_CLOCK',
      'more than 72 h old',
    ),
    good(told(frame(1, [DESCRIBE], { at: CLOCK + 10_000 })), '10 s ahead may be', 'ahead'),
    good(told(frame(1, [DESCRIBE], { at: CLOCK - 72 * 3_600_000 })), 'kept for 72 h', 'kept'),
    vector(
      'head of another frame',
      told(first, second, await headOf(third, 2)),
      off,
      'signed is another frame',
    ),
    vector('head before its frame', told(first, await headOf(second, 2)), off, 'signed is what never came'),
    vector(
      'head by a stranger',
      told(first, await headOf(first, 1, {}, testSigner('stranger'))),
      'E_DEVICE_IDENTITY',
      'signed by somebody else',
    ),
    vector(
      'head of another device',
      told(first, await headOf(first, 1, { device: new Uint8Array(8) })),
      'E_DEVICE_IDENTITY',
      'signed for another device',
    ),
    vector(
      'head of another session',
      told(first, await headOf(first, 1, { session: testBytes('other', 8) })),
      off,
      'signed is another session',
    ),
    vector('flipped head', told(first, flipped(await headOf(first, 1), -1)), 'E_DEVICE_IDENTITY', 'one bit'),
    vector('malformed', told(first, encode([201, SESSION])), MALFORMED, 'no telemetry at all'),
  ];
}

/** What a device sends by itself, and what it is told about it. */
export async function telemetryCases({ world }: Case): Promise<Record<string, Vector[]>> {
  const { device, deviceId } = world;
  const head = { device: deviceId, session: SESSION, number: 8, hash: testBytes('frame 8'), at: CLOCK };
  const signed = await issueHead(head, device);
  return {
    'from-device': fromDevice(signed),
    'to-device': toDevice(),
    'chain-head': await sign1Cases('telemetry', signed, device, 'E_DEVICE_IDENTITY', MALFORMED),
    'telemetry-session': await sessions(device, deviceId),
  };
}
