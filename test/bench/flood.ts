import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { BenchWard } from './bench-ward.ts';
import type { Clinic } from './ceremony.ts';
import type { Findings } from './report.ts';
import { quantile, sum } from './stats.ts';

const FLOODER = fileURLToPath(new URL('../load/flooder.ts', import.meta.url));
const COUNTS = z.tuple([z.object({ counts: z.record(z.string(), z.number()) })]).rest(z.unknown());
const FLOOD_MS = 8_000;
/** Attempts of each of its twelve kinds a second, at most. */
const PER_SECOND = 100;
const CEREMONIES = 150;

/** One command at a time, with nobody at the doors and with a flood at both of them, in turns. */
export async function flood(ward: BenchWard, clinic: Clinic, rounds: number): Promise<Findings> {
  const quiet: number[] = [];
  const flooded: number[] = [];
  let attempts = 0;
  let before = 0;
  let cpu = 0;
  await clinic.run(1, 2_000);
  for (let round = 0; round < rounds; round++) {
    quiet.push(...(await clinic.run(1, FLOOD_MS, CEREMONIES)).sealed);
    const [gateway] = clinic.processes;
    before = (await gateway?.usage())?.cpu ?? 0;
    const over = floodOf(ward);
    flooded.push(...(await clinic.run(1, FLOOD_MS - 1_000, CEREMONIES)).sealed);
    attempts += await over;
    cpu += ((await gateway?.usage())?.cpu ?? 0) - before;
  }
  const [p99, p99Flooded] = [quantile(quiet, 0.99), quantile(flooded, 0.99)];
  return {
    ceremonyP99UnderFloodVsIdle: p99Flooded / p99,
    ceremonyUnderFloodP50Ms: quantile(flooded, 0.5),
    ceremonyUnderFloodP99Ms: p99Flooded,
    floodAttemptsPerSecond: attempts / ((rounds * FLOOD_MS) / 1_000),
    gatewayCpuMicrosPerFloodAttempt: cpu / attempts,
  };
}

/** Floods from another address of this machine for a while; resolves with the number of attempts. */
async function floodOf(ward: BenchWard): Promise<number> {
  const config = {
    devices: ward.port('gateway-devices'),
    people: ward.port('gateway-clinicians'),
    host: `gate.localhost:${ward.port('gateway-clinicians')}`,
    from: '127.0.0.2',
    ms: FLOOD_MS,
    atOnce: 16,
    perSecond: PER_SECOND,
  };
  const child = fork(FLOODER, [JSON.stringify(config)], { execArgv: [] });
  const [{ counts }] = COUNTS.parse(await once(child, 'message'));
  return sum(Object.values(counts));
}
