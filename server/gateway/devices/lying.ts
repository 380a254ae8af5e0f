import type { CardSession } from '../../transport/station-link.ts';
import type { TapNews } from './contacts.ts';

/**
 * A reader that sees two implants in its field tells of one of them, and of the other as soon as the first is out of it:
 * nobody takes one patient away and brings another within this time (ms).
 */
const SWAP_MS = 1_000;

/**
 * What lies at each reader station, and whether that is more than one thing. PC/SC tells of one card for each reader: two at
 * the readers of one station are seen as that, two in one field only when the reader goes from one to the other. What the
 * radio itself does when two answer at once stays in the reader.
 */
export class Lying {
  /** The last news of each card that lies there, the latest card last; by station. */
  readonly #at = new Map<string, readonly TapNews[]>();
  readonly #came = new WeakMap<CardSession, number>();
  /** Which device was there last, and until when (ms); by station. */
  readonly #left = new Map<string, { readonly device: string; readonly at: number }>();
  /** Cards that came out of the field of another one. */
  readonly #swapped = new WeakSet<CardSession>();

  has(card: CardSession): boolean {
    return this.#came.has(card);
  }

  /** Takes news; gives what is to be told of the station after it: what still lies there, when something else was taken away. */
  take(news: TapNews, now: number): TapNews {
    const { card, at, phase } = news;
    const { station } = card;
    if (!this.#came.has(card)) this.#came.set(card, now);
    const others = this.#there(station).filter((one) => one.card !== card);
    const lying = card.gone ? others : [...others, news];
    if (lying.length === 0) this.#at.delete(station);
    else this.#at.set(station, lying);
    if (at && phase === 'authenticated') {
      const left = this.#left.get(station);
      const other = left !== undefined && left.device !== at.device.hex;
      if (other && (this.#came.get(card) ?? now) - left.at < SWAP_MS) this.#swapped.add(card);
    }
    if (at && card.gone) this.#left.set(station, { device: at.device.hex, at: now });
    return card.gone ? (lying.at(-1) ?? news) : news;
  }

  /** Does more than one thing lie there, or did a second one show itself? */
  two(station: string): boolean {
    const lying = this.#there(station);
    return lying.length > 1 || lying.some(({ card }) => this.#swapped.has(card));
  }

  /** The last news of what lies there; undefined when nothing does. */
  last(station: string): TapNews | undefined {
    return this.#there(station).at(-1);
  }

  #there(station: string): readonly TapNews[] {
    return (this.#at.get(station) ?? []).filter(({ card }) => !card.gone);
  }
}
