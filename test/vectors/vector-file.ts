import { type Bytes, hex } from '../../server/protocol/bytes.ts';

/** One vector: bytes, and what a correct implementation makes of them. */
export interface Vector {
  readonly name: string;
  /** Hexadecimal. */
  readonly given: string;
  /** `ok`, or the code of the refusal. */
  readonly expect: string;
  /** What the vector shows. */
  readonly note: string;
}

export const vector = (name: string, given: Bytes, expect: string, note: string): Vector => ({
  name,
  given: hex(given),
  expect,
  note,
});
export const good = (given: Bytes, note: string, name = 'valid'): Vector => vector(name, given, 'ok', note);

/** One line for each vector, so that a change of one shows as a change of one. */
export const vectorFile = (vectors: readonly Vector[]): string =>
  `[\n${vectors.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`;

/** The bytes with one bit changed in the byte at `at`; negative counts from the end. */
export function flipped(bytes: Bytes, at: number): Bytes {
  const out = bytes.slice();
  const index = at < 0 ? bytes.length + at : at;
  out[index] = (out[index] ?? 0) ^ 1;
  return out;
}
