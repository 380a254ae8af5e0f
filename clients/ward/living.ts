import { bedsideDevice, WARD } from './plan.ts';
import type { WardProcess } from './supervisor.ts';

/** Simulated patients beside those of the reference devices, each with a monitor. */
export const MONITORS = Array.from({ length: 8 }, (_, i) => ({
  name: `monitor-${i + 1}`,
  profile: 'monitor' as const,
}));

/** Unix socket, in the ward's folder, that takes scenarios for them. */
export const CONTROL = 'scenario.sock';

/** The ward of `npm start`: patients live in it. All their monitors are one process. */
export const LIVING_WARD: readonly WardProcess[] = [
  ...WARD,
  {
    name: 'monitors',
    entry: 'clients/device/patients-main.ts',
    config: (facts) => ({
      control: facts.path(CONTROL),
      monitors: MONITORS.map(({ name }, i) => ({
        ...bedsideDevice(name).config(facts),
        name,
        number: i + 1,
      })),
    }),
  },
];
