import { bedsideDevice, beside, pageHost, WARD } from './plan.ts';
import { SIMULATOR, simulatorUrl } from './simulator.ts';
import type { Facts, WardProcess } from './supervisor.ts';

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

/** Somebody who is at home, with a watch. */
export const WATCH = { name: 'watch-1', profile: 'watch' } as const;
/** After the patients with a monitor. */
const WEARER = 11;

/** The wearer's phone, and the watch that reaches the gateway through it and in no other way. */
const WATCH_AND_PHONE: readonly WardProcess[] = [
  {
    name: 'phone-1',
    entry: 'clients/device/watch/phone-main.ts',
    ports: ['phone'],
    config: (facts) => ({ port: facts.port('phone'), gateway: facts.port('gateway-devices') }),
  },
  {
    name: WATCH.name,
    entry: 'clients/device/watch/watch-main.ts',
    config: (facts) => ({ ...bedsideDevice(WATCH.name, 'phone').config(facts), number: WEARER }),
  },
];

/** Devices of the living ward beside those of every ward. */
export const LIVING_DEVICES = [...MONITORS, WATCH] as const;

const simulated = (facts: Facts) => ({ simulator: simulatorUrl(facts.port(SIMULATOR)) });

/** Both signers' pages know where a visitor plays the patients, and reads what stands on their wristbands. */
const SIGNERS: readonly WardProcess[] = [
  pageHost('a', 'tablet', 'Tablet', (facts) => ({ ...simulated(facts), ...beside(facts) })),
  pageHost('b', 'second', 'Second signature', simulated),
];

/** The ward of `npm start`: patients live in it. */
export const LIVING_WARD: readonly WardProcess[] = [
  ...WARD.map((process) => SIGNERS.find(({ name }) => name === process.name) ?? process),
  monitorsOf(MONITORS.map(({ name }) => name)),
  ...WATCH_AND_PHONE,
];
