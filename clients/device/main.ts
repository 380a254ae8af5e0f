import { z } from 'zod';
import { Applet } from '../../server/protocol/link/applet.ts';
import { tapCrypto } from '../common/process/tap-crypto.ts';
import { type ProcessContext, runProcess } from '../common/process/lifecycle.ts';
import { playBattery } from './batteries.ts';
import { badgeBeside, playBadge } from './beside.ts';
import {
  BENCH,
  type Bedside,
  dialGateway,
  GATEWAY,
  readOutOf,
  REFERENCE_FIRMWARE,
  startDevice,
} from './bedside.ts';
import { readable } from './read-out.ts';
import { Pump } from './pump.ts';
import type { Device } from './sdk/device.ts';
import { tapOf } from './sdk/tap.ts';
import { SimulatedTherapy } from './sdk/therapy.ts';
import { virtualCard } from './virtual-card.ts';

const HELP = `A simulated device on the device SDK: an implant on a card reader, or a bedside device on the network.

Configuration (JSON):
  id           EUI-64, 16 hexadecimal digits
  folder       where the device keeps its state
  identityKey  PEM file of the key that signs attestations and receipts
  anchors      what the device believes in, signed by authority and recovery key
  profile      what the device is and accepts, signed by its maker
  patient      { salt, tag } in hexadecimal
  time         Unix seconds at which it was set up
  gateway      { url, hostname, key, cert, ca }: a bedside device dials its gateway by mutual TLS
  cardSocket   an implant lies on the virtual reader with this card socket
One of gateway and cardSocket is needed.`;

const CONFIG = BENCH.extend({
  gateway: GATEWAY.optional(),
  cardSocket: z.string().min(1).optional(),
}).refine(
  (c) => (c.gateway === undefined) !== (c.cardSocket === undefined),
  'give one of gateway and cardSocket',
); /** Numbers once a second. */
const REPORT_MS = 1_000;

await runProcess({ name: 'device', help: HELP, main });

async function main(context: ProcessContext): Promise<void> {
  const therapy = new SimulatedTherapy();
  const { gateway, cardSocket, ...bench } = context.readConfig(CONFIG);
  let firmware = REFERENCE_FIRMWARE;
  const device = await startDevice(bench, therapy, () => firmware);
  if (cardSocket !== undefined)
    await lieOnReader(cardSocket, readable({ ...readOutOf(bench, device), therapy }), therapy, context);
  else if (gateway) reportPump(dialGateway(gateway, bench, device, context), therapy, context);
  process.on('message', (said) => {
    if (said === 'confirm') therapy.pressConfirm();
    // SIMULATION ONLY: another firmware is installed, and the first one again.
    if (said === 'new-firmware') firmware = `${REFERENCE_FIRMWARE}, another`;
    if (said === 'old-firmware') firmware = REFERENCE_FIRMWARE;
    playBattery(therapy, gateway ? 'pump' : 'implant', said);
    if (said === 'fail-on-second') therapy.failOnSecond();
    // What drains a battery: asked for by whoever tests the device.
    const { verifications, signatures, agreements } = device.work;
    if (said === 'work') process.send?.({ work: { verifications, signatures, agreements } });
  });
}

/** The one bedside device that stands alone is a pump: once a second it says what it gave. */
function reportPump({ telemetry }: Bedside, therapy: SimulatedTherapy, context: ProcessContext): void {
  const pump = new Pump({ telemetry, therapy, now: () => Date.now() });
  const beat = setInterval(() => pump.measure(), REPORT_MS);
  context.onStop('pump', () => clearInterval(beat));
  process.on('message', (said) => {
    if (said === 'run-empty' || said === 'new-bag') pump.play(said);
  });
}

/**
 * An implant: it lies on the reader until somebody takes it away. The parent plays the patient: `insert`,
 * `remove`, and `remove-after-write`, which takes it away at the worst moment, between storing and answering.
 */
async function lieOnReader(
  cardSocket: string,
  device: Pick<Device, 'air' | 'handle'>,
  therapy: SimulatedTherapy,
  context: ProcessContext,
): Promise<void> {
  const applet = new Applet(tapOf(device, tapCrypto));
  const card = virtualCard(cardSocket, applet);
  const badge = badgeBeside(cardSocket);
  context.onStop('card', () => card.remove());
  context.onStop('badge', () => badge.remove());
  await card.insert();
  process.on('message', (said) => {
    playBadge(badge, said);
    if (said === 'insert') void card.insert();
    if (said === 'remove') card.remove();
    if (said === 'remove-after-write') therapy.onceActivated(() => card.remove());
  });
  context.ready();
}
