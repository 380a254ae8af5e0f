import type { Attestation } from '../../server/protocol/attestation.ts';

import type { Receipt } from '../../server/protocol/receipt.ts';

/** How a ceremony ended, as far as whoever started it was told. */
export type End =
  /** The device's word, verified at the tablet. */
  | { readonly kind: 'applied' | 'refused'; readonly receipt: Receipt | undefined; readonly by: Witnessed }
  /** The gateway said no before anything was granted. */
  | { readonly kind: 'turned-away'; readonly code: string }
  /** The gateway does not know it, and so nothing can come of it. */
  | { readonly kind: 'never' }
  /** A draft that its people gave up. */
  | { readonly kind: 'abandoned' };

/** Told at once, settled by asking the device later, or found in the journal because the gateway had asked. */
export type Witnessed = 'answer' | 'resolve' | 'journal';

export interface Ceremony {
  readonly device: string;
  /** Command hash in hexadecimal. */
  readonly hash: string;
  readonly changes: ReadonlyMap<number, number>;
  readonly tier: 1 | 2;
  end: End | undefined;
}

interface Expected {
  counter: number;
  settings: ReadonlyMap<number, number>;
  number: number;
}

/**
 * What the people at the bedside were told, written down outside everything that can be killed. Whatever the
 * gateway, its log and the devices say later is held against it.
 */
export class Ledger {
  readonly ceremonies: Ceremony[] = [];
  readonly violations: string[] = [];
  readonly #newest = new Map<string, Ceremony>();
  readonly #devices = new Map<string, Expected>();

  violation(what: string): void {
    this.violations.push(what);
  }

  begin(ceremony: Omit<Ceremony, 'end'>): Ceremony {
    const written: Ceremony = { ...ceremony, end: undefined };
    if (this.#newest.get(ceremony.hash)?.end?.kind === 'applied') {
      this.violation(`${label(ceremony)} could be made again after it was applied`);
    }
    this.ceremonies.push(written);
    this.#newest.set(ceremony.hash, written);
    return written;
  }

  /** A device showed itself, with nothing of its past in doubt: settings and counter are exactly as told. */
  seen(device: string, attestation: Attestation): void {
    const { counter, settings, receiptNumber } = attestation;
    const expected = this.#devices.get(device);
    if (!expected) {
      if (counter !== 0) this.violation(`${device} begins with counter ${counter}`);
      this.#devices.set(device, { counter, settings, number: receiptNumber });
      return;
    }
    if (counter !== expected.counter) {
      this.violation(
        `${device} counts ${counter} applied commands; its people were told ${expected.counter}`,
      );
    }
    if (!same(settings, expected.settings)) {
      this.violation(`${device} has settings nobody was told of: ${differing(settings, expected.settings)}`);
    }
    if (receiptNumber < expected.number) {
      this.violation(`${device} counts ${receiptNumber} receipts, after it had given ${expected.number}`);
    }
    this.#devices.set(device, { counter, settings, number: receiptNumber });
  }

  /** Writes down the end of a ceremony, once; its receipt has to follow from all before it. */
  end(ceremony: Ceremony, end: End): void {
    if (ceremony.end) return this.violation(`${label(ceremony)} ended twice`);
    ceremony.end = end;
    const before = this.#devices.get(ceremony.device);
    if (!before || (end.kind !== 'applied' && end.kind !== 'refused')) return;
    const after: Expected = { ...before };
    if (end.kind === 'applied') {
      after.counter++;
      after.settings = new Map([...before.settings, ...ceremony.changes]);
    }
    if (end.receipt) {
      this.#checkReceipt(ceremony, end.receipt, before, after);
      after.number = end.receipt.number;
    }
    this.#devices.set(ceremony.device, after);
  }

  #checkReceipt(ceremony: Ceremony, receipt: Receipt, before: Expected, after: Expected): void {
    const demand = (fine: boolean, what: string): void => {
      if (!fine) this.violation(`${label(ceremony)}: ${what}`);
    };
    demand(receipt.number > before.number, `receipt ${receipt.number} comes after ${before.number}`);
    demand(receipt.counter === after.counter, `counter ${receipt.counter} instead of ${after.counter}`);
    demand(same(receipt.before, before.settings), 'started from settings nobody was told of');
    demand(
      same(receipt.after, after.settings),
      `ended in a mixture: ${differing(receipt.after, after.settings)}`,
    );
    demand(same(receipt.readBack, receipt.after), 'the read-back is not what was stored');
  }

  counterOf(device: string): number {
    return this.#devices.get(device)?.counter ?? 0;
  }

  /** Ceremonies that ended with the device's word, but for those whose bytes were signed again later. */
  get told(): readonly Ceremony[] {
    return this.ceremonies.filter(
      (one) => (one.end?.kind === 'applied' || one.end?.kind === 'refused') && !this.signedAgain(one),
    );
  }

  /** The same bytes once more: the device had not moved since, and the same was wished. */
  signedAgain(ceremony: Ceremony): boolean {
    return this.#newest.get(ceremony.hash) !== ceremony;
  }
}

export const label = ({ device, hash }: Pick<Ceremony, 'device' | 'hash'>): string =>
  `${device} ${hash.slice(0, 12)}`;

const same = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean =>
  a.size === b.size && [...a].every(([code, value]) => b.get(code) === value);

const differing = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): string =>
  [...new Set([...a.keys(), ...b.keys()])]
    .filter((code) => a.get(code) !== b.get(code))
    .map((code) => `${code}: ${a.get(code)} instead of ${b.get(code)}`)
    .join(', ');
