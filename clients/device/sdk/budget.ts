import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto, PublicKey } from '../../../server/protocol/crypto.ts';

/** A token bucket in device ticks: `capacity` at once, one more every `ticksPerToken`. */
export class Budget {
  readonly #capacity: number;
  readonly #ticksPerToken: number;
  #tokens: number;
  #since: number;

  constructor(
    { capacity, ticksPerToken }: { readonly capacity: number; readonly ticksPerToken: number },
    tick: number,
  ) {
    this.#capacity = capacity;
    this.#ticksPerToken = ticksPerToken;
    this.#tokens = capacity;
    this.#since = tick;
  }

  /** Takes one token; false when there is none. */
  spend(tick: number): boolean {
    const earned = Math.floor((tick - this.#since) / this.#ticksPerToken);
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned);
    this.#since += earned * this.#ticksPerToken;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Gives one token back: what it was spent on turned out to be genuine. */
  refund(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }

  /** Gives everything back: whoever is in contact has just proved to be no stranger. */
  refill(): void {
    this.#tokens = this.#capacity;
  }
}

/** What messages that prove nothing may cost, unless a device is given other figures. */
export const STRANGERS = { capacity: 30, ticksPerToken: 10 };
/** What only the emergency door draws on. */
export const RESERVE = { capacity: 10, ticksPerToken: 60 };

/** Asymmetric operations done, by kind: what drains a battery is counted, not timed. */
export class Work {
  verifications = 0;
  signatures = 0;
  /** Diffie-Hellman operations. */
  agreements = 0;

  /** The same cryptography, counting. */
  counting(crypto: Crypto): Crypto {
    return {
      sha256: (bytes: Bytes) => crypto.sha256(bytes),
      verify: (key: PublicKey, message: Bytes, signature: Bytes) => {
        this.verifications++;
        return crypto.verify(key, message, signature);
      },
    };
  }
}
