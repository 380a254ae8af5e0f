import { z } from 'zod';
import { BENCH_TABLETS, type BenchWard } from './bench-ward.ts';
import type { Usage } from './probe.ts';
import { launch, type Measured } from './processes.ts';
import type { Findings } from './report.ts';
import { median, pause, quantile, sum } from './stats.ts';

const RAN = z.object({
  count: z.number(),
  ms: z.number(),
  open: z.array(z.number()),
  sealed: z.array(z.number()),
  logged: z.array(z.number()),
});
export type Ran = z.infer<typeof RAN>;

const KINDS = ['es256Sign', 'es256Verify', 'ed25519Sign', 'ed25519Verify'] as const;
type Work = Record<(typeof KINDS)[number], number>;

export interface Clinic {
  /** The processes of the ceremony: gateway, witness, fleet, clinic. */
  readonly processes: readonly Measured[];
  run(inFlight: number, ms: number, most?: number): Promise<Ran>;
}

/** Starts witness, gateway, a fleet with files on disk, and the clinicians. */
export async function openClinic(
  ward: BenchWard,
  devices: readonly string[],
  storage: 'files' | 'memory' = 'files',
): Promise<Clinic> {
  const witness = await ward.start('witness');
  const gateway = await ward.start('gateway');
  const fleet = await ward.startOwn('fleet', 'test/bench/fleet.ts', { names: devices, storage });
  await pause(1_000); // every pump is opened by the gateway once it has arrived
  const clinic = await startClinic(ward, 'clinic', devices, 12);
  return { processes: [gateway, witness, fleet, clinic], run: (...args) => ranOn(clinic, ...args) };
}

export const startClinic = (
  ward: BenchWard,
  name: string,
  devices: readonly string[],
  tablets: number,
): Promise<Measured> =>
  ward.startOwn(name, 'test/bench/clinic.ts', {
    devices,
    tablets: BENCH_TABLETS.slice(0, tablets),
    streams: 4,
  });

export async function ranOn(clinic: Measured, inFlight: number, ms: number, most?: number): Promise<Ran> {
  return RAN.parse(await clinic.ask('run', { inFlight, ms, ...(most !== undefined && { most }) }));
}

/**
 * Throughput with 256 commands in flight against the ceiling: the same signature operations, by the same number of
 * processes, at the same time, and nothing else.
 */
export async function throughput(ward: BenchWard, clinic: Clinic, rounds: number): Promise<Findings> {
  const loads: Measured[] = [];
  for (const { name } of clinic.processes) {
    loads.push(await launch({ name: `load-${name}`, entry: 'test/bench/crypto-load.ts', logs: ward.logs }));
  }
  const ratios: number[] = [];
  const rates: number[] = [];
  const ceilings: number[] = [];
  const sealed: number[] = [];
  const cpu = new Map<string, number[]>();
  const signatures: number[] = [];
  try {
    await clinic.run(256, 5_000); // warm-up
    for (let round = 0; round < rounds; round++) {
      const before = await Promise.all(clinic.processes.map((each) => each.usage()));
      const ran = await clinic.run(256, 5_000);
      const after = await Promise.all(clinic.processes.map((each) => each.usage()));
      const work = after.map((usage, i) => difference(usage, before[i]));
      const ceilingMs = await together(loads, work);
      const ms = ran.ms;
      ratios.push(ceilingMs / ms);
      rates.push((ran.count / ms) * 1_000);
      ceilings.push((ran.count / ceilingMs) * 1_000);
      sealed.push(...ran.sealed);
      signatures.push(sum(work.map((each) => sum(KINDS.map((kind) => each[kind])))) / ran.count);
      for (const [i, { name }] of clinic.processes.entries()) {
        const used = (after[i]?.cpu ?? 0) - (before[i]?.cpu ?? 0);
        cpu.set(name, [...(cpu.get(name) ?? []), used / ran.count]);
      }
    }
  } finally {
    for (const load of loads) await load.stop();
  }
  return {
    ceremonyVsCryptoCeiling: median(ratios),
    ceremoniesPerSecond: median(rates),
    ceilingPerSecond: median(ceilings),
    signatureOperationsPerCeremony: median(signatures),
    ceremonySealedP50MsAt256: quantile(sealed, 0.5),
    ceremonySealedP99MsAt256: quantile(sealed, 0.99),
    ...Object.fromEntries([...cpu].map(([name, each]) => [`${name}CpuMicrosPerCeremony`, median(each)])),
  };
}

/** Milliseconds until every process has done its share. */
async function together(loads: readonly Measured[], work: readonly Work[]): Promise<number> {
  const started = performance.now();
  await Promise.all(loads.map((load, i) => load.ask('load', work[i])));
  return performance.now() - started;
}

function difference(after: Usage, before: Usage | undefined): Work {
  const of = (kind: (typeof KINDS)[number]): number => after[kind] - (before?.[kind] ?? 0);
  return {
    es256Sign: of('es256Sign'),
    es256Verify: of('es256Verify'),
    ed25519Sign: of('ed25519Sign'),
    ed25519Verify: of('ed25519Verify'),
  };
}
