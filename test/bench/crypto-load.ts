import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { answering } from './processes.ts';

// The ceiling: nothing but the signature operations that one process of the ceremony did, in the same synchronous
// calls with keys already imported.

const WORK = z.object({
  es256Sign: z.number(),
  es256Verify: z.number(),
  ed25519Sign: z.number(),
  ed25519Verify: z.number(),
});
const message = new Uint8Array(300).fill(7);
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const es256 = sign('sha256', message, p256.privateKey);
const ed25519 = sign(null, message, ed.privateKey);

/** Does so many of each, spread evenly; gives the milliseconds it took. */
function load(args: unknown): Promise<number> {
  const work = WORK.parse(args);
  const jobs: [number, () => unknown][] = [
    [work.es256Sign, () => sign('sha256', message, p256.privateKey)],
    [work.es256Verify, () => verify('sha256', message, p256.publicKey, es256)],
    [work.ed25519Sign, () => sign(null, message, ed.privateKey)],
    [work.ed25519Verify, () => verify(null, message, ed.publicKey, ed25519)],
  ];
  const started = performance.now();
  for (const [count, job] of jobs) for (let i = 0; i < count; i++) job();
  return Promise.resolve(performance.now() - started);
}

answering({ load });
