import { openWard } from './folder.ts';
import type { Page } from './folder.ts';
import { choosePorts } from './ports.ts';
import { readWristbands } from './patients.ts';
import { openSimulator, SIMULATOR } from './simulator.ts';
import { portsOf, supervise } from './supervisor.ts';
import type { Running, WardProcess } from './supervisor.ts';

export interface Start {
  readonly folder: string;
  readonly processes: readonly WardProcess[];
  /** Makes keys and whatever else the processes expect in the folder; called with the lock held. */
  readonly prepare: (folder: string, ports: ReadonlyMap<string, number>) => Promise<void>;
  /** Simulated patients that a visitor may play: names of their monitors, and the socket (in the folder) that takes scenarios. */
  readonly patients?: { readonly monitors: readonly string[]; readonly control: string };
  readonly say: (line: string) => void;
  /** Aborted when the ward has to stop. */
  readonly signal: AbortSignal;
}

/** Everything is down this long after Ctrl-C. */
const STOP_WITHIN_MS = 5_000;
const CARD = 'pacemaker-1';
const PHONE = 'phone-1';
const PUMP = 'pump-1';
/** Those that a person works at. */
const PEOPLE_PAGES = ['Tablet', 'Second signature', 'Audit console'];

/**
 * Runs the simulated ward until `signal` is aborted. When one already runs in this folder, says so with its pages and comes
 * back at once.
 */
export async function startWard({ folder, processes, prepare, patients, say, signal }: Start): Promise<void> {
  const opened = openWard(folder);
  if ('holder' in opened) {
    say(`already running (pid ${opened.holder.pid})`);
    for (const line of pageLines(opened.holder.pages)) say(line);
    return;
  }
  const { ward } = opened;
  try {
    const ports = await choosePorts(ward.path('ports.json'), [
      ...portsOf(processes),
      ...(patients ? [SIMULATOR] : []),
    ]);
    await prepare(ward.folder, ports);
    const running = await supervise({
      processes,
      ports,
      path: (...parts) => ward.path(...parts),
      say,
      signal,
    });
    const simulator =
      patients &&
      (await openSimulator({
        port: ports.get(SIMULATOR) ?? 0,
        monitors: patients.monitors,
        wristbands: readWristbands(ward.folder),
        pages: running.pages.filter(({ title }) => PEOPLE_PAGES.includes(title)),
        control: ward.path(patients.control),
        card: cardOf(running),
        phone: phoneOf(running),
        bag: bagOf(running),
        battery: (device, word) => running.tell(device, word),
      }));
    const pages = [
      ...running.pages,
      ...(simulator ? [{ title: 'Simulated patients', url: simulator.url }] : []),
    ];
    try {
      ward.publish(pages);
      say(`The simulated ward is running in ${ward.folder}`);
      for (const line of pageLines(pages)) say(line);
      for (const [name, why] of running.left) say(`  without ${name}: ${why}`);
      say('Next: the Tablet, in a browser; or npm run demo        (Ctrl-C stops the ward)');
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      await simulator?.close();
      await running.stop(STOP_WITHIN_MS);
      say('The ward has stopped.');
    }
  } finally {
    ward.release();
  }
}

/** The pacemaker lies on the virtual reader, where there is one. */
const cardOf = (running: Running) =>
  running.pids.has(CARD) ? (word: string) => running.tell(CARD, word) : undefined;

/** The watch reaches the gateway through its wearer's phone, where there is one. */
const phoneOf = (running: Running) =>
  running.pids.has(PHONE) ? (word: 'away' | 'back') => running.tell(PHONE, word) : undefined;

const bagOf = (running: Running) =>
  running.pids.has(PUMP) ? (word: 'run-empty' | 'new-bag') => running.tell(PUMP, word) : undefined;

/** What an address alone does not tell. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['Patient’s page', 'with the link that npx --no countersign patient-link pump-1 prints'],
]);

function pageLines(pages: readonly Page[]): string[] {
  const width = Math.max(0, ...pages.map(({ title }) => title.length));
  return pages.map(
    ({ title, url }) => `  ${title.padEnd(width)}  ${[url, HINTS.get(title) ?? ''].join(' ').trim()}`,
  );
}
