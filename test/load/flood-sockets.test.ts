import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BusyWard } from './busy-ward.ts';

const PUMPS = ['pump-1', 'pump-2'];
const FLOOD_MS = 12_000;
const COUNTS = z.tuple([z.object({ counts: z.record(z.string(), z.number()) })]).rest(z.unknown());
/** What the gateway may grow by: every bound of its doors filled at once is less. */
const MORE_MIB = 256;
/** What a flood may take of one processor, the ward’s own work included. */
const CORE = 0.75;

describe('a flood of strangers at the doors', function () {
  this.timeout(150_000);
  let busy: BusyWard;
  before(async () => {
    busy = await BusyWard.open(PUMPS.length);
    for (const device of PUMPS) busy.work(device);
    await busy.goesOn(...PUMPS);
  });
  after(() => busy.end());

  /** One value of the gateway's own metrics. */
  async function metric(name: string): Promise<number> {
    const page = await fetch(`http://127.0.0.1:${busy.ward.port('metrics')}/metrics`).then((r) => r.text());
    const line = page.split('\n').find((one) => one.startsWith(`${name} `));
    assert.ok(line, `no ${name}`);
    return Number(line.slice(name.length + 1));
  }
  const memory = async (): Promise<number> =>
    (await metric('countersign_memory_bytes{kind="rss"}')) / 1024 ** 2;
  const strangers = (): Promise<number> => metric('countersign_sockets_open{kind="strangers"}');
  /** Seconds of processor time of the gateway so far; undefined where the system does not say. */
  function cpu(): number | undefined {
    try {
      const stat = readFileSync(`/proc/${busy.ward.running.pids.get('gateway')}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100; // proc(5): utime, stime, in hundredths
    } catch {
      return undefined;
    }
  }
  async function flood(from: string, work: () => Promise<void>): Promise<Record<string, number>> {
    const config = {
      devices: busy.ward.port('gateway-devices'),
      people: busy.ward.port('gateway-clinicians'),
      host: `gate.localhost:${busy.ward.port('gateway-clinicians')}`,
      from,
      ms: FLOOD_MS,
      atOnce: 16,
      perSecond: 400,
    };
    const entry = fileURLToPath(new URL('flooder.ts', import.meta.url));
    const child = fork(entry, [JSON.stringify(config)], { execArgv: [] });
    const over = once(child, 'message');
    try {
      await work();
      return COUNTS.parse(await over)[0].counts;
    } finally {
      child.kill();
    }
  }

  it('keeps nobody from anything: devices are changed, people read, and who comes anew is let in', async () => {
    const [before, began, started] = [await memory(), cpu(), performance.now()];
    let most = 0;
    let waiting = 0;
    const counts = await flood('127.0.0.2', async () => {
      await busy.goesOn(...PUMPS);
      await busy.rest('pump-2');
      await busy.ward.running.stopOne('pump-2');
      await busy.ward.running.startOne('pump-2'); // It is ready when its gateway has let it in.
      busy.work('pump-2');
      await busy.goesOn(...PUMPS);
      const end = started + FLOOD_MS;
      while (performance.now() < end - 1_000) {
        most = Math.max(most, await memory());
        waiting = Math.max(waiting, await strangers());
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });
    const seconds = (performance.now() - started) / 1000;
    const used = began === undefined ? 0 : (cpu() ?? 0) - began;
    assert.ok(used < CORE * seconds, `${used} s of processor in ${seconds} s`);
    assert.ok(Object.values(counts).every((count) => count > 50), JSON.stringify(counts)); // prettier-ignore
    assert.ok(most - before < MORE_MIB, `${Math.round(before)} to ${Math.round(most)} MiB`);
    assert.ok(waiting <= 1_024, `${waiting} strangers`);
    busy.expectQuiet(...PUMPS);
  });

  it('leaves nothing behind', async () => {
    await busy.until('nobody is left', async () => (await strangers()) === 0);
    await busy.goesOn(...PUMPS);
    assert.deepEqual(await busy.audit(), []);
    assert.equal(busy.restarted('gateway'), false);
    busy.expectQuiet(...PUMPS);
  });
});
