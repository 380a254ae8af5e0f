import { z } from 'zod';
import { type ProcessContext, runProcess } from '../common/process/lifecycle.ts';
import { BENCH, dialGateway, GATEWAY, startDevice } from './bedside.ts';
import { limitsOf } from './monitor/limits.ts';
import { SimulatedPatient } from './monitor/patient.ts';
import { PatientMonitor } from './monitor/patient-monitor.ts';
import { openPlayer, type Playing } from './monitor/player.ts';
import { SimulatedTherapy } from './sdk/therapy.ts';

const HELP = `Simulated patients, each with a multi-parameter monitor of their own, in one process.

Configuration (JSON):
  monitors   list of devices: { name, number, id, folder, identityKey, anchors, profile, patient, time, gateway };
             the number says which simulated patient lies there
  control    unix socket that takes scenarios, one line each: NAME SCENARIO`;

const CONFIG = z.strictObject({
  monitors: z
    .array(BENCH.extend({ name: z.string().min(1), number: z.int().min(0).max(1_000), gateway: GATEWAY }))
    .min(1)
    .max(64),
  control: z.string().min(1).optional(),
});
type MonitorConfig = z.infer<typeof CONFIG>['monitors'][number];

/** Waveforms travel in parts of half a second. */
const MEASURE_MS = 500;
/** How long a lost link is played. */
const LINK_LOSS_MS = 30_000;

await runProcess({ name: 'monitors', help: HELP, main });

async function main(context: ProcessContext): Promise<void> {
  const config = context.readConfig(CONFIG);
  const beds = new Map<string, Playing>();
  for (const monitor of config.monitors) beds.set(monitor.name, await startMonitor(monitor, context));
  if (config.control !== undefined) {
    const player = await openPlayer(config.control, beds);
    context.onStop('player', () => player.close());
  }
  context.ready({ monitors: beds.size });
}

async function startMonitor(config: MonitorConfig, context: ProcessContext): Promise<Playing> {
  const { name: _, number, gateway, ...bench } = config;
  const therapy = new SimulatedTherapy();
  const device = await startDevice(bench, therapy);
  const patient = new SimulatedPatient(number);
  const { telemetry, link } = dialGateway(gateway, bench, device, context);
  const limits = () => limitsOf(therapy.acting);
  const monitor = new PatientMonitor({ telemetry, patient, limits, now: () => Date.now() });
  const beat = setInterval(() => monitor.measure(), MEASURE_MS);
  context.onStop('monitor', () => clearInterval(beat));
  return {
    play(scenario) {
      patient.play(scenario, Date.now() / 1_000);
      if (scenario === 'link-loss') link.interrupt(LINK_LOSS_MS);
      else if (scenario === 'recover' && !link.connected) link.interrupt(0);
    },
    press(button) {
      if (button === 'acknowledge') monitor.alarms.acknowledge(Date.now());
      else monitor.alarms.pause(Date.now(), 120_000);
    },
  };
}
