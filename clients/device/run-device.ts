import { z } from 'zod';
import { runProcess } from '../common/process/lifecycle.ts';
import { BENCH, type Bedside, dialGateway, GATEWAY, startDevice } from './bedside.ts';
import type { Therapy } from './sdk/therapy.ts';
import { Recorder } from './recorder.ts';

const HELP = `A device on the Countersign device SDK, on the network.

Configuration (JSON):
  id, folder, identityKey, anchors, profile, patient, time   what it was set up with at the bench
  gateway  { url, hostname, key, cert, ca }: the gateway that it dials by mutual TLS
  trace    optional file: every message it sends and receives, for \`countersign refusals\`. On a bench only.`;

const CONFIG = BENCH.extend({ gateway: GATEWAY, trace: z.string().min(1).optional() });

/** What a maker brings; everything else is the SDK's. */
export interface MadeDevice {
  /** In log lines. */
  readonly name: string;
  /** What runs on it, in words: its SHA-256 is what the device attests as its firmware. */
  readonly firmware: string;
  /** The part that treats the patient. */
  readonly therapy: Therapy;
  /** Called once when the device is linked for the first time: the place to begin to measure. */
  readonly onReady?: (bedside: Bedside) => void;
  /** Somebody pressed the key at the device; where the test bench plays that somebody, it says so over IPC. */
  readonly onConfirm?: () => void;
}

/** Runs a device until it is told to stop: its state on disk, its link to the gateway, its answers. */
export const runDevice = (made: MadeDevice): Promise<void> =>
  runProcess({
    name: made.name,
    help: HELP,
    async main(context) {
      const { gateway, trace, ...bench } = context.readConfig(CONFIG);
      const device = await startDevice(bench, made.therapy, made.firmware);
      const recorder = trace === undefined ? undefined : new Recorder(trace, () => Date.now());
      const bedside = dialGateway(gateway, bench, recorder?.around(device) ?? device, context);
      made.onReady?.(bedside);
      process.on('message', (said) => {
        if (said === 'confirm') made.onConfirm?.();
        const { verifications, signatures, agreements } = device.work;
        if (said === 'work') process.send?.({ work: { verifications, signatures, agreements } });
      });
    },
  });
