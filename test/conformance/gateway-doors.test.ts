import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chance, damage } from '../../clients/conformance/cases/noise.ts';
import { GatewayBench } from '../../clients/conformance/gateway/bench.ts';
import { readGatewayDeclaration } from '../../clients/conformance/gateway/declaration.ts';
import { type ReferenceGateway, referenceGateway } from '../../clients/conformance/gateway/reference.ts';
import { BEATS, TelemetrySession } from '../../clients/conformance/gateway/session.ts';
import { StationPlay } from '../../clients/conformance/gateway/station.ts';
import { refusalText } from '../../clients/conformance/maker/refusals.ts';
import { locate } from '../../clients/conformance/report/locate.ts';
import { makeHospital } from '../../clients/conformance/world/hospital.ts';
import { wishesOf } from '../../clients/conformance/world/wishes.ts';
import type { Clinician } from '../../clients/ward/clinician.ts';
import { takeSeat } from '../../clients/ward/seats.ts';
import { type Approval, parseApproval } from '../../server/protocol/approval.ts';
import { base64url, type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { decode, encode } from '../../server/protocol/encoding/cbor.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { isTelemetry, parseFromDevice, parseToDevice } from '../../server/protocol/telemetry/telemetry.ts';
import { type Call, MAX_STREAM_MESSAGE } from '../../server/protocol/stream.ts';
import { parseCommand } from '../../server/protocol/command.ts';
import { CLI } from './countersign.ts';
import { flipped, type VectorFile } from '../vectors/vector-file.ts';

const now = (): number => Math.floor(Date.now() / 1000);
/** Messages of the portable vectors that have to be refused. */
const badOnes = (message: string): readonly (readonly [name: string, bytes: Bytes])[] => {
  const file = new URL(`../vectors/${message}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as VectorFile;
  return vectors.filter(({ expect }) => expect !== 'ok').map(({ name, given }) => [name, unhex(given)]);
};
const SEED = 20_261_129;
/** Fifty calls a second are taken from one tablet. */
const PACE_MS = 20;

const malformed = (read: () => unknown): boolean => {
  try {
    return (read(), false);
  } catch (error) {
    return error instanceof Refusal;
  }
};

describe('nothing invalid is ever acknowledged by the gateway', function () {
  this.timeout(120_000);
  let folder: string;
  let gateway: ReferenceGateway;
  let bench: GatewayBench;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doors-'));
    gateway = await referenceGateway(folder, now());
    const declared = await readGatewayDeclaration(gateway.declaration);
    const hospital = await makeHospital(declared.keys, declared.device.profile, declared.device.hex, now());
    bench = new GatewayBench({ declared, hospital, seed: SEED, onExchange: () => undefined });
  });
  after(async () => {
    await bench.close();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('at a device’s own link: no answer of the vectors, no flipped bit and no noise is taken for a device', async () => {
    const pick = chance(SEED);
    const genuine = await bench.device.answer({ kind: 'open' });
    const wrong = [
      ...badOnes('answer').map(([, bytes]) => bytes),
      ...badOnes('attestation').map(([, attestation]) => encode([101, attestation])),
      ...Array.from({ length: 24 }, () => flipped(genuine, pick(genuine.length))),
      ...Array.from({ length: 24 }, () => damage(genuine, pick)),
    ].filter((bytes) => hex(bytes) !== hex(genuine) && !isTelemetry(bytes));
    assert.ok(wrong.length > 80);
    for (const bytes of wrong) await bench.turnedAway(bytes, `${hex(bytes)} is no device`, 'answer');
    await bench.inContact();
  });

  it('in telemetry: no message of the vectors and no noise is said to be on the disk', async () => {
    const session = await TelemetrySession.begin(bench);
    const link = await bench.inContact();
    const pick = chance(SEED);
    const noise = Array.from({ length: 120 }, () => damage(session.frame(), pick));
    const wrong = [...badOnes('from-device').map(([, bytes]) => bytes), ...noise].filter(
      (bytes) => isTelemetry(bytes) && malformed(() => parseFromDevice(bytes)),
    );
    assert.ok(wrong.length > 60);
    for (const bytes of wrong) {
      link.send(bytes);
      const said = await bench.hear((message) => parseToDevice(message), 2_000);
      assert.equal(said?.kind, 'refused', hex(bytes));
    }
    for (const frame of [
      session.frame([BEATS], { number: 9 }),
      session.frame([BEATS], { previous: new Uint8Array(32) }),
    ])
      await session.refused(frame, ['E_TELEMETRY'], 'what does not follow is refused');
    await session.taken(session.frame());
  });

  it('at a station’s link: no message of the vectors brings about a confirmation, and each ends the link', async () => {
    for (const [name, bytes] of badOnes('from-station')) {
      const station = await StationPlay.open(bench);
      station.send(bytes);
      assert.ok(await station.link.hungUp(2_000), name);
      assert.ok(!station.told.some(({ kind }) => kind === 'logged'), name);
      station.close();
    }
  });

  it('on the stream: no command and no approval of the vectors, no flipped bit and no noise is anything but refused', async () => {
    await bench.inContact();
    const tablet = await bench.tablet();
    const { is } = bench.device;
    const [changes] = wishesOf(is.profile, bench.device.state().settings, 1);
    const command = await tablet.command(is, { ...(changes && { changes }) });
    const approval = await tablet.approve(command);
    const before = bench.device.delivered.length;
    const pick = chance(SEED);
    const refused = async (bytes: Bytes, by: Approval): Promise<void> => {
      await pause(PACE_MS);
      await assert.rejects(tablet.sign(bytes, by), (error) => error instanceof Refusal, hex(bytes));
    };
    for (const [, bytes] of badOnes('command')) await refused(bytes, approval);
    for (let i = 0; i < 30; i++) await refused(flipped(command, pick(command.length)), approval);
    for (let i = 0; i < 30; i++) {
      const noise = damage(command, pick);
      if (hex(noise) !== hex(command)) await refused(noise.slice(0, MAX_STREAM_MESSAGE / 2), approval);
    }
    for (const part of ['authenticatorData', 'clientDataJSON', 'signature', 'kid'] as const)
      for (let i = 0; i < 8; i++)
        await refused(command, { ...approval, [part]: flipped(approval[part], pick(approval[part].length)) });
    for (const [name, bytes] of badOnes('approval')) {
      if (['cut', 'longer', 'nothing', '36 bytes'].includes(name)) continue; // no approval at all: not to be sent as one
      await refused(command, parseApproval(decode(bytes), 'approval'));
    }
    assert.equal(bench.device.delivered.length, before, 'nothing reached the device');
  });

  it('for a second signature: no other bytes are taken for the same, and no other approval for agreement', async () => {
    await bench.inContact();
    const [first, second] = [await bench.tablet(), await bench.tablet('second')];
    const { is } = bench.device;
    const [changes] = wishesOf(is.profile, bench.device.state().settings, 2);
    const command = await first.command(is, { ...(changes && { changes }) });
    const waiting = await first.sign(command);
    assert.equal(waiting.kind, 'awaiting-second');
    const { draft } = waiting as { draft: string };
    const before = bench.device.delivered.length;
    const pick = chance(SEED);
    const refused = async (call: Call, what: string): Promise<void> => {
      await pause(PACE_MS);
      await assert.rejects(second.call(call), (error) => error instanceof Refusal, what);
    };
    const approval = await second.approve(command);
    await refused({ kind: 'approve', draft, approval }, 'before it was entered again');
    for (const [name, bytes] of badOnes('command'))
      await refused({ kind: 'enter', draft, command: bytes }, `${name} entered`);
    for (let i = 0; i < 20; i++) {
      const noise = damage(command, pick).slice(0, MAX_STREAM_MESSAGE / 2);
      if (malformed(() => parseCommand(noise)))
        await refused({ kind: 'enter', draft, command: noise }, hex(noise));
    }
    const matched = await second.call({ kind: 'enter', draft, command });
    assert.equal(matched.kind, 'matched', 'what is no command counts as no attempt');
    for (const part of ['authenticatorData', 'clientDataJSON', 'signature', 'kid'] as const)
      for (let i = 0; i < 8; i++) {
        const bad = { ...approval, [part]: flipped(approval[part], pick(approval[part].length)) };
        await refused({ kind: 'approve', draft, approval: bad }, part);
      }
    await refused(
      { kind: 'approve', draft, approval: await first.approve(command) },
      'the first person again',
    );
    await refused(
      { kind: 'approve', draft, approval: await second.approve(flipped(command, -1)) },
      'other bytes',
    );
    await refused({ kind: 'approve', draft: draft.replace(/^./u, (c) => (c === '0' ? '1' : '0')), approval }, 'another draft'); // prettier-ignore
    assert.equal(bench.device.delivered.length, before, 'nothing reached the device');
    assert.equal(
      (await second.call({ kind: 'approve', draft, approval })).kind,
      'sealed',
      'the genuine one is taken',
    );
  });

  describe('and a maker sees why', () => {
    const seenBy = async (who: Clinician, after = 0) =>
      (
        (await who.get(`/v1/refusals?after=${after}`)) as {
          refusals: readonly { number: number; code: string; place: string; message?: string }[];
        }
      ).refusals;

    it('within a second: code, rule, field, and the very bytes with the place marked', async () => {
      const session = await TelemetrySession.begin(bench);
      const viewer = spawn(
        process.execPath,
        [CLI, 'refusals', '--gateway', '--dir', folder, '--follow', '--last', '0'],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      try {
        await new Promise((resolve) => viewer.stderr.once('data', resolve)); // it says that it watches
        const said = new Promise<string>((resolve) => {
          viewer.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString('utf8')));
        });
        const wrong = session.frame([{ kind: 'describe', simulated: true, metrics: [{ handle: 1, code: 147_842, unit: 'mV', scale: 0, period: 0, low: 0, high: 9, name: 'x' }] }]); // prettier-ignore
        (await bench.inContact()).send(wrong);
        const text = await said;
        assert.match(text, /E_CMD_SCHEMA/u);
        assert.match(text, /at {6}telemetry, device/u);
        assert.match(text, /PROTOCOL\.md section 3\.10/u);
        assert.match(text, /field {3}metric\.unit/u);
        assert.ok(text.includes(hex(bench.device.is.id)));
        assert.match(text, /62 6d 56/u, 'the unit, mV');
        assert.match(text, /\^\^ \^\^ \^\^/u, 'is marked');
        const mark = locate(wrong, 'metric.unit');
        assert.deepEqual(mark && hex(wrong.slice(mark.start, mark.end)), '626d56');
      } finally {
        viewer.kill('SIGINT');
      }
    });

    it('of a device that does not prove who it is, and of one that answers what is no answer', async () => {
      const operator = await takeSeat(folder, 'operator');
      try {
        const before = (await seenBy(operator)).at(-1)?.number ?? 0;
        await bench.turnedAway(Uint8Array.of(0x9f), 'no answer', 'answer');
        const genuine = await bench.device.answer({ kind: 'open' });
        await bench.turnedAway(flipped(genuine, -1), 'another signature', 'attestation');
        const seen = await seenBy(operator, before);
        assert.deepEqual(
          seen.map(({ code, message }) => [code, message]),
          [
            ['E_CMD_MALFORMED', base64url(Uint8Array.of(0x9f))],
            ['E_DEVICE_IDENTITY', base64url(flipped(genuine, -1))],
          ],
        );
      } finally {
        operator.close();
      }
    });

    it('and nobody sees it who is no operator', async () => {
      const clinician = await takeSeat(folder, 'dr-a');
      try {
        await assert.rejects(seenBy(clinician), { code: 'E_ROLE' });
      } finally {
        clinician.close();
      }
    });

    it('told of a message that is not shown: its size, and no bytes', () => {
      const refusal = { time: 0, code: 'E_CHANNEL', field: '', message: new Uint8Array(), receipt: false, size: 300 } as const; // prettier-ignore
      assert.match(refusalText(refusal).join('\n'), /message 300 bytes/u);
    });
  });
});
