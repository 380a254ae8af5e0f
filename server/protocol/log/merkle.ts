import { type Bytes, concat, equal } from '../encoding/bytes.ts';
import type { Sha256 } from '../crypto.ts';

/** Hash size, and the greatest tree: a proof then has at most 40 hashes, as the CDDL says. */
export const HASH_SIZE = 32;
export const MAX_TREE_SIZE = 2 ** 40;
export const MAX_PATH = 40;

const NOTHING = new Uint8Array(0);

/** Where leaves and nodes are put together to be hashed, one at a time; a buffer for each would cost more than its hash. */
const LEAF = new Uint8Array(1 + 65_535);
const NODE = Uint8Array.of(1, ...new Uint8Array(2 * HASH_SIZE));

/** Leaf hash: H(0x00 || entry) (RFC 9162 section 2.1.1). */
export function leafHash(sha256: Sha256, entry: Bytes): Bytes {
  const size = 1 + entry.length;
  const leaf = size > LEAF.length ? new Uint8Array(size) : LEAF.subarray(0, size);
  leaf.set(entry, 1);
  return sha256(leaf);
}

/** Inner node hash: H(0x01 || left || right) (RFC 9162 section 2.1.1). */
export function nodeHash(sha256: Sha256, left: Bytes, right: Bytes): Bytes {
  if (left.length !== HASH_SIZE || right.length !== HASH_SIZE)
    return sha256(concat(Uint8Array.of(1), left, right));
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_SIZE);
  return sha256(NODE);
}

/** Root of the empty tree: H(""). */
export const emptyRoot = (sha256: Sha256): Bytes => sha256(NOTHING);

/** Hash of the complete subtree number `index` at `level` (level 0: the leaf hashes). Throws when it is not stored. */
export type NodeReader = (level: number, index: number) => Bytes;

const isHash = (bytes: Bytes): boolean => bytes.length === HASH_SIZE;
const isSize = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= MAX_TREE_SIZE;
const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** Root over leaf hashes, by the definition (RFC 9162 section 2.1.1). For small trees and tests: O(n). */
export function root(sha256: Sha256, leaves: readonly Bytes[]): Bytes {
  const [only] = leaves;
  if (only === undefined) return emptyRoot(sha256);
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(sha256, root(sha256, leaves.slice(0, split)), root(sha256, leaves.slice(split)));
}

/**
 * The right edge of the tree of `size` leaves: at place l the hash of the one node of level l that has some, but not
 * all, of its 2^l leaves; undefined where every node is complete. The last place is the lowest level of one node.
 */
export function rightEdge(sha256: Sha256, node: NodeReader, size: number): (Bytes | undefined)[] {
  const edge: (Bytes | undefined)[] = [undefined];
  for (let level = 0; 2 ** level < size; level++) {
    const complete = Math.floor(size / 2 ** level);
    const rest = edge[level];
    if (!isOdd(complete)) edge.push(rest);
    else {
      const left = node(level, complete - 1);
      edge.push(rest === undefined ? left : nodeHash(sha256, left, rest));
    }
  }
  return edge;
}

/** Root of the first `size` leaves from stored subtree hashes. */
export function treeRoot(
  sha256: Sha256,
  node: NodeReader,
  size: number,
  edge: readonly (Bytes | undefined)[] = rightEdge(sha256, node, size),
): Bytes {
  if (size === 0) return emptyRoot(sha256);
  return edge.at(-1) ?? node(edge.length - 1, 0);
}

/**
 * Inclusion path of leaf `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.1). Give `edge` when there are
 * many paths to make for one size. Throws RangeError.
 */
export function inclusionPath(
  sha256: Sha256,
  node: NodeReader,
  index: number,
  size: number,
  edge: readonly (Bytes | undefined)[] = rightEdge(sha256, node, size),
): Bytes[] {
  if (!isSize(size) || !isSize(index) || index >= size) {
    throw new RangeError('no such leaf in a tree of this size');
  }
  const path: Bytes[] = [];
  for (let level = 0, at = index; 2 ** level < size; level++, at = half(at)) {
    const sibling = isOdd(at) ? at - 1 : at + 1;
    const hash = (sibling + 1) * 2 ** level <= size ? node(level, sibling) : edge[level];
    // No sibling: the node is the last of its level and moves up alone.
    if (hash !== undefined && sibling * 2 ** level < size) path.push(hash);
  }
  return path;
}

/** Consistency path from `size1` to `size2` leaves, 0 < size1 <= size2 (RFC 9162 section 2.1.4.1). Throws RangeError. */
export function consistencyPath(sha256: Sha256, node: NodeReader, size1: number, size2: number): Bytes[] {
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) {
    throw new RangeError('no consistency path between these sizes');
  }
  if (size1 === size2) return [];
  const edge = rightEdge(sha256, node, size2);
  const path: Bytes[] = [];
  let [level, at, last] = [0, size1 - 1, size2 - 1];
  for (; isOdd(at); level++) [at, last] = [half(at), half(last)];
  if (at > 0) path.push(node(level, at));
  for (; last > 0; level++) {
    if (isOdd(at)) path.push(node(level, at - 1));
    else if (at < last) {
      const complete = (at + 2) * 2 ** level <= size2;
      path.push((complete ? undefined : edge[level]) ?? node(level, at + 1));
    }
    [at, last] = [half(at), half(last)];
  }
  return path;
}

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  /** Leaf hash, path and root: 32 bytes each. */
  readonly leaf: Bytes;
  readonly path: readonly Bytes[];
  readonly root: Bytes;
}

/** True when the leaf stands at `index` in the tree of `size` leaves with this root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(sha256: Sha256, proof: Inclusion): boolean {
  const { index, size, leaf, path } = proof;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (path.length > MAX_PATH || !isHash(leaf) || !isHash(proof.root) || !path.every(isHash)) return false;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sha256, sibling, hash);
      for (; !isOdd(at) && at !== 0; last = half(last)) at = half(at);
    } else {
      hash = nodeHash(sha256, hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, proof.root);
}

export interface Consistency {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Bytes;
  readonly root2: Bytes;
  readonly path: readonly Bytes[];
}

/**
 * True when the tree of `size2` leaves begins with the tree of `size1` leaves (RFC 9162 section 2.1.4.2). A first
 * size of zero is refused: it would say nothing about the second tree, so a caller must not take it for a proof.
 */
export function verifyConsistency(sha256: Sha256, proof: Consistency): boolean {
  const { size1, size2, root1, root2, path } = proof;
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) return false;
  // A path may have one hash for each level and one for where it starts.
  if (path.length > MAX_PATH + 1 || !isHash(root1) || !isHash(root2) || !path.every(isHash)) return false;
  if (size1 === size2) return path.length === 0 && equal(root1, root2);
  let [at, last] = [size1 - 1, size2 - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // at = 0: size1 is a power of two, and its root is itself a node of the second tree.
  const rest = at === 0 ? path : path.slice(1);
  const start = at === 0 ? root1 : path[0];
  if (start === undefined) return false;
  let [hash1, hash2] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash1 = nodeHash(sha256, sibling, hash1);
      hash2 = nodeHash(sha256, sibling, hash2);
      for (; !isOdd(at) && at !== 0; last = half(last)) at = half(at);
    } else {
      hash2 = nodeHash(sha256, hash2, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash1, root1) && equal(hash2, root2);
}
