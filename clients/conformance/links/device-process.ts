import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Declaration } from '../declaration.ts';

const WORK = z.object({
  work: z.object({ verifications: z.int(), signatures: z.int(), agreements: z.int() }),
});
/** Asymmetric operations that a device has done since it was switched on. */
export type Work = z.output<typeof WORK>['work'];

const ASK_MS = 2_000;
const HEARD_MS = 100;

/** The device under test as a program on this machine, where the declaration says how to start it. */
export class DeviceProcess {
  readonly #declaration: Declaration;
  readonly #log: string;
  #child: ChildProcess | undefined;

  /** @param log where what the device prints is kept */
  constructor(declaration: Declaration, log: string) {
    this.#declaration = declaration;
    this.#log = log;
  }

  get canRestart(): boolean {
    return this.#declaration.start !== undefined;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Empties what the device remembers, where the declaration names it. */
  forget(): void {
    if (this.#declaration.state !== undefined)
      rmSync(this.#declaration.state, { recursive: true, force: true });
  }

  /** Switches it on; where the declaration says nothing, somebody else has to. */
  start(): void {
    const { start, folder } = this.#declaration;
    const [program, ...args] = start ?? [];
    if (program === undefined) return;
    mkdirSync(join(this.#log, '..'), { recursive: true });
    const log = openSync(this.#log, 'a', 0o600);
    // The same Node that runs the kit, whatever the shell has.
    const command = program === 'node' ? process.execPath : program;
    this.#child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log, 'ipc'] });
    this.#child.on('error', () => undefined);
    closeSync(log);
  }

  /** Cuts its power: no goodbye. */
  async cut(): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Somebody confirms at the device. Rejects when nobody can. */
  async confirm(): Promise<void> {
    const { confirm, folder } = this.#declaration;
    if (confirm === 'ipc') {
      this.#child?.send('confirm');
      return pause(HEARD_MS); // two ways into one process: the command must not overtake it
    }
    if (confirm === 'ask') {
      const asking = createInterface({ input: process.stdin, output: process.stderr });
      await asking.question('Confirm at the device now, then press Enter: ');
      return asking.close();
    }
    const [program = '', ...args] = confirm ?? [];
    const { status } = spawnSync(program, args, { cwd: folder, stdio: 'inherit' });
    if (status !== 0) throw new Error(`${program} did not confirm at the device`);
  }

  /** What the device says it has done so far; undefined where it does not say. */
  work(): Promise<Work | undefined> {
    const child = this.#child;
    if (!this.#declaration.countsWork || !child?.connected) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), ASK_MS);
      const hear = (said: unknown): void => {
        const parsed = WORK.safeParse(said);
        if (parsed.success) settle(parsed.data.work);
      };
      const settle = (work: Work | undefined): void => {
        clearTimeout(timer);
        child.off('message', hear);
        resolve(work);
      };
      child.on('message', hear);
      child.send('work');
    });
  }

  /** Ends it in order, if it is there. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(timer);
  }
}
