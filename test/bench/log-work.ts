import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../../server/config.ts';
import { openLog } from '../../server/gateway/opening/open-log.ts';
import { readTrust } from '../../server/gateway/trust/trust.ts';
import { openStore } from '../../server/store/store.ts';
import { ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { newRow } from './rows.ts';
import { quantile } from './stats.ts';

// The gateway's store and log by themselves, with the real witness behind them.

const config = ownConfig({ store: z.string() });
const at = (...parts: string[]): string => join(config.folder, ...parts);
const gateway: Config = {
  folder: at(config.store),
  keys: at('keys/gateway'),
  trust: at('keys/public'),
  hospital: at('hospital'),
  listen: '127.0.0.1',
  ports: { devices: 1, clinicians: 2 },
  metrics: { port: 0 },
  issuer: { url: 'https://issuer.example', audience: 'https://gate.example/v1', subjectClaim: 'sub' },
  hostnames: { devices: 'gate.localhost', clinicians: 'gate.localhost' },
  origins: [],
  witnesses: [
    {
      name: 'witness-1',
      url: `https://127.0.0.1:${config.ports['witness']}`,
      vkey: readFileSync(at('keys/public/witness-1.vkey'), 'utf8').trim(),
    },
  ],
  weaknesses: [],
};
const store = openStore(gateway.folder);
const { sequencer, close } = await openLog(gateway, await readTrust(gateway), store, Date.now);

const CALLERS = z.object({ callers: z.number(), ms: z.number() });
const COUNT = z.object({ count: z.number() });

answering({
  /** So many callers, each appending one entry after the other. */
  async append(args) {
    const { callers, ms } = CALLERS.parse(args);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    let count = 0;
    const one = async (): Promise<void> => {
      while (performance.now() - started < ms) {
        await sequencer.appendDurable([newRow()]);
        count++;
      }
    };
    await Promise.all(Array.from({ length: callers }, one));
    delay.disable();
    return { count, ms: performance.now() - started, loopP99Ms: delay.percentile(99) / 1e6 };
  },

  /** Fills the log up to a size, in whole batches. */
  async fill(args) {
    const { count } = COUNT.parse(args);
    let left = count - sequencer.latest().size;
    const one = async (): Promise<void> => {
      while (left > 0) {
        const batch = Math.min(left, 256);
        left -= batch;
        await sequencer.appendDurable(Array.from({ length: batch }, newRow));
      }
    };
    await Promise.all([one(), one(), one(), one()]);
    return sequencer.latest().size;
  },

  /** Inclusion proofs of entries anywhere in the log. */
  prove(args) {
    const { count } = COUNT.parse(args);
    const { size } = sequencer.latest();
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const index = randomBytes(6).readUIntBE(0, 6) % size;
      const started = performance.now();
      sequencer.proofOf(index, size);
      times.push(performance.now() - started);
    }
    // The first hundred read pages and compile code that the others find ready.
    const warm = times.slice(100);
    return Promise.resolve({ p50: quantile(warm, 0.5), p99: quantile(warm, 0.99) });
  },

  async close() {
    await sequencer.stop();
    close();
    await store.stop();
    return true;
  },
});
