import { z } from 'zod';
import { ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { Desk, type Screen, type Timing } from './tablet.ts';

// The clinicians' side in one process: many tablets, each signing and verifying as a tablet does.

const config = ownConfig({ devices: z.array(z.string()), tablets: z.array(z.string()), streams: z.number() });
const desk = new Desk(config.folder, config.ports['gateway-clinicians'] ?? 0);
await desk.signIn(config.tablets, config.streams);
const free: Screen[] = [];
for (const name of config.devices) free.push(await desk.screen(name));

const RUN = z.object({ inFlight: z.number(), ms: z.number(), most: z.number().default(Infinity) });

/** Runs ceremonies for a time, so many at once, each device one at a time. */
async function run(args: unknown): Promise<object> {
  const { inFlight, ms, most } = RUN.parse(args);
  const timings: Timing[] = [];
  const started = performance.now();
  let begun = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - started < ms && begun < most) {
      begun++;
      const screen = free.shift();
      if (!screen) throw new Error('fewer devices than commands in flight');
      timings.push(await desk.ceremony(screen));
      free.push(screen);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const of = (pick: (timing: Timing) => number): number[] =>
    timings.map((timing) => Math.round(pick(timing) * 1000) / 1000);
  return {
    count: timings.length,
    ms: performance.now() - started,
    open: of((timing) => timing.open),
    sealed: of((timing) => timing.sealed),
    logged: of((timing) => timing.logged),
  };
}

answering({ run });
