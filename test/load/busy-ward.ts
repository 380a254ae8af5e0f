import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PersonName } from '../../clients/ward/people.ts';
import { auditAll } from '../crash/audit.ts';
import { Clinic } from '../crash/clinic.ts';
import { label, Ledger } from '../crash/ledger.ts';
import { round } from '../crash/rounds.ts';
import { seeded } from '../crash/seeded.ts';
import { Wishes } from '../crash/wishes.ts';
import { type ProcessWard, startProcesses } from '../support/processes.ts';

const POLICY = new URL('../support/quick-policy.json', import.meta.url);
const SEED = Number(process.env['LOAD_SEED'] ?? 20_261_129);
/** A device takes only so many small changes an hour: this pace lasts for a few minutes. */
const PACE_MS = 1_000;
const READ_MS = 100;
const ARRIVE_MS = 1_500;
/** On a busy machine a process needs seconds to start, and a device up to 16 s to find its gateway again. */
const PATIENCE_MS = 30_000;
export const SPARE_TABLET = 'spare-tablet';
/** Its own tablet: each has one session, and the newest counts. */
const VISITORS_TABLET = 'visitors-tablet';

interface Worker {
  wanted: boolean;
  /** Resolves when the round under way is over. */
  idle: Promise<void>;
}

/**
 * Real processes that are used all the time: ceremonies on several devices, somebody who reads, somebody who signs in
 * anew again and again. Whatever was told to the people at the bedside is written down and held against devices, journal
 * and log at the end.
 */
export class BusyWard {
  readonly ward: ProcessWard;
  readonly ledger = new Ledger();
  readonly clinic: Clinic;
  /** What went wrong for somebody who should not have noticed anything. */
  readonly faults: string[] = [];
  reads = 0;
  arrivals = 0;
  /** Somebody has a second signature in this many of ten ceremonies. */
  byTwo = 2;
  readonly #abort: AbortController;
  readonly #workers = new Map<string, Worker>();
  readonly #wishes = new Map<string, Wishes>();
  readonly #people: Promise<void>[] = [];
  #since = 0;
  readonly #pids: ReadonlyMap<string, number>;

  private constructor(ward: ProcessWard, abort: AbortController) {
    this.ward = ward;
    this.#abort = abort;
    this.clinic = new Clinic(ward, abort.signal);
    this.#pids = ward.running.pids;
  }

  /** `prepare` is given the ward's folder before anything is in it. */
  static async open(pumps: number, prepare?: (folder: string) => void): Promise<BusyWard> {
    const folder = await mkdtemp(join(tmpdir(), 'cs-busy-'));
    prepare?.(folder);
    const abort = new AbortController();
    const say = (): void => undefined;
    const tablets = [SPARE_TABLET, VISITORS_TABLET];
    const ward = await startProcesses({ folder, pumps, policy: POLICY, tablets, say, signal: abort.signal });
    const busy = new BusyWard(ward, abort);
    busy.#people.push(busy.#reading(), busy.#arriving());
    return busy;
  }

  path(...parts: string[]): string {
    return join(this.ward.folder, ...parts);
  }

  /** Pid of a process as it was at the start: a restarted one has another. */
  restarted(name: string): boolean {
    return this.ward.running.pids.get(name) !== this.#pids.get(name);
  }

  /** Has somebody change a device again and again. */
  work(device: string, by: PersonName = 'dr-a', clinic = this.clinic): void {
    const worker: Worker = { wanted: true, idle: Promise.resolve() };
    this.#workers.set(device, worker);
    worker.idle = this.#rounds(device, by, clinic, worker);
  }

  /** What comes from here on is a story of its own: these devices are changed again and again, and nothing went wrong. */
  begin(...devices: string[]): void {
    this.faults.length = 0;
    this.#since = this.ledger.ceremonies.length;
    for (const device of devices) if (this.#workers.get(device)?.wanted !== true) this.work(device);
  }

  /** Nobody touches a device from now on; resolves when the round under way is over. */
  async rest(device: string): Promise<void> {
    const worker = this.#workers.get(device);
    if (!worker) return;
    worker.wanted = false;
    await worker.idle;
  }

  applied(device: string): number {
    const { ceremonies } = this.ledger;
    return ceremonies.filter((one) => one.device === device && one.end?.kind === 'applied').length;
  }

  /** Is somebody in the middle of a change of this device? */
  underWay(device: string): boolean {
    return this.ledger.ceremonies.some((one) => one.device === device && !one.end);
  }

  /** How every ceremony on these devices ended, since the story began, that did not end in a change. */
  turnedAway(...devices: string[]): readonly string[] {
    return this.ledger.ceremonies
      .slice(this.#since)
      .filter(({ device, end }) => devices.includes(device) && end && end.kind !== 'applied')
      .map((one) =>
        `${label(one)} ${one.end?.kind} ${one.end && 'code' in one.end ? one.end.code : ''}`.trim(),
      );
  }

  /** Fails unless somebody who was never touched never noticed anything. */
  expectQuiet(...devices: string[]): void {
    assert.deepEqual([...this.turnedAway(...devices), ...this.faults], []);
  }

  /** Fails unless all of these are changed twice more, and reading and signing in go on as well. */
  async goesOn(...devices: string[]): Promise<void> {
    const before = devices.map((device) => this.applied(device));
    const [reads, arrivals] = [this.reads, this.arrivals];
    await this.until(
      () => `${devices.join(', ')} go on: ${[...this.faults, ...this.turnedAway(...devices)].at(-1) ?? ''}`,
      () =>
        devices.every((device, i) => this.applied(device) >= (before[i] ?? 0) + 2) &&
        this.reads > reads + 2 &&
        this.arrivals > arrivals,
    );
  }

  async until(what: string | (() => string), isSo: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (performance.now() > end)
        throw new Error(`not within ${PATIENCE_MS} ms: ${typeof what === 'string' ? what : what()}`);
      await pause(50);
    }
  }

  /** Everybody stops; then devices, journal and log are held against what people were told. Gives what does not fit. */
  async audit(): Promise<readonly string[]> {
    await Promise.all([...this.#workers.keys()].map((device) => this.rest(device)));
    await auditAll(this.ward, this.clinic, this.ledger, new Map());
    return this.ledger.violations;
  }

  async end(): Promise<void> {
    await this.stopped();
    await this.removed();
  }

  /** Ends every process. */
  async stopped(): Promise<void> {
    this.#abort.abort(new Error('the test is over'));
    await Promise.allSettled([...this.#people, ...[...this.#workers.values()].map(({ idle }) => idle)]);
    this.clinic.close();
    await this.ward.stop();
  }

  async removed(): Promise<void> {
    await rm(this.ward.folder, { recursive: true, force: true });
  }

  async #rounds(device: string, by: PersonName, clinic: Clinic, worker: Worker): Promise<void> {
    const { ward, ledger } = this;
    const wishes =
      this.#wishes.get(device) ??
      new Wishes(seeded(SEED).fork(device), () => (by === 'dr-a' ? this.byTwo : 0));
    this.#wishes.set(device, wishes);
    while (worker.wanted && !this.#abort.signal.aborted) {
      try {
        await round(device, wishes, { ward, clinic, ledger, by, reached: () => undefined });
      } catch (error) {
        worker.wanted = false;
        if (!this.#abort.signal.aborted) this.faults.push(`${device}: ${String(error)}`);
      }
      await pause(PACE_MS);
    }
  }

  /** A screen somewhere that looks at everything all the time. */
  async #reading(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        for (const path of ['/v1/devices', '/v1/commands?limit=20', '/v1/locks'])
          await this.clinic.as('operator', (who) => who.get(path));
        this.reads++;
      } catch (error) {
        if (!this.#abort.signal.aborted) this.faults.push(`reading: ${String(error)}`);
      }
      await pause(READ_MS);
    }
  }

  /** Somebody who comes, looks, and goes: a whole sign-in with a passkey, a session and a stream each time. */
  async #arriving(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        const auditor = await this.ward.signIn('auditor', VISITORS_TABLET);
        await auditor.get('/v1/devices');
        auditor.close();
        this.arrivals++;
      } catch (error) {
        if (!this.#abort.signal.aborted) this.faults.push(`signing in: ${String(error)}`);
      }
      await pause(ARRIVE_MS);
    }
  }
}
