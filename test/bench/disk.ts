import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Findings } from './report.ts';
import { quantile } from './stats.ts';

/** How long the disk takes to make 512 appended bytes durable: what every durable step here pays at least once. */
export async function disk(folder: string): Promise<Findings> {
  const path = join(folder, 'disk');
  const file = await open(path, 'w');
  const times: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const started = performance.now();
    await file.write(new Uint8Array(512));
    await file.datasync();
    times.push(performance.now() - started);
  }
  await file.close();
  await rm(path);
  return { fdatasyncP50Ms: quantile(times, 0.5), fdatasyncP99Ms: quantile(times, 0.99) };
}
