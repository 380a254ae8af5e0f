import assert from 'node:assert/strict';
import { readable } from '../../clients/device/read-out.ts';
import { readOutOnSchedule } from '../../server/gateway/devices/read-outs.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { encodeHead } from '../../server/protocol/telemetry/telemetry.ts';
import { LinkLost } from '../../server/transport/link.ts';
import { encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { makeDeviceWorld, nfc, switchOn, websocket } from '../support/device.ts';
import { nodeCrypto } from '../support/keys.ts';
import { DEVICE, identity, openSide, testFolder, written } from './bench.ts';

describe('an implant on a reader', () => {
  it('is read out: battery, leads and episodes, vouched for by its key, each read-out a session of its own', async () => {
    const place = testFolder();
    const bench = await switchOn(await makeDeviceWorld());
    const { time, timeTick } = bench.device.state;
    const clock = { now: (time + bench.device.tick - timeTick) * 1_000 + 500 };
    const side = openSide(place.folder, clock, identity);
    let drawn = 0;
    const random = (size: number): Uint8Array => new Uint8Array(size).fill(++drawn);
    /** As a device of profiles/pacemaker.json attests them. */
    const acting = new Map([[721_344, 280], [721_536, 90], [722_432, 480], [0xf000_0020, 560]]); // prettier-ignore
    const therapy = { acting };
    const implant = readable({ ...bench, id: DEVICE, identity, crypto: nodeCrypto, random, therapy });
    for (let round = 1; round <= 2; round++) {
      const answer = parseAnswer(await implant.handle(encodeRequest({ kind: 'read-out' }), nfc));
      assert.equal(answer.kind, 'measured');
      side.intake.receive(hex(DEVICE), answer.frame);
      side.intake.receive(hex(DEVICE), encodeHead(answer.head));
      await written(side);
      assert.equal(side.bed.chain?.signed, 1);
      const codes = [...side.bed.metrics.values()].map(({ code }) => code);
      assert.ok(codes.includes(TERMS.batteryVoltage.code) && codes.includes(TERMS.leadImpedance.code));
      assert.equal(side.received.frames.length, round);
      const told = [1, 2, 4, 5].map((handle) => side.bed.latest.get(handle)?.value);
      assert.deepEqual(told, [...acting.values()], 'what it attests is what it tells');
    }
    assert.deepEqual(side.received.refused, []);
    await side.stop();
    place.remove();
  });

  it('tells a reader station alone nothing, and a device without read-outs says that there is none', async () => {
    const bench = await switchOn(await makeDeviceWorld());
    const random = (size: number): Uint8Array => new Uint8Array(size);
    const implant = readable({ ...bench, id: DEVICE, identity, crypto: nodeCrypto, random });
    const ask = encodeRequest({ kind: 'read-out' });
    const station = { kind: 'station', channel: new Uint8Array(32) } as const;
    const refused = parseAnswer(await implant.handle(ask, station));
    assert.equal(refused.kind === 'refused' && refused.code, 'E_BREAKGLASS_SCOPE');
    const other = parseAnswer(await bench.device.handle(ask, websocket));
    assert.equal(other.kind === 'refused' && other.code, 'E_ROUTE');
  });

  it('is read out when it comes, every six hours while it stays, after a command that is under way, and no more when it went', async () => {
    let there = true;
    const happened: string[] = [];
    const commands = [false, true, false, false];
    const schedule = {
      there: () => there,
      busy: () => commands.shift() === true,
      readOut: () => {
        happened.push('read');
        return Promise.resolve();
      },
      pause: (ms: number) => {
        happened.push(`${ms / 60_000} min`);
        there = commands.length > 0;
        return Promise.resolve();
      },
      surprised: (error: unknown) => void happened.push(String(error)),
    };
    await readOutOnSchedule(schedule);
    assert.deepEqual(happened, ['read', '360 min', '1 min', 'read', '360 min', 'read', '360 min']);
    there = true;
    happened.splice(0);
    await readOutOnSchedule({ ...schedule, readOut: () => Promise.reject(new LinkLost('gone')) });
    assert.deepEqual(happened, []);
  });
});
