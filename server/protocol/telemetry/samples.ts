import type { Bytes } from '../encoding/bytes.ts';
import { Refusal } from '../refusal.ts';

/**
 * Samples of a waveform, packed without loss: differences to a predicted value, Rice-coded (as FLAC does, RFC 9639
 * section 9.2). Neighbouring samples are alike, so that most differences take a few bits.
 *
 * First byte: order of the predictor (0 to 2) in bits 5 and 6, parameter k (0 to 15) in bits 0 to 3. Then bits, highest
 * first: each residual zigzag-mapped to u, as u >> k ones, a zero, and the lowest k bits of u; where u >> k is 20 or
 * more, 20 ones and then u in 19 bits. The last byte is filled with zeros.
 */
const MOST_ONES = 20;
const WHOLE_BITS = 19;
const MAX_K = 15;
const LOWEST = -0x8000;
const HIGHEST = 0x7fff;

/** What is expected of sample `i`, from those before it. */
function predicted(samples: ArrayLike<number>, i: number, order: number): number {
  const one = samples[i - 1] ?? 0;
  if (order === 0) return 0;
  if (order === 1 || i === 1) return one;
  return i === 0 ? 0 : 2 * one - (samples[i - 2] ?? 0);
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (u: number): number => (u % 2 === 0 ? u / 2 : -(u + 1) / 2);
const bitsOf = (u: number, k: number): number => {
  const ones = u >> k;
  return ones < MOST_ONES ? ones + 1 + k : MOST_ONES + WHOLE_BITS;
};

/** Packs samples of 16 bits; throws RangeError for one that has more. */
export function packSamples(samples: ArrayLike<number>): Bytes {
  let best = { order: 0, k: 0, bits: Number.POSITIVE_INFINITY, mapped: [] as readonly number[] };
  for (const order of [0, 1, 2]) {
    const mapped = Array.from(samples, (sample, i) => {
      if (!Number.isInteger(sample) || sample < LOWEST || sample > HIGHEST)
        throw new RangeError('a sample has 16 bits');
      return zigzag(sample - predicted(samples, i, order));
    });
    const mean = mapped.reduce((sum, u) => sum + u, 0) / Math.max(1, mapped.length);
    const guess = Math.min(MAX_K, Math.max(0, Math.floor(Math.log2(mean + 1))));
    for (const k of [guess - 1, guess, guess + 1]) {
      if (k < 0 || k > MAX_K) continue;
      const bits = mapped.reduce((sum, u) => sum + bitsOf(u, k), 0);
      if (bits < best.bits) best = { order, k, bits, mapped };
    }
  }
  return written(best);
}

interface Packing {
  readonly order: number;
  readonly k: number;
  readonly bits: number;
  readonly mapped: readonly number[];
}

function written({ order, k, bits, mapped }: Packing): Bytes {
  const out = new Uint8Array(1 + Math.ceil(bits / 8));
  out[0] = (order << 5) | k;
  let at = 8;
  const put = (value: number, width: number): void => {
    for (let bit = width - 1; bit >= 0; bit--, at++) {
      const index = at >> 3;
      if ((value >> bit) & 1) out[index] = (out[index] ?? 0) | (0x80 >> (at & 7));
    }
  };
  for (const u of mapped) {
    const ones = u >> k;
    if (ones < MOST_ONES) {
      put(2 ** (ones + 1) - 2, ones + 1);
      put(u & (2 ** k - 1), k);
    } else {
      put(2 ** MOST_ONES - 1, MOST_ONES);
      put(u, WHOLE_BITS);
    }
  }
  return out;
}

/** Unpacks exactly `count` samples; throws Refusal E_CMD_MALFORMED when the bytes hold anything else. */
export function unpackSamples(bytes: Bytes, count: number): Int16Array {
  const wrong = (why: string): Refusal => new Refusal('E_CMD_MALFORMED', why, 'wave.data');
  const first = bytes[0] ?? 0xff;
  const order = first >> 5;
  const k = first & 15;
  if (order > 2 || (first & 0x10) !== 0) throw wrong('no such packing');
  const end = bytes.length * 8;
  let at = 8;
  const bit = (): number => {
    if (at >= end) throw wrong('fewer samples than announced');
    const value = ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
    at++;
    return value;
  };
  const number = (width: number): number => {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 2 + bit();
    return value;
  };
  const samples = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    let ones = 0;
    while (ones < MOST_ONES && bit() === 1) ones++;
    const u = ones < MOST_ONES ? ones * 2 ** k + number(k) : number(WHOLE_BITS);
    const sample = predicted(samples, i, order) + unzigzag(u);
    if (sample < LOWEST || sample > HIGHEST) throw wrong('a sample of more than 16 bits');
    samples[i] = sample;
  }
  if (end - at >= 8) throw wrong('more bytes than samples');
  for (let left = end - at; left > 0; left--) if (bit() !== 0) throw wrong('not filled with zeros');
  return samples;
}
