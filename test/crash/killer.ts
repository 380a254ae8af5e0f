import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../../server/protocol/stream.ts';
import type { ProcessWard } from '../support/processes.ts';
import { Stuck } from './clinic.ts';
import type { Seeded } from './seeded.ts';

export const VICTIMS = ['gateway', 'witness', 'device', 'station'] as const;
export type Victim = (typeof VICTIMS)[number];
type Moment = Stage | 'signed';

/** One kill, as the seed has it: whom, and how long after which stage of some ceremony. */
export interface Kill {
  readonly victim: Victim;
  readonly stage: Moment;
  readonly delayMs: number;
}

const MOMENTS: readonly Moment[] = ['signed', 'checked', 'logged', 'granted', 'answered'];
/** Every victim in turn would be a rhythm; drawn with these odds instead. */
const ODDS: readonly Victim[] = [
  'gateway',
  'gateway',
  'gateway',
  'witness',
  'witness',
  'device',
  'device',
  'device',
];
/**
 * Every eighth kill is the station's: each time its card is met anew the implant pays for two answers to strangers,
 * and it earns one in ten seconds. Faster, and its own defence would keep it silent.
 */
const STATION_EVERY = 8;
/** From a signature to its outcome a ceremony takes some 30 ms here. */
const LONGEST_DELAY_MS = 25;
/** A ceremony that reaches the stage comes along long before; if not, the kill happens all the same. */
const LONGEST_WAIT_MS = 3_000;
const BACK_MS = 30_000;

/** An implant says for certain only when the grant's 30 s are over: the last of its kills leaves time for that. */
export const nfcIsSpared = (at: number, kills: number): boolean => at >= kills / 2;

/** The same kills for the same seed. */
export function schedule(random: Seeded, kills: number, station: boolean): readonly Kill[] {
  return Array.from({ length: kills }, (_, at) => {
    const turn = station && at % STATION_EVERY === STATION_EVERY / 2 && !nfcIsSpared(at, kills);
    const drawn = random.pick(ODDS);
    return {
      victim: turn ? 'station' : drawn,
      stage: random.pick(MOMENTS),
      delayMs: random.below(LONGEST_DELAY_MS),
    };
  });
}

/** Kills processes of a ward with SIGKILL at moments of their ceremonies. */
export class Killer {
  readonly #ward: ProcessWard;
  readonly #waiting = new Set<{
    stage: Moment;
    takes: (device: string) => boolean;
    go: (device: string) => void;
  }>();

  constructor(ward: ProcessWard) {
    this.#ward = ward;
  }

  reached(device: string, stage: Moment): void {
    for (const one of this.#waiting) {
      if (one.stage === stage && one.takes(device)) one.go(device);
    }
  }

  /**
   * Carries out one kill, at its moment. Does not wait for the process to come back: the next may be killed meanwhile.
   * Gives its name; throws Stuck when it did not come back from the kill before.
   */
  async kill({ victim, stage, delayMs }: Kill, spare: readonly string[]): Promise<string> {
    const device = await this.#moment(stage, victim === 'station', spare);
    await pause(delayMs);
    const name = victim === 'device' ? device : victim === 'station' ? 'reader-station' : victim;
    await this.back(name);
    const pid = this.#ward.running.pids.get(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    this.#ward.killed(name);
    process.kill(pid, 'SIGKILL');
    return name;
  }

  /** Waits until a process can be used again. Throws Stuck. */
  async back(name: string): Promise<void> {
    const until = performance.now() + BACK_MS;
    while (!this.#ward.isUp(name)) {
      if (performance.now() > until) throw new Stuck(`${name} was killed and does not come back`);
      await pause(20);
    }
  }

  #moment(stage: Moment, nfc: boolean, spare: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      const go = (device: string): void => {
        this.#waiting.delete(wait);
        clearTimeout(timer);
        resolve(device);
      };
      const takes = (device: string): boolean =>
        (!nfc || device.startsWith('pacemaker')) && !spare.includes(device);
      const wait = { stage, takes, go };
      const timer = setTimeout(() => go(nfc ? 'pacemaker-1' : 'pump-1'), LONGEST_WAIT_MS);
      this.#waiting.add(wait);
    });
  }
}
