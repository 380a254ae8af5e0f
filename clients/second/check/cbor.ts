import { type Bytes, join, same, textOf, utf8, Wrong } from './bytes.ts';

/** What messages are made of (protocol, section 2.1): maps have integer keys, nothing else exists. */
export type Item = number | string | Bytes | readonly Item[] | ReadonlyMap<number, Item>;

const MAX_DEPTH = 8;
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** The one spelling of a value (RFC 8949, section 4.2.1). */
export function write(item: Item): Bytes {
  if (typeof item === 'number') return item < 0 ? head(NEGATIVE, -1 - item) : head(UNSIGNED, item);
  if (typeof item === 'string') return join(head(TEXT, utf8(item).length), utf8(item));
  if (item instanceof Uint8Array) return join(head(BYTES, item.length), item);
  if (isMap(item)) {
    const pairs = [...item].map(([key, value]) => [write(key), write(value)] as const);
    pairs.sort(([a], [b]) => order(a, b));
    return join(head(MAP, pairs.length), ...pairs.flat());
  }
  return join(head(ARRAY, item.length), ...item.map(write));
}

/** Reads exactly one value and takes no other spelling of it. Throws Wrong. */
export function read(bytes: Bytes): Item {
  const reader = new Reader(bytes);
  const item = reader.item(MAX_DEPTH);
  if (reader.left > 0) throw new Wrong('a message has bytes after its end');
  // The reader is lenient about order and length of numbers: whatever was not the one spelling comes out different here.
  if (!same(write(item), bytes)) throw new Wrong('a message is not spelled as it must be');
  return item;
}

export const isMap = (item: Item | undefined): item is ReadonlyMap<number, Item> => item instanceof Map;

class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  item(depth: number): Item {
    if (depth < 0) throw new Wrong('a message is nested too deeply');
    const first = this.#take(1)[0] ?? 0;
    const size = this.#argument(first & 31);
    switch (first >> 5) {
      case UNSIGNED:
        return size;
      case NEGATIVE:
        return -1 - size;
      case BYTES:
        return this.#take(size);
      case TEXT:
        return textOf(this.#take(size));
      case ARRAY:
        return Array.from({ length: this.#count(size) }, () => this.item(depth - 1));
      case MAP:
        return this.#map(this.#count(size), depth);
      default:
        throw new Wrong('a message holds what no message may hold');
    }
  }

  #map(size: number, depth: number): Item {
    const map = new Map<number, Item>();
    for (let i = 0; i < size; i++) {
      const key = this.item(depth - 1);
      if (typeof key !== 'number' || map.has(key)) throw new Wrong('a message has a bad or repeated key');
      map.set(key, this.item(depth - 1));
    }
    return map;
  }

  /** No more members than there are bytes left: nothing is set aside for what cannot come. */
  #count(size: number): number {
    if (size > this.left) throw new Wrong('a message is cut short');
    return size;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new Wrong('a message has a length of no kind');
    const value = this.#take(2 ** (info - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw new Wrong('a number is too large');
    return value;
  }

  #take(size: number): Bytes {
    if (size > this.left) throw new Wrong('a message is cut short');
    this.#at += size;
    return this.#bytes.slice(this.#at - size, this.#at);
  }
}

function head(kind: number, size: number): Bytes {
  const top = kind << 5;
  if (size < 24) return Uint8Array.of(top | size);
  const power = size < 2 ** 8 ? 0 : size < 2 ** 16 ? 1 : size < 2 ** 32 ? 2 : 3;
  const out = new Uint8Array(1 + 2 ** power);
  out[0] = top | (24 + power);
  for (let i = out.length - 1, rest = size; i > 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

function order(a: Bytes, b: Bytes): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
