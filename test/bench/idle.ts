import type { BenchWard } from './bench-ward.ts';
import type { Findings } from './report.ts';
import { median } from './stats.ts';

const ROUNDS = 3;
/** Connections before the first reading: what a server allocates once is not charged to the devices. */
const FIRST = 100;

/** Memory of idle devices on our door against a bare ws server with mutual TLS, each in a fresh process. */
export async function idle(ward: BenchWard, count: number): Promise<Findings> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await perConnection(ward, 'door', count));
    theirs.push(await perConnection(ward, 'bare', count));
  }
  return {
    idleDeviceMemoryVsWs: median(ours.map((bytes, i) => bytes / (theirs[i] ?? NaN))),
    idleDeviceKiB: median(ours) / 1024,
    idleBareWsKiB: median(theirs) / 1024,
    idleDevices: count,
  };
}

/** Bytes of resident memory for each of `count` connections. */
async function perConnection(ward: BenchWard, role: 'door' | 'bare', count: number): Promise<number> {
  const server = await ward.startOwn(`idle-${role}`, 'test/bench/idle-work.ts', { role }, ['--expose-gc']);
  const devices = await ward.startOwn('idle-devices', 'test/bench/idle-work.ts', { role: 'devices' });
  const { port } = server.ready;
  await devices.ask('connect', { port, count: FIRST });
  await server.usage();
  const before = await server.usage();
  await devices.ask('connect', { port, count });
  await server.usage();
  const after = await server.usage();
  await devices.stop();
  await server.stop();
  return (after.rss - before.rss) / count;
}
