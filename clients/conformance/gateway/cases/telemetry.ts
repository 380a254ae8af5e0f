import { type Bytes, concat } from '../../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../../server/protocol/encoding/cbor.ts';
import { Refusal, type RefusalCode } from '../../../../server/protocol/refusal.ts';
import { encodeLost, isTelemetry, parseFromDevice } from '../../../../server/protocol/telemetry/telemetry.ts';
import { flipped } from '../../cases/case.ts';
import { chance, damage } from '../../cases/noise.ts';
import { CaseFault } from '../../faults.ts';
import { ephemeralSigner } from '../../world/hospital.ts';
import type { GatewayBench } from '../bench.ts';
import type { GatewayCase } from '../case.ts';
import { BEATS, DESCRIBE, RATE, TelemetrySession } from '../session.ts';

const SECTION = '3.10; 6';
const HEAD_MS = 600;
const OFF = 'E_TELEMETRY';

const taken = (
  id: string,
  says: string,
  run: (session: TelemetrySession, bench: GatewayBench) => Promise<void>,
): GatewayCase => ({
  id: `telemetry.${id}`,
  says,
  section: SECTION,
  run: async (bench) => run(await TelemetrySession.begin(bench), bench),
});

/** In a session that is well so far, one message in which exactly one thing is wrong. */
const refused = (
  id: string,
  says: string,
  codes: RefusalCode | readonly RefusalCode[],
  build: (session: TelemetrySession, bench: GatewayBench) => Promise<Bytes> | Bytes,
): GatewayCase =>
  taken(id, says, async (session, bench) => {
    await session.refused(await build(session, bench), typeof codes === 'string' ? [codes] : codes, says);
    await session.taken(session.frame());
  });

/** What devices send by themselves: what follows is taken, everything else is refused and changes nothing. */
export const telemetryCases: readonly GatewayCase[] = [
  taken('stored', 'frames that follow are acknowledged, in their order', async (session) => {
    for (let i = 0; i < 3; i++) await session.taken(session.frame());
  }),
  taken(
    'again',
    'a frame that was taken before is acknowledged again, and not taken twice',
    async (session) => {
      const frame = session.frame();
      await session.taken(frame);
      await session.taken(frame, session.number);
      await session.taken(session.frame());
    },
  ),
  taken('lost', 'what a device lost is said, and the next frame is taken', async (session, bench) => {
    const next = session.number + 3;
    (await bench.inContact()).send(encodeLost(session.id, session.number + 1, next));
    await session.taken(session.frame([BEATS], { number: next }), next);
  }),
  taken('head', 'a signed head of the newest frame is taken without a word', async (session, bench) => {
    await session.quiet();
    const head = await session.head();
    (await bench.inContact()).send(head);
    const word = await bench.hear((message) => message, HEAD_MS);
    bench.note(head, word);
    if (word)
      throw new CaseFault('a genuine head is no fault', {
        expected: 'nothing',
        got: 'an answer',
        field: 'answer.0',
      });
  }),
  refused('gap', 'a number that is skipped without a word is refused', OFF, (session) =>
    session.frame([BEATS], { number: session.number + 2 }),
  ),
  refused('chain', 'a frame that is not chained to the one before is refused', OFF, (session) =>
    session.frame([BEATS], { previous: new Uint8Array(32) }),
  ),
  refused('other-again', 'another frame under a number already used is refused', OFF, (session) =>
    session.frame([DESCRIBE], { number: session.number, previous: new Uint8Array(32) }),
  ),
  refused('running-time', 'running time that goes back is refused', OFF, (session) =>
    session.frame([BEATS], { up: 0 }),
  ),
  refused('undescribed', 'a number that was never described is refused', OFF, (session) =>
    session.frame([{ kind: 'numerics', numerics: [{ handle: 9, value: 1, quality: 'valid' }] }]),
  ),
  refused('future', 'a time more than ten seconds ahead is refused', 'E_CLOCK', (session) =>
    session.frame([BEATS], { at: Date.now() + 60_000 }),
  ),
  refused('stale', 'a time more than three days back is refused', 'E_CLOCK', (session) =>
    session.frame([BEATS], { at: Date.now() - 73 * 3_600_000 }),
  ),
  refused('unit', 'a heart rate in millivolts is refused, never converted', 'E_CMD_SCHEMA', (session) =>
    session.frame([{ ...DESCRIBE, metrics: [{ ...RATE, unit: 'mV' }] }]),
  ),
  taken(
    'over',
    'the first frame of a session that is over is refused when it is played again',
    async (session, bench) => {
      const newer = await TelemetrySession.begin(bench);
      await newer.refused(session.first, [OFF], 'a session that is over is refused');
      await newer.taken(newer.frame());
    },
  ),
  refused('malformed', 'what is not in its one spelling is refused', 'E_CMD_MALFORMED', (session) =>
    concat(session.frame(), Uint8Array.of(0)),
  ),
  refused('unknown', 'telemetry that does not exist is refused', 'E_ROUTE', (session) =>
    encode([209, session.id]),
  ),
  refused('head-stranger', 'a head by another key is refused', 'E_DEVICE_IDENTITY', (session) =>
    session.head({}, ephemeralSigner()),
  ),
  refused(
    'head-signature',
    'a head whose signature does not verify is refused',
    'E_DEVICE_IDENTITY',
    async (session) => flipped(await session.head(), -1),
  ),
  refused('head-device', 'a head that names another device is refused', 'E_DEVICE_IDENTITY', (session) =>
    session.head({ device: new Uint8Array(8) }),
  ),
  refused('head-frame', 'a head of another frame than came is refused', OFF, (session) =>
    session.head({ hash: new Uint8Array(32) }),
  ),
  refused('head-ahead', 'a head of a frame that never came is refused', OFF, (session) =>
    session.head({ number: session.number + 1 }),
  ),
  refused('head-session', 'a head of another session is refused', OFF, (session) =>
    session.head({ session: new Uint8Array(8) }),
  ),
];

/** Damaged frames by a seed. What damage leaves well formed may follow or not; what it does not, is never acknowledged. */
export const telemetryFuzz = (seed: number, count: number): GatewayCase =>
  taken(
    'fuzz',
    `of ${count} damaged frames none that is malformed is acknowledged (seed ${seed})`,
    async (session) => {
      const pick = chance(seed);
      const codes: readonly RefusalCode[] = ['E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'E_ROUTE'];
      for (let i = 0; i < count; i++) {
        const damaged = damage(session.frame(), pick);
        if (!isTelemetry(damaged) || !isMalformed(damaged)) continue;
        await session.refused(damaged, codes, `damaged frame ${i} of seed ${seed} is refused`);
      }
      await session.taken(session.frame());
    },
  );

function isMalformed(bytes: Bytes): boolean {
  try {
    parseFromDevice(bytes);
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}
