import { join } from 'node:path';
import { z } from 'zod';
import type { BenchWard } from './bench-ward.ts';
import type { Findings } from './report.ts';
import { median } from './stats.ts';

const ENTRIES = 1_000_000;
const STARTS = 5;

/** A log of a million entries: how long a proof takes from stored hashes, and how long a gateway takes to start. */
export async function large(ward: BenchWard): Promise<Findings> {
  const store = 'store-large';
  await ward.start('witness', { folder: join(ward.folder, 'witness-large') });
  const log = await ward.startOwn('large-log', 'test/bench/log-work.ts', { store });
  await log.ask('fill', { count: ENTRIES });
  await log.ask('close');
  await log.stop();
  // A process that has nothing of the log in memory.
  const reader = await ward.startOwn('large-log-again', 'test/bench/log-work.ts', { store });
  const { p50, p99 } = z
    .object({ p50: z.number(), p99: z.number() })
    .parse(await reader.ask('prove', { count: 5_000 }));
  await reader.ask('close');
  await reader.stop();
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const gateway = await ward.start('gateway', { folder: join(ward.folder, store) });
    starts.push(gateway.startMs / 1_000);
    await gateway.stop();
  }
  await ward.stop();
  return { inclusionProofMsAt1e6: p99, startupSecondsAt1e6: median(starts), inclusionProofP50MsAt1e6: p50 };
}
