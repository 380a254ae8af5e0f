import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { type Live, liveValue } from '../../server/protocol/telemetry/live.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { encodeCall, encodeReply } from '../../server/protocol/stream.ts';
import type { Case } from '../support/evidence.ts';
import { NOW } from '../support/fixtures.ts';
import { damaged } from './plain-cases.ts';
import { good, type Vector, vector } from './vector-file.ts';

const MALFORMED = 'E_CMD_MALFORMED';
const CLOCK = NOW * 1000;
const { code, unit, name } = TERMS.spo2;
const METRIC = { handle: 1, code, unit, scale: 0, period: 0, low: 0, high: 100, name };

/** What a screen asks for, and what it is told. */
export function screenCases({ world }: Case): Record<string, Vector[]> {
  const { deviceId } = world;
  const ask = (...devices: readonly Bytes[]): Bytes =>
    encodeCall(5, { kind: 'monitor', wish: { devices, waves: true } });
  const bad = (what: string, bytes: Bytes, note: string, refusal = MALFORMED): Vector =>
    vector(what, bytes, refusal, note);
  const say = (live: Live): Bytes => encodeReply(5, { kind: 'live', said: liveValue(live) });
  const happened = (event: string): Bytes => encodeReply(6, { kind: 'event', event, device: deviceId });
  const saying = (...said: readonly Cbor[]): Bytes => encode([5, 12, said]);
  const alarms = { kind: 'alarms', pausedUntil: 0, alarms: [] } as const;
  const bed: Live = {
    kind: 'bed',
    bed: {
      device: deviceId,
      now: CLOCK,
      simulated: true,
      contact: 'live',
      signed: true,
      received: CLOCK - 200,
      pausedUntil: 0,
      described: { kind: 'describe', simulated: true, metrics: [METRIC] },
      latest: [{ handle: 1, value: 97, quality: 0, at: CLOCK - 900 }],
      alarms,
      raised: [{ code: 'unsigned', priority: 'medium', since: CLOCK, says: 'Nothing vouches for this data' }],
    },
  };
  const row = (change: Readonly<Record<number, Cbor>>): Bytes => {
    const whole = liveValue(bed);
    if (!Array.isArray(whole)) throw new Error('a bed is an array');
    return saying(...whole.map((value: Cbor, i) => change[i] ?? value));
  };
  const contents = [{ kind: 'numerics', numerics: [{ handle: 1, value: 97, quality: 'valid' }] }] as const;
  return {
    monitor: [
      good(ask(deviceId), 'one device, with waveforms', 'one'),
      good(ask(), 'all that this person may see', 'all'),
      bad('65 devices', ask(...Array.from({ length: 65 }, () => deviceId)), 'at most 64'),
      bad('short id', ask(deviceId.slice(1)), 'an id of 7 bytes'),
      bad('waves 2', encode([5, 8, [], 2]), 'neither with nor without'),
      bad('more', encode([5, 8, [], 1, 0]), 'a member that does not belong'),
      bad('kind', encode([5, 99, [], 1]), 'no such call', 'E_ROUTE'),
      ...damaged(ask(deviceId), MALFORMED),
    ],
    live: [
      good(say(bed), 'a device as it is now', 'bed'),
      good(
        say({
          kind: 'frame',
          frame: { device: deviceId, now: CLOCK, at: CLOCK - 900, signed: true, contents },
        }),
        'what came just now',
        'frame',
      ),
      good(say({ kind: 'tick', now: CLOCK }), 'every second', 'tick'),
      bad('kind', saying(4, CLOCK), 'no such live message'),
      bad('contact', row({ 4: 4 }), 'no such contact'),
      bad('signed 2', row({ 5: 2 }), 'neither signed nor not'),
      bad(
        'two descriptions',
        row({
          7: [
            [1, 1, []],
            [1, 1, []],
          ],
        }),
        'at most one',
      ),
      bad('quality', row({ 8: [[1, 97, 5, CLOCK]] }), 'no such quality'),
      bad('alarms', row({ 9: [2, [[1, 97, 0]]] }), 'numbers where the alarms belong'),
      bad('raised', row({ 10: [['x', 3, CLOCK, 'x']] }), 'no such priority'),
      bad('tick with more', saying(3, CLOCK, 0), 'a member that does not belong'),
      bad('short device', saying(2, new Uint8Array(7), CLOCK, CLOCK, 1, []), 'an id of 7 bytes'),
      ...damaged(say({ kind: 'tick', now: CLOCK }), MALFORMED),
    ],
    event: [
      good(happened('alarm-raised'), 'a device has raised an alarm', 'raised'),
      good(happened('alarm-called'), 'nobody answered at the bed: whoever reads this is called', 'called'),
      good(happened('sign'), 'something is wrong with a device', 'sign'),
      bad('name', encode([6, 10, 'x'.repeat(41), deviceId]), 'a name of 41 bytes'),
      bad('bytes', encode([6, 10, new Uint8Array(4), deviceId]), 'a name that is no text'),
      bad('short device', encode([6, 10, 'sign', deviceId.slice(1)]), 'an id of 7 bytes'),
      bad('no device', encode([6, 10, 'sign']), 'about nothing'),
      bad('more', encode([6, 10, 'sign', deviceId, 0]), 'a member that does not belong'),
      bad('kind', encode([6, 14, 'sign', deviceId]), 'no such reply'),
      ...damaged(happened('sign'), MALFORMED),
    ],
  };
}
