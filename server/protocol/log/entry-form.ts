import type { Bytes } from '../encoding/bytes.ts';
import { KEY, MAX_LIST, MAX_TEXT, parseEntry, SHAPES } from './entry.ts';

/** Major types of CBOR that an entry has (RFC 8949 section 3.1). */
const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** What one key may have: a number up to `bound`, `bound` bytes, printable text of up to `bound`, or a list of byte strings of `bound`. */
interface Form {
  readonly major: number;
  readonly bound: number;
}

const upTo = (bound: number): Form => ({ major: UINT, bound });
const bytesOf = (bound: number): Form => ({ major: BYTES, bound });
const listOf = (bound: number): Form => ({ major: ARRAY, bound });
const number = upTo(Number.MAX_SAFE_INTEGER);
const printable: Form = { major: TEXT, bound: MAX_TEXT };

const TYPE_KEY = 1;
const TIME_KEY = 2;
const FORMS: readonly (Form | undefined)[] = formsByKey({
  [TYPE_KEY]: number,
  [TIME_KEY]: number,
  [KEY.device]: bytesOf(8),
  [KEY.command]: bytesOf(32),
  [KEY.kids]: listOf(16),
  [KEY.tier]: upTo(2),
  [KEY.code]: printable,
  [KEY.digest]: bytesOf(32),
  [KEY.number]: number,
  [KEY.commitments]: listOf(32),
  [KEY.detail]: printable,
  [KEY.index]: number,
  [KEY.result]: upTo(3),
  [KEY.link]: upTo(2),
});

function formsByKey(forms: Readonly<Record<number, Form>>): (Form | undefined)[] {
  const last = Math.max(...Object.keys(forms).map(Number));
  return Array.from({ length: last + 1 }, (_, key) => forms[key]);
}

/**
 * Unix milliseconds of an entry that reads as `parseEntry` demands, for a whole log, of which nobody asks more: its form is
 * looked at where it lies, and nothing of it is copied, which would cost as much as its hash. Throws as `parseEntry` does.
 */
export function entryTime(bytes: Bytes): number {
  // What is wrong with an entry is said in one place only.
  return new Look(bytes).time() ?? parseEntry(bytes).time;
}

/** Goes over the bytes of one entry. Each method says whether what it looked for stands there, in its one spelling. */
class Look {
  readonly #bytes: Bytes;
  #at = 0;
  /** Argument of the last head: a number, or how long what follows is. */
  #argument = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** The entry's time; undefined where its form is not in order. */
  time(): number | undefined {
    if (!this.#head(MAP)) return undefined;
    let [last, seen, type, time] = [0, 0, 0, 0];
    for (let left = this.#argument; left > 0; left--) {
      // Every key that exists is one byte; in their order none comes twice.
      const key = this.#bytes[this.#at++] ?? 0;
      const form = FORMS[key];
      if (key <= last || !form || !this.#value(form)) return undefined;
      if (key === TYPE_KEY) type = this.#argument;
      if (key === TIME_KEY) time = this.#argument;
      seen |= 1 << key;
      last = key;
    }
    const shape = SHAPES.get(type);
    if (!shape || (seen & shape.required) !== shape.required || (seen & ~shape.allowed) !== 0)
      return undefined;
    return this.#at === this.#bytes.length ? time : undefined;
  }

  #value({ major, bound }: Form): boolean {
    if (!this.#head(major)) return false;
    switch (major) {
      case UINT:
        return this.#argument <= bound;
      case BYTES:
        return this.#argument === bound && this.#skip(bound);
      case TEXT:
        return this.#argument <= bound && this.#printable(this.#argument);
      default:
        return this.#list(this.#argument, bound);
    }
  }

  /** Major type and argument, the argument in its shortest form. */
  #head(major: number): boolean {
    const first = (this.#bytes[this.#at++] ?? 0xff) ^ (major << 5);
    if (first < 24) {
      this.#argument = first;
      return true;
    }
    if (first > 27) return false;
    const width = 1 << (first - 24);
    let argument = 0;
    for (let i = 0; i < width; i++) argument = argument * 256 + (this.#bytes[this.#at++] ?? 0);
    this.#argument = argument;
    return argument >= (width === 1 ? 24 : 2 ** (4 * width));
  }

  #skip(size: number): boolean {
    this.#at += size;
    return this.#at <= this.#bytes.length;
  }

  #printable(size: number): boolean {
    const end = this.#at + size;
    if (end > this.#bytes.length) return false;
    for (; this.#at < end; this.#at++) {
      const letter = this.#bytes[this.#at] ?? 0;
      if (letter < 0x20 || letter > 0x7e) return false;
    }
    return true;
  }

  #list(length: number, size: number): boolean {
    if (length > MAX_LIST) return false;
    for (let i = 0; i < length; i++) {
      if (!this.#head(BYTES) || this.#argument !== size || !this.#skip(size)) return false;
    }
    return true;
  }
}
