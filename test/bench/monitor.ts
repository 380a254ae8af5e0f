import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { packSamples } from '../../server/protocol/telemetry/samples.ts';
import { encodeTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import type { Content } from '../../server/protocol/telemetry/telemetry-content.ts';
import { type Clock, DEVICE, identity, openSide, written } from '../monitor/bench.ts';
import { MONITOR_METRICS } from '../../clients/device/monitor/patient-monitor.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { nodeCrypto } from '../support/keys.ts';
import { type BenchWard, makeWard } from './bench-ward.ts';
import { ranOn, startClinic } from './ceremony.ts';
import type { Findings } from './report.ts';
import { pause, quantile } from './stats.ts';

/** Pumps that are reprogrammed while the others report. */
const PROGRAMMED = 16;
const MEASURE_MS = 20_000;
/** Every minute of every device is packed once: measured is the ward as it is then, not its first moments. */
const SETTLE_MS = 62_000;

/**
 * Monitoring under load, and ceremonies beside it: first alone, then while every device reports. The ward has
 * `PROGRAMMED` pumps for the ceremonies; the others only report, `waves` of them with waveforms.
 */
export async function monitoring(folder: string, count: number, waves: number): Promise<Findings> {
  const ward = await makeWard(folder, PROGRAMMED + count);
  try {
    return await measured(ward, waves);
  } finally {
    await ward.stop();
  }
}

async function measured(ward: BenchWard, waves: number): Promise<Findings> {
  const programmed = ward.pumps.slice(0, PROGRAMMED);
  const reporting = ward.pumps.slice(PROGRAMMED);
  await ward.start('witness');
  const gateway = await ward.start('gateway', {}, ['--expose-gc']);
  await ward.startOwn('fleet', 'test/bench/fleet.ts', { names: programmed, storage: 'files' });
  const alone = await gateway.usage();
  const fleet = await ward.startOwn('monitor-fleet', 'test/bench/monitor-fleet.ts', {
    names: reporting,
    waves,
  });
  const linked = await gateway.usage();
  const clinic = await startClinic(ward, 'clinic', programmed, 4);
  const devices = [...reporting.slice(0, Math.min(waves, 32)), ...reporting.slice(-32)];
  const screen = await ward.startOwn('screen', 'test/bench/screen.ts', { devices: [...new Set(devices)] });
  await ranOn(clinic, 1, 3_000);
  const idle = await ranOn(clinic, 1, MEASURE_MS, 300);
  await fleet.ask('report');
  await pause(SETTLE_MS);
  const before = await gateway.usage();
  const seen = screen.ask('watch', { ms: MEASURE_MS });
  const loaded = await ranOn(clinic, 1, MEASURE_MS, 300);
  const ages = z.array(z.number()).parse(await seen);
  const after = await gateway.usage();
  const waiting = z.number().parse(await fleet.ask('waiting'));
  const [p99Idle, p99] = [quantile(idle.sealed, 0.99), quantile(loaded.sealed, 0.99)];
  return {
    monitorP99Ms: quantile(ages, 0.99),
    ceremonyP99UnderTelemetryVsIdle: p99 / p99Idle,
    monitorP50Ms: quantile(ages, 0.5),
    monitoredDevices: reporting.length,
    monitoredWithWaveforms: waves,
    monitorFramesSeen: ages.length,
    monitorMostWaitingFrames: waiting,
    monitorIdleLinkKiB: (linked.rss - alone.rss) / reporting.length / 1024,
    monitorTelemetryStateKiB: (before.rss - linked.rss) / reporting.length / 1024,
    monitorGatewayCpuShare: (after.cpu - before.cpu) / (MEASURE_MS * 1_000),
    ceremonyP99IdleMs: p99Idle,
    ceremonyP99UnderTelemetryMs: p99,
  };
}

const PART_S = 0.5;
const SECONDS = 600;

/** Bytes on the disk for ten minutes of three waveforms and their numbers, against samples of 16 bits alone. */
export async function waveformStorage(): Promise<Findings> {
  const folder = await mkdtemp(join(tmpdir(), 'cs-waves-'));
  const clock: Clock = { now: 1_790_000_000_000 };
  const side = openSide(folder, clock, identity, 1024 * 1024 * 1024);
  const patient = new SimulatedPatient(1);
  const count = PART_S * 250;
  let number = 0;
  let previous: Uint8Array = new Uint8Array(32);
  for (let t = PART_S; t <= SECONDS; t += PART_S) {
    clock.now += PART_S * 1_000;
    const part = (handle: number, signal: (seconds: number) => number): Content => {
      const at = (i: number): number => t - PART_S + i * 0.004;
      const data = packSamples(Array.from({ length: count }, (_, i) => Math.round(signal(at(i)))));
      return { kind: 'wave', wave: { handle, offset: PART_S * 1_000, count, quality: 'valid', data } };
    };
    const contents: Content[] = [
      ...(number === 0 ? [{ kind: 'describe', simulated: true, metrics: MONITOR_METRICS } as const] : []),
      part(1, (s) => 100 * patient.ecg(s)),
      part(2, (s) => patient.pleth(s)),
      part(3, (s) => 100 * patient.respiration(s)),
    ];
    const frame = {
      session: new Uint8Array(8),
      number: ++number,
      previous,
      at: clock.now,
      up: number,
      contents,
    };
    const bytes = encodeTelemetry(frame);
    previous = nodeCrypto.sha256(bytes);
    side.intake.receive(hex(DEVICE), bytes);
    if (number % 30 === 0) await written(side);
  }
  clock.now += 61_000;
  const rows = (sql: string): number => Number(side.store.reader(sql).get()?.['n']);
  for (let i = 0; i < 20 && rows('SELECT count(*) AS n FROM recent') > 0; i++) await pause(500);
  await written(side);
  const packed = rows('SELECT sum(last - first + 1) AS n FROM block');
  if (side.received.refused[0] || packed !== number)
    throw new Error(`${packed} of ${number} frames are packed`);
  // Pages, not bytes of values: what a row costs besides counts as well.
  const size = rows("SELECT sum(pgsize) AS n FROM dbstat WHERE name LIKE 'block%'");
  await side.stop();
  await rm(folder, { recursive: true, force: true });
  return { waveformBytesVsRaw16: size / (SECONDS * 250 * 3 * 2), waveformSecondsStored: SECONDS };
}
