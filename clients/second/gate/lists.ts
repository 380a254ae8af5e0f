import { Wrong } from '../check/bytes.ts';
import type { Listed } from '../check/listing.ts';
import type { Kept } from './store.ts';

const NAME = 'lists';

/** The newest list of each authority's key that this page has seen. */
export class Lists {
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** What was seen so far: taken before the gateway is asked, since its lists only grow. */
  async seen(): Promise<ReadonlyMap<unknown, unknown>> {
    const kept = await this.#kept.get(NAME);
    return kept instanceof Map ? kept : new Map<unknown, unknown>();
  }

  /** Remembers a list; throws Wrong for one older than what was seen: who is not listed any more stays away. */
  async keep(seen: ReadonlyMap<unknown, unknown>, { by, version }: Listed): Promise<void> {
    const newest = Number(seen.get(by) ?? 0);
    if (version < newest) throw new Wrong('the list of devices is older than one seen here before');
    if (version > newest) await this.#kept.put(NAME, new Map(seen).set(by, version));
  }
}
