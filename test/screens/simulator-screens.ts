import { openSimulator } from '../../clients/ward/simulator.ts';
import type { NamedScreen } from './studio.ts';

const MONITORS = Array.from({ length: 8 }, (_, i) => `monitor-${i + 1}`);

/** The page on which a visitor of the simulation plays the patients, as a desk shows it. */
export const SIMULATOR_SCREENS: readonly NamedScreen[] = [
  {
    name: 'w1-simulated-patients',
    async draw({ open, theme, ward }) {
      const simulator = await openSimulator({
        port: 0,
        monitors: MONITORS,
        control: ward.folder,
        card: () => undefined,
        phone: () => undefined,
        bag: () => undefined,
        battery: () => undefined,
        wristbands: ['pacemaker-1', 'pump-1', 'watch-1', ...MONITORS].map((device, i) => ({
          device,
          mrn: `SIM-${100_000 + i}`,
          birthYear: 1950 + i,
        })),
        pages: [{ title: 'Second signature', url: ward.page('Second signature') }],
      });
      const page = await open(simulator.url, { width: 1280, height: 1000 });
      await page.emulateMedia({ colorScheme: theme });
      await simulator.close();
      return page;
    },
  },
];
