import type { ProvenCredential } from '../../server/protocol/bundle.ts';
import type { Clinician } from '../ward/clinician.ts';
import { type PersonName } from '../ward/people.ts';
import { type TokenSource } from '../ward/sign-in.ts';
import { type StolenOnce } from './forge.ts';
import type { Looked } from './device-watch.ts';
import type { DeviceLink } from './network.ts';

/** The pump in the attacker's hands, or why it would not talk. */
export type Wire = DeviceLink | { readonly hungUp: string };

/** What stays when the attacker changes: people signed in, the wire, a log that was stolen once. */
export class WardMemory {
  readonly heard: string[] = [];
  readonly #people = new Map<PersonName, Promise<Clinician>>();
  readonly #tokens = new Map<PersonName, TokenSource>();
  readonly #logs = new Map<string, StolenOnce>();
  /** What the pump attested when everything was last as it should be. */
  baseline: Looked | undefined;
  /** The implant, when an attack looked at it last, after all that it did: each look costs it a signature. */
  implant: Looked | undefined;
  /** Receipts of the pump that the attacker was given since then. */
  receipts = 0;
  /** The pump was off since then. */
  powerless = false;
  count = 1;
  /** What anybody can have of an honest command, by who signed it. */
  rescuer: ProvenCredential | undefined;
  #wire: Promise<Wire> | undefined;

  /** From here on the pump is held against this. */
  settled(now: Looked | undefined): void {
    this.baseline = now;
    this.receipts = 0;
    this.powerless = false;
  }

  person(name: PersonName, signIn: () => Promise<Clinician>): Promise<Clinician> {
    const known = this.#people.get(name) ?? signIn();
    this.#people.set(name, known);
    return known;
  }

  forget(name: PersonName): void {
    this.#people.delete(name);
  }

  tokensOf(name: PersonName, open: () => TokenSource): TokenSource {
    const known = this.#tokens.get(name) ?? open();
    this.#tokens.set(name, known);
    return known;
  }

  stolenLog(how: string): StolenOnce {
    const known = this.#logs.get(how) ?? {};
    this.#logs.set(how, known);
    return known;
  }

  /** True once the attacker has taken the place of the gateway. */
  get wired(): boolean {
    return this.#wire !== undefined;
  }

  wire(open: () => Promise<Wire>): Promise<Wire> {
    this.#wire ??= open();
    return this.#wire;
  }

  async close(): Promise<void> {
    for (const person of await Promise.allSettled(this.#people.values()))
      if (person.status === 'fulfilled') person.value.close();
    this.#people.clear();
  }
}
