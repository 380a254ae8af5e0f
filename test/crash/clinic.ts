import { setTimeout as pause } from 'node:timers/promises';
import type { Clinician, OpenDevice } from '../../clients/ward/clinician.ts';
import type { PersonName } from '../../clients/ward/people.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { ProcessWard } from '../support/processes.ts';

/** Something that should have come back did not: the run cannot go on, and that is a finding. */
export class Stuck extends Error {}

/** A killed process is back after a second or two on a busy machine; a device finds its gateway within 16 s. */
const PATIENCE_MS = 150_000;
const AGAIN_MS = 100;

/** The people of the ward, who sign in again whenever the gateway was killed under them. */
export class Clinic {
  readonly #ward: ProcessWard;
  readonly #signal: AbortSignal;
  readonly #seats = new Map<PersonName, Promise<Clinician>>();

  constructor(ward: ProcessWard, signal: AbortSignal) {
    this.#ward = ward;
    this.#signal = signal;
  }

  /** Somebody who is signed in; waits for the gateway. Throws Stuck. */
  async person(name: PersonName): Promise<Clinician> {
    return this.patiently(`${name} cannot sign in`, () => {
      const seat = this.#seats.get(name) ?? this.#ward.signIn(name);
      this.#seats.set(name, seat);
      seat.catch(() => this.leave(name));
      return seat;
    });
  }

  /** The seat is of no use any more: the next one who asks signs in again. */
  leave(name: PersonName, who?: Clinician): void {
    const seat = this.#seats.get(name);
    if (!seat) return;
    void seat.then(
      (clinician) => {
        if (who !== undefined && who !== clinician) return;
        if (this.#seats.get(name) === seat) this.#seats.delete(name);
        clinician.close();
      },
      () => {
        if (this.#seats.get(name) === seat) this.#seats.delete(name);
      },
    );
  }

  /** Opens a device, as often as it takes until it is in contact. Throws Stuck. */
  async open(name: PersonName, device: string): Promise<OpenDevice> {
    return this.patiently(`${device} does not come back into contact`, () =>
      this.as(name, (clinician) => clinician.open(this.#ward.idOf(device))),
    );
  }

  /** Has somebody do one thing; a lost connection makes them sign in anew for the next. Throws what `act` throws. */
  async as<T>(name: PersonName, act: (clinician: Clinician) => Promise<T>): Promise<T> {
    const clinician = await this.person(name);
    try {
      return await act(clinician);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'E_SESSION') this.leave(name, clinician);
      throw error;
    }
  }

  /** Tries until it works. Throws Stuck, with the last reason, after a minute; and what aborted the run. */
  async patiently<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof Stuck) throw error;
        const why = error instanceof Error ? error.message : String(error);
        if (performance.now() > until) throw new Stuck(`${what}: ${why}`, { cause: error });
        await pause(AGAIN_MS);
      }
    }
  }

  close(): void {
    for (const name of this.#seats.keys()) this.leave(name);
  }
}
