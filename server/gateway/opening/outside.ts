import { randomBytes } from 'node:crypto';
import type { Config } from '../../config.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import { openStore, type Store } from '../../store/store.ts';
import { openVitals } from './open-vitals.ts';
import type { GatewayLog } from '../watch/program-log.ts';

/** The outside world, for tests to replace. */
export interface Outside {
  readonly now: () => number;
  readonly random: (size: number) => Bytes;
  readonly log: GatewayLog;
  /** Reads the configuration anew, for what can be replaced while it runs; without it, nothing there is. */
  readonly configured?: () => Config;
  /** Opens the database in a folder. */
  readonly disk: (folder: string) => Store;
  /** Opens the database of measurements in a folder. @param now Unix ms */
  readonly vitals: (folder: string, now: number) => Store;
}

export const realWorld = (log: GatewayLog): Outside => ({
  now: () => Date.now(),
  random: (size) => new Uint8Array(randomBytes(size)),
  log,
  disk: openStore,
  vitals: openVitals,
});
