import { bedsideDevice, WARD } from './plan.ts';
import type { WardProcess } from './supervisor.ts';

/** Simulated patients beside those of the reference devices, each with a monitor. */
export const MONITORS = Array.from({ length: 8 }, (_, i) => ({
  name: `monitor-${i + 1}`,
  profile: 'monitor' as const,
}));

/** Unix socket, in the ward's folder, that takes scenarios for them. */
export const CONTROL = 'scenario.sock';

/** All monitors of simulated patients are one process. */
export const monitorsOf = (names: readonly string[]): WardProcess => ({
  name: 'monitors',
  entry: 'clients/device/patients-main.ts',
  config: (facts) => ({
    control: facts.path(CONTROL),
    monitors: names.map((name, i) => ({ ...bedsideDevice(name).config(facts), name, number: i + 1 })),
  }),
});

/** The ward of `npm start`: patients live in it. */
export const LIVING_WARD: readonly WardProcess[] = [...WARD, monitorsOf(MONITORS.map(({ name }) => name))];
