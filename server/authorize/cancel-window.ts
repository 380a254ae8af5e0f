import { LIMITS } from '../limits.ts';
import { Refusal } from '../protocol/refusal.ts';

export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

interface Waiting {
  readonly signers: readonly string[];
  readonly end: (refusal?: Refusal) => void;
}

/** One per device with a command under way. */
const MAX_WAITING = LIMITS.devices.max;

/** The moment between signing and granting, in which those who signed can still take it back. */
export class CancelWindows {
  readonly #waiting = new Map<string, Waiting>();
  readonly #timers: Timers;
  readonly #max: number;

  constructor(timers: Timers, max: number = MAX_WAITING) {
    this.#timers = timers;
    this.#max = max;
  }

  /**
   * Resolves when the window has passed unused; rejects with Refusal E_CANCELLED when a signer used it.
   *
   * @param hash command hash, hex
   * @param ms length of the window; 0 passes at once
   * @param signers who may cancel: key ids of the approvals, hex
   * @throws Refusal E_BUSY when this command already waits, or too many do
   */
  async wait(hash: string, ms: number, signers: readonly string[]): Promise<void> {
    if (ms <= 0) return; // Before any bound: what lowers risk has no window, and is not kept waiting by others'.
    if (this.#waiting.has(hash))
      throw new Refusal('E_BUSY', 'the command already waits in its cancel window');
    if (this.#waiting.size >= this.#max) throw new Refusal('E_BUSY', 'too many commands wait');
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const end = (refusal?: Refusal): void => {
      this.#waiting.delete(hash);
      this.#timers.clear(timer);
      if (refusal) reject(refusal);
      else resolve(undefined);
    };
    const timer = this.#timers.set(() => end(), Math.min(ms, LIMITS.cancelWindow.max));
    this.#waiting.set(hash, { signers: [...signers], end });
    await promise;
  }

  /** Ends a command's window with E_CANCELLED. Throws Refusal E_SCOPE for strangers, and when nothing waits. */
  cancel(hash: string, by: string): void {
    const waiting = this.#waiting.get(hash);
    if (!waiting?.signers.includes(by))
      throw new Refusal('E_SCOPE', 'no such command waits, or not one of yours');
    waiting.end(new Refusal('E_CANCELLED', 'one of those who signed cancelled the command'));
  }

  /** Ends every window with E_CANCELLED: a gateway that stops grants nothing any more. */
  stop(): void {
    for (const { end } of this.#waiting.values()) end(new Refusal('E_CANCELLED', 'the gateway is stopping'));
  }
}
