import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { exchangeOverApdus, selectApplet } from '../../server/protocol/link/apdu-exchange.ts';
import { Applet } from '../../server/protocol/link/applet.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { openTap } from '../../server/protocol/tap/reader-end.ts';
import { airOf, linkHolder } from '../edhoc/air.ts';
import { makeDeviceWorld, switchOn } from '../support/device.ts';
import type { Findings } from './report.ts';
import { quantile } from './stats.ts';

/** As long as a bundle of two people. */
const MESSAGE = new Uint8Array(1_250).fill(1);
const TIMES = 300;

/**
 * What the encrypted tap adds, in computing: the same message over the same APDUs in one process, plain and sealed, and
 * the handshake. The reader's own time comes on top: two more exchanges for each tap.
 */
export async function tap(): Promise<Findings> {
  const plain = new Applet({
    onSelect: () => undefined,
    onPowerLoss: () => undefined,
    onMessage: (message) => Promise.resolve(message.slice(0, 400)),
  });
  const inClear = (command: Bytes): Promise<Bytes> => plain.process(command);
  await selectApplet(inClear);
  const world = await makeDeviceWorld();
  const gateway = await linkHolder(world.authority, {}, world.log);
  const found = { shakes: [] as number[], clear: [] as number[], sealed: [] as number[] };
  for (let i = 0; i < TIMES; i++) {
    const air = airOf(await switchOn(world));
    await air.select();
    const began = performance.now();
    const link = await openTap(tapCrypto, gateway, (message) => air.carry(message));
    if (gateway.proof) await link.prove(gateway.proof);
    found.shakes.push(performance.now() - began);
    found.clear.push(await timed(() => exchangeOverApdus(inClear, MESSAGE)));
    found.sealed.push(await timed(() => link.exchange(MESSAGE)));
  }
  const warm = (times: readonly number[]): number => quantile(times.slice(TIMES / 10), 0.5);
  return {
    tapHandshakeP50Ms: warm(found.shakes),
    tapSealedAddedP50Ms: warm(found.sealed) - warm(found.clear),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
