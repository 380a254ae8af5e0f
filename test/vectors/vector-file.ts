import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';

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

/** The vectors of one message, as they stand in a file. */
export interface VectorFile {
  /** Version of the protocol; other versions have other files. */
  readonly protocol: number;
  readonly message: string;
  /** Section of PROTOCOL.md that the message is defined in. */
  readonly section: string;
  readonly vectors: readonly Vector[];
}

/** One line for each vector, so that a change of one shows as a change of one. */
export function vectorFile({ protocol, message, section, vectors }: VectorFile): string {
  const head = JSON.stringify({ protocol, message, section }, undefined, 2).slice(0, -2);
  const lines = vectors.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  return `${head},\n  "vectors": [\n${lines}\n  ]\n}\n`;
}

/** The bytes with one bit changed in the byte at `at`; negative counts from the end. */
export function flipped(bytes: Bytes, at: number): Bytes {
  const out = bytes.slice();
  const index = at < 0 ? bytes.length + at : at;
  out[index] = (out[index] ?? 0) ^ 1;
  return out;
}
