import { z } from 'zod';
import type { BenchWard } from './bench-ward.ts';
import type { Clinic } from './ceremony.ts';
import type { Findings } from './report.ts';
import { quantile } from './stats.ts';

/** One command at a time, against one frame at a time over the bare relay, in turns. */
export async function alone(ward: BenchWard, clinic: Clinic, rounds: number): Promise<Findings> {
  const role = (name: 'relay' | 'device' | 'tablet') =>
    ward.startOwn(`relay-${name}`, 'test/bench/relay.ts', { role: name });
  const relay = await role('relay');
  const device = await role('device');
  const tablet = await role('tablet');
  const relayed: number[] = [];
  const ran = { open: [] as number[], sealed: [] as number[], logged: [] as number[] };
  const frames = async (count: number): Promise<number[]> =>
    z.array(z.number()).parse(await tablet.ask('run', { count }));
  await clinic.run(1, 2_000);
  await frames(2_000);
  for (let round = 0; round < rounds; round++) {
    const { open, sealed, logged } = await clinic.run(1, 10_000, 200);
    ran.open.push(...open);
    ran.sealed.push(...sealed);
    ran.logged.push(...logged);
    relayed.push(...(await frames(1_000)));
  }
  for (const each of [tablet, device, relay]) await each.stop();
  const [relayP50, relayP99] = [quantile(relayed, 0.5), quantile(relayed, 0.99)];
  const [p50, p99] = [quantile(ran.sealed, 0.5), quantile(ran.sealed, 0.99)];
  return {
    ceremonyP50VsRelay: p50 / relayP50,
    ceremonyP99VsRelay: p99 / relayP99,
    logBeforeActP95Ms: quantile(ran.logged, 0.95),
    logBeforeActP50Ms: quantile(ran.logged, 0.5),
    ceremonyAloneP50Ms: p50,
    ceremonyAloneP99Ms: p99,
    openAloneP50Ms: quantile(ran.open, 0.5),
    relayP50Ms: relayP50,
    relayP99Ms: relayP99,
  };
}
