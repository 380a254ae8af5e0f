import { isMainThread } from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';

// Loaded before a measured process by `--import`: counts its signatures and tells the parent what it has used. The
// program itself is not changed and does not know.

/** What a process has done and used since it started. */
export interface Usage {
  readonly es256Sign: number;
  readonly es256Verify: number;
  readonly ed25519Sign: number;
  readonly ed25519Verify: number;
  /** Microseconds of processor time. */
  readonly cpu: number;
  /** Bytes, after a collection when the process was started with --expose-gc. */
  readonly rss: number;
}

const counts = { es256Sign: 0, es256Verify: 0, ed25519Sign: 0, ed25519Verify: 0 };

if (isMainThread && process.send !== undefined) {
  count();
  process.on('message', (message: unknown) => {
    if (message !== 'usage') return;
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const usage: Usage = { ...counts, cpu: user + system, rss: process.memoryUsage.rss() };
    process.send?.({ usage });
  });
}

/** Ed25519 hashes by itself, so its digest is null; everything else here is ES256. */
function count(): void {
  const module = process.getBuiltinModule('node:crypto');
  const { sign, verify } = module;
  const counted = {
    sign: (...args: Parameters<typeof sign>) => {
      if (args[0] === null) counts.ed25519Sign++;
      else counts.es256Sign++;
      return sign(...args);
    },
    verify: (...args: Parameters<typeof verify>) => {
      if (args[0] === null) counts.ed25519Verify++;
      else counts.es256Verify++;
      return verify(...args);
    },
  };
  Object.assign(module, counted);
  syncBuiltinESMExports();
}
