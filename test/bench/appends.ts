import { z } from 'zod';
import type { BenchWard } from './bench-ward.ts';
import type { Findings } from './report.ts';
import { median } from './stats.ts';

const RAN = z.object({ count: z.number(), ms: z.number(), loopP99Ms: z.number() });

/** Durable log entries a second against plain SQLite, at 32 and at 128 callers, in turns. */
export async function appends(ward: BenchWard, rounds: number): Promise<Findings> {
  await ward.start('witness', { folder: `${ward.folder}/witness-appends` });
  const log = await ward.startOwn('log', 'test/bench/log-work.ts', { store: 'store-appends' });
  const plain = await ward.startOwn('plain', 'test/bench/sqlite-work.ts', {});
  const found: Record<string, number> = {};
  for (const callers of [32, 128]) {
    const ours: number[] = [];
    const theirs: number[] = [];
    const loops: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const a = RAN.parse(await log.ask('append', { callers, ms: 1_200 }));
      const b = RAN.parse(await plain.ask('append', { callers, ms: 1_200 }));
      if (round < 0) continue; // warm-up
      ours.push(a.count / a.ms);
      theirs.push(b.count / b.ms);
      loops.push(a.loopP99Ms);
    }
    found[callers === 32 ? 'appendsVsSqlite' : 'appendsVsSqlite128'] = median(
      ours.map((rate, i) => rate / (theirs[i] ?? NaN)),
    );
    found[`appendsPerSecondAt${callers}`] = median(ours) * 1_000;
    found[`sqliteRowsPerSecondAt${callers}`] = median(theirs) * 1_000;
    found[`appendEventLoopP99MsAt${callers}`] = median(loops);
  }
  await ward.stop();
  return found;
}
