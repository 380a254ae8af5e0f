import type { LogInconsistent } from './errors.ts';
import { QuorumUnavailable } from './errors.ts';
import type { Complaint } from './cosigning.ts';
import type { CosignedCheckpoint } from './log-rows.ts';

/** Somebody who waits for a cosigned checkpoint of at least `end` entries. */
export interface QuorumWait {
  readonly end: number;
  proven(checkpoint: CosignedCheckpoint): void;
  reject(error: Error): void;
}

/** How often waits are looked through for those that are over: precise enough for a bound of seconds. */
const LOOK_MS = 50;

/** Durable entries that wait for their witnesses, in the order of the log, each for a bounded time. */
export class QuorumQueue {
  readonly #longest: number;
  readonly #complaints: () => readonly Complaint[];
  #waits: { wait: QuorumWait; until: number }[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `longest` in ms. The queue is bounded by the log's own: every wait is a durable entry of these last ms. */
  constructor(longest: number, complaints: () => readonly Complaint[]) {
    this.#longest = longest;
    this.#complaints = complaints;
  }

  wait(wait: QuorumWait): void {
    this.#waits.push({ wait, until: performance.now() + this.#longest });
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  /** A checkpoint has its quorum. */
  reached(checkpoint: CosignedCheckpoint): void {
    const count = this.#waits.findIndex(({ wait }) => wait.end > checkpoint.size);
    const done = this.#waits.splice(0, count === -1 ? this.#waits.length : count);
    for (const { wait } of done) wait.proven(checkpoint);
  }

  fail(error: LogInconsistent): void {
    for (const { wait } of this.#waits.splice(0)) wait.reject(error);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { wait } of this.#waits.splice(0)) wait.reject(new QuorumUnavailable('The log is closing.'));
  }

  #look(): void {
    this.#timer = null;
    const now = performance.now();
    const late = this.#waits.findIndex(({ until }) => until > now);
    for (const { wait } of this.#waits.splice(0, late === -1 ? this.#waits.length : late)) {
      wait.reject(new QuorumUnavailable(this.#message()));
    }
    if (this.#waits.length > 0) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  #message(): string {
    const said = this.#complaints().map(({ witness, why }) => `${witness}: ${why}`);
    const reasons = said.length === 0 ? 'they did not answer' : said.join('; ');
    return `The entry is stored, but too few witnesses cosigned it in time (${reasons}).`;
  }
}
