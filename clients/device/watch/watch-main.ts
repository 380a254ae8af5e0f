import { z } from 'zod';
import { runProcess } from '../../common/process/lifecycle.ts';
import { BENCH, dialGateway, GATEWAY, startDevice } from '../bedside.ts';
import { SimulatedPatient } from '../monitor/patient.ts';
import { SimulatedTherapy } from '../sdk/therapy.ts';
import { Watch } from './watch.ts';

const HELP = `A simulated watch. It reaches the gateway through its wearer's phone, by mutual TLS that ends at the gateway.

Configuration (JSON):
  id, folder, identityKey, anchors, profile, patient, time   what it was set up with at the bench
  gateway  { url, hostname, key, cert, ca }: the phone's address, and what the watch shows the gateway behind it
  number   which simulated patient wears it`;

const CONFIG = BENCH.extend({ gateway: GATEWAY, number: z.int().min(0).max(1_000) });
const MEASURE_MS = 1_000;

await runProcess({
  name: 'watch',
  help: HELP,
  async main(context) {
    const { gateway, number, ...bench } = context.readConfig(CONFIG);
    const therapy = new SimulatedTherapy();
    const device = await startDevice(bench, therapy);
    const { telemetry } = dialGateway(gateway, bench, device, context);
    const patient = new SimulatedPatient(number);
    const watch = new Watch({ telemetry, patient, settings: () => therapy.acting, now: () => Date.now() });
    const beat = setInterval(() => watch.measure(), MEASURE_MS);
    context.onStop('watch', () => clearInterval(beat));
  },
});
