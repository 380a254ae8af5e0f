import { type Bytes, concat } from '../../../server/protocol/encoding/bytes.ts';

/** Gives a number from 0 up to below its argument. */
export type Pick = (below: number) => number;

/** Repeatable chance: the same seed gives the same messages (mulberry32). */
export function chance(seed: number): Pick {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Mutate = (bytes: Bytes, pick: Pick) => Bytes;

/** What can happen to a message on its way, or in the hands of somebody who wishes it ill. */
const MUTATIONS: readonly Mutate[] = [
  (bytes, pick) => changed(bytes, pick, (byte) => byte ^ (1 << pick(8))),
  (bytes, pick) => changed(bytes, pick, () => pick(256)),
  (bytes, pick) => bytes.slice(0, pick(bytes.length)),
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(
      bytes.slice(0, at),
      Uint8Array.from({ length: 1 + pick(8) }, () => pick(256)),
      bytes.slice(at),
    );
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(bytes.slice(0, at), bytes.slice(at + 1 + pick(16)));
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(bytes.slice(0, at), bytes.slice(Math.max(0, at - 1 - pick(64))));
  },
  // The head of an item says another type or length.
  (bytes, pick) => changed(bytes, pick, (byte) => (byte & 0x1f) | (pick(8) << 5)),
  (_bytes, pick) => Uint8Array.from({ length: 1 + pick(400) }, () => pick(256)),
];

/** Damages a message in one of those ways. */
export const damage = (bytes: Bytes, pick: Pick): Bytes =>
  MUTATIONS[pick(MUTATIONS.length)]?.(bytes, pick) ?? bytes;

function changed(bytes: Bytes, pick: Pick, change: (byte: number) => number): Bytes {
  const out = bytes.slice();
  const at = pick(out.length);
  out[at] = change(out[at] ?? 0) & 0xff;
  return out;
}
