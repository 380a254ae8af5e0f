import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import {
  encodeToDevice,
  HEAD_MS,
  type TelemetryFrame,
  WINDOW,
} from '../../../server/protocol/telemetry/telemetry.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { Bench } from '../bench.ts';
import { CaseFault, demand, same, Skipped } from '../faults.ts';
import { TelemetryEar } from '../links/telemetry-ear.ts';
import { ARRIVAL_MS } from '../place.ts';
import type { Case } from './case.ts';
import { checkDescribed, checkFollows, headOf, read, type Sent } from './telemetry-checks.ts';

const { sha256 } = nodeCrypto;
const SECTION = '3.10; 6';
/** A device that measures says something within this time. */
const SPEAKS_MS = 5_000;
/** What is not acknowledged is sent again after ten seconds, or at once on a new connection. */
const AGAIN_MS = 15_000;
const SOME = 3;

/** Who listens to which device: a device that is hung up on too often takes its time before it dials again. */
const ears = new WeakMap<Bench, TelemetryEar>();
/** Devices that were waited for and said nothing: they measure nothing, and are not waited for again. */
const silent = new WeakSet<Bench>();
const SILENT = 'it sends no measurements by itself';

/** Listens to the connection there is, if it was listened to from its first word on; to a new one otherwise. */
async function listen(bench: Bench): Promise<TelemetryEar> {
  if (silent.has(bench)) throw new Skipped(SILENT);
  const { socket } = await bench.parts.place.door.arrival('/device', ARRIVAL_MS);
  const known = ears.get(bench);
  return known?.hears(socket) ? known : listenAnew(bench);
}

/** Cuts the connection, and listens to the next one. Throws Skipped when the device sends nothing by itself. */
async function listenAnew(bench: Bench): Promise<TelemetryEar> {
  const { door } = bench.parts.place;
  (await door.arrival('/device', ARRIVAL_MS)).socket.terminate();
  return listenNext(bench);
}

async function listenNext(bench: Bench): Promise<TelemetryEar> {
  bench.hangUp();
  const { socket } = await bench.parts.place.door.arrival('/device', ARRIVAL_MS);
  const ear = new TelemetryEar(socket);
  ears.set(bench, ear);
  if (await ear.until(() => ear.heard[0], SPEAKS_MS)) return ear;
  silent.add(bench);
  throw new Skipped(SILENT);
}

/** The first frames of a connection. */
async function framesOf(
  bench: Bench,
  ear: TelemetryEar,
  count: number,
  withinMs = AGAIN_MS,
): Promise<readonly Sent[]> {
  const frames = (): Sent[] =>
    ear.heard.flatMap((bytes) => {
      const said = read(bench, bytes);
      return said.kind === 'frame' ? [{ frame: said.frame, bytes }] : [];
    });
  const found = await ear.until(() => (frames().length >= count ? frames() : undefined), withinMs);
  if (!found)
    throw new CaseFault('a device that measures goes on measuring', {
      expected: `${count} frames within ${withinMs / 1000} s`,
      got: String(frames().length),
    });
  return found;
}

const oldest = async (bench: Bench, ear: TelemetryEar): Promise<Sent> => {
  const [first] = await framesOf(bench, ear, 1);
  if (!first) throw new Error('one was found');
  return first;
};

/** Over a new connection comes again what nobody acknowledged. */
async function comesAgain(bench: Bench, before: readonly Sent[]): Promise<void> {
  const after = await framesOf(bench, await listenAnew(bench), before.length);
  for (const { frame, bytes } of before) {
    const again = after.find((each) => each.frame.number === frame.number)?.bytes;
    same('what nobody acknowledged is sent again, byte for byte', 'telemetry.number', bytes, again);
  }
}

/** Something is said to the device that acknowledges nothing: what it had to keep, it still has. */
const keeps = (id: string, says: string, word: (frame: TelemetryFrame) => Bytes): Case => ({
  id: `telemetry.${id}`,
  says,
  section: SECTION,
  needs: ['websocket'],
  async run(bench) {
    const ear = await listen(bench);
    const before = await oldest(bench, ear);
    ear.tell(word(before.frame));
    await bench.open(); // it heard that, and still answers
    await comesAgain(bench, [before]);
  },
});

/** What a device sends by itself, and what it makes of the answers. */
export const telemetryCases: readonly Case[] = [
  {
    id: 'telemetry.session',
    says: 'switched off and on it begins another session, with frame 1',
    section: '3.10',
    needs: ['websocket', 'restart'],
    async run(bench) {
      const before = await oldest(bench, await listen(bench));
      const { process } = bench.parts;
      await process.cut();
      process.start();
      const after = await oldest(bench, await listenNext(bench));
      demand(
        !equal(before.frame.session, after.frame.session),
        'a session ends with the power',
        'telemetry.session',
      );
      same('a session begins with frame 1', 'telemetry.number', 1, after.frame.number);
      same(
        'nothing is before the first frame',
        'telemetry.previous',
        new Uint8Array(32),
        after.frame.previous,
      );
    },
  },
  {
    id: 'telemetry.chain',
    says: 'frames are numbered from 1, chained, in time, and describe what they are about before they say it',
    section: '3.10',
    needs: ['websocket'],
    async run(bench) {
      const ear = await listen(bench);
      const frames = await framesOf(bench, ear, SOME);
      const losses = ear.heard.map((bytes) => read(bench, bytes));
      const resumed = losses.flatMap((said) => (said.kind === 'lost' ? [said.next] : []));
      // What was described in frames that are acknowledged is not known here.
      const known = frames[0]?.frame.number === 1 ? new Set<number>() : undefined;
      let last: Sent | undefined;
      for (const each of frames) {
        checkFollows(each, resumed.includes(each.frame.number) ? undefined : last);
        if (known) checkDescribed(each.frame, known);
        last = each;
      }
      const unacknowledged = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
      demand(
        frames.length <= WINDOW.frames && unacknowledged <= WINDOW.bytes,
        'no more is under way than the window allows',
        'telemetry.number',
        `${frames.length} frames of ${unacknowledged} bytes`,
      );
    },
  },
  {
    id: 'telemetry.head',
    says: 'the newest frame is signed, at the latest after thirty seconds',
    section: '3.10',
    needs: ['websocket'],
    async run(bench) {
      const ear = await listen(bench);
      const heads = (): Bytes | undefined =>
        ear.heard.flatMap((bytes) => {
          const said = read(bench, bytes);
          return said.kind === 'head' ? [said.head] : [];
        })[0];
      const signed = await ear.until(heads, HEAD_MS + SPEAKS_MS);
      if (!signed)
        throw new CaseFault('a device signs what it measured', { expected: 'a head', got: 'none in 35 s' });
      const head = await headOf(bench, signed);
      same('a head names its device', 'head.1', bench.parts.declaration.id, head.device);
      const frames = await framesOf(bench, ear, 1);
      const meant = frames.find(({ frame }) => frame.number === head.number);
      same('a head is of a frame that was sent', 'head.3', true, meant !== undefined);
      if (!meant) return;
      same('a head names its session', 'head.2', meant.frame.session, head.session);
      same('a head vouches for the frame that was sent', 'head.4', sha256(meant.bytes), head.hash);
    },
  },
  {
    id: 'telemetry.again',
    says: 'what was not acknowledged is sent again over a new connection, the oldest first, byte for byte',
    section: SECTION,
    needs: ['websocket'],
    async run(bench) {
      await comesAgain(bench, (await framesOf(bench, await listen(bench), SOME)).slice(0, SOME));
    },
  },
  keeps('other-session', 'an acknowledgement of another session is none', ({ number }) =>
    encodeToDevice({ kind: 'stored', session: new Uint8Array(8), number }),
  ),
  keeps('ahead', 'an acknowledgement of what it never sent is none', ({ session, number }) =>
    encodeToDevice({ kind: 'stored', session, number: number + 100_000 }),
  ),
  {
    id: 'telemetry.malformed',
    says: 'what is no answer about telemetry is read over, and it goes on',
    section: SECTION,
    needs: ['websocket'],
    async run(bench) {
      const ear = await listen(bench);
      ear.tell(encode([211, 0, 0]));
      await bench.open();
      const seen = ear.heard.length;
      const next = await ear.until(() => ear.heard[seen], AGAIN_MS);
      demand(next !== undefined, 'a device goes on measuring', 'telemetry');
    },
  },
  {
    id: 'telemetry.refused',
    says: 'a frame that was refused is sent again: the gateway may have missed the one before',
    section: SECTION,
    needs: ['websocket'],
    async run(bench) {
      const ear = await listen(bench);
      const { frame, bytes } = await oldest(bench, ear);
      const { session, number } = frame;
      const seen = ear.heard.length;
      ear.tell(
        encodeToDevice({ kind: 'refused', session, number, code: 'E_TELEMETRY', field: 'telemetry.number' }),
      );
      const again = await ear.until(() => ear.heard.slice(seen).find((each) => equal(each, bytes)), AGAIN_MS);
      demand(again !== undefined, 'a frame that was refused is sent again', 'telemetry.number');
    },
  },
  {
    id: 'telemetry.stored',
    says: 'what was acknowledged is not sent again, and the next frame follows it',
    section: SECTION,
    needs: ['websocket'],
    async run(bench) {
      const ear = await listen(bench);
      const { frame } = (await framesOf(bench, ear, 1)).at(-1) ?? (await oldest(bench, ear));
      ear.tell(encodeToDevice({ kind: 'stored', session: frame.session, number: frame.number }));
      await bench.open(); // it has heard
      const next = await oldest(bench, await listenAnew(bench));
      same('the session goes on', 'telemetry.session', frame.session, next.frame.session);
      same(
        'the oldest that is left is the next one',
        'telemetry.number',
        frame.number + 1,
        next.frame.number,
      );
    },
  },
];
