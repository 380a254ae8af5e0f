import type { Bytes } from '../encoding/bytes.ts';
import type { Sha256 } from '../crypto.ts';
import { leafHash, MAX_TREE_SIZE, nodeHash, type NodeReader } from './merkle.ts';

/**
 * One proof for many leaves of an RFC 9162 tree: the hashes of the largest subtrees in which none of them stands,
 * from left to right. For one leaf it is as long as an inclusion path; for a run of leaves it is not longer than two.
 * Leaves that follow each other without a gap are thereby shown to follow each other without a gap.
 */
export interface ManyProof {
  readonly size: number;
  /** Ascending, each once. */
  readonly indexes: readonly number[];
  readonly hashes: readonly Bytes[];
}

/** Left part of a subtree of `width` leaves: the largest power of two below it (RFC 9162 section 2.1.1). */
function split(width: number): number {
  let left = 1;
  while (left * 2 < width) left *= 2;
  return left;
}

const ascend = (indexes: readonly number[], size: number): boolean =>
  indexes.every((index, i) => index < size && index > (i === 0 ? -1 : (indexes[i - 1] ?? -1)));

/** Proves leaves of the tree of `size` leaves. Throws RangeError when there are none, or not in order, or not there. */
export function proveMany(
  sha256: Sha256,
  node: NodeReader,
  indexes: readonly number[],
  size: number,
): ManyProof {
  if (indexes.length === 0 || !ascend(indexes, size)) throw new RangeError('no such leaves');
  const hashes: Bytes[] = [];
  let next = 0;
  const whole = (from: number, width: number): Bytes => {
    const left = split(width);
    if (width === 1 || left * 2 === width) return node(Math.log2(width), from / width);
    return nodeHash(sha256, whole(from, left), whole(from + left, width - left));
  };
  const walk = (from: number, width: number): void => {
    const wanted = indexes[next];
    if (wanted === undefined || wanted >= from + width) return void hashes.push(whole(from, width));
    if (width === 1) return void next++;
    const left = split(width);
    walk(from, left);
    walk(from + left, width - left);
  };
  walk(0, size);
  return { size, indexes, hashes };
}

/** The root these entries and hashes lead to; undefined when they do not fit together. */
export function rootOfMany(
  sha256: Sha256,
  { size, indexes, hashes }: ManyProof,
  entries: readonly Bytes[],
): Bytes | undefined {
  if (entries.length !== indexes.length || size < 1 || size > MAX_TREE_SIZE) return undefined;
  if (indexes.length === 0 || !ascend(indexes, size)) return undefined;
  let [leaf, hash] = [0, 0];
  const walk = (from: number, width: number): Bytes | undefined => {
    const wanted = indexes[leaf];
    if (wanted === undefined || wanted >= from + width) return hashes[hash++];
    if (width === 1) {
      const entry = entries[leaf++];
      return entry && leafHash(sha256, entry);
    }
    const half = split(width);
    const left = walk(from, half);
    const right = walk(from + half, width - half);
    return left && right && nodeHash(sha256, left, right);
  };
  const root = walk(0, size);
  return hash === hashes.length && hashes.every(({ length }) => length === 32) ? root : undefined;
}
