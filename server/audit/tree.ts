import { type Bytes, concat } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import {
  HASH_SIZE,
  MAX_PATH,
  MAX_TREE_SIZE,
  type NodeReader,
  consistencyPath,
  inclusionPath,
  nodeHash,
  rightEdge,
  treeRoot,
} from '../protocol/log/merkle.ts';

/** Newest hashes kept in memory at each level: proofs of entries just appended then read nothing from the disk. */
const KEPT = 8_192;

/** Nodes read from the store are kept from this level up: a proof then reads its lowest few rows only. */
const CACHED_FROM = 4;
/** Such nodes kept: all of a log of 500,000 entries, in about 10 MiB. */
const CACHED = 65_536;

/** The last hashes of one level of the tree; `first` is the index of the oldest one. */
interface Level {
  first: number;
  hashes: Bytes[];
}

/** Reads the stored `hashes` of an entry (see store/migrations.ts), or undefined where there is no such entry. */
export type HashesReader = (index: number) => Bytes | undefined;

/** What a batch adds to the tree: the row's `hashes` for each leaf, and the root. */
export interface Growth {
  readonly size: number;
  readonly root: Bytes;
  readonly hashes: readonly Bytes[];
}

/**
 * The Merkle tree of the log: the newest nodes in memory, the others in the store. It grows on trial first, and
 * keeps or drops the growth when the store has said whether it is durable.
 */
export class Tree {
  readonly #sha256: Sha256;
  readonly #stored: HashesReader;
  #size: number;
  #cache = new Map<number, Bytes>();
  #levels: Level[] = [];
  /** Edge of the last size asked for: batches of proofs share one size. */
  #edge: { size: number; hashes: (Bytes | undefined)[] } = { size: -1, hashes: [] };

  /** Reads the right edge only: at most 40 rows. Throws RangeError when a row of it is missing. */
  constructor(sha256: Sha256, size: number, stored: HashesReader) {
    this.#sha256 = sha256;
    this.#stored = stored;
    this.#size = size;
    for (let level = 0; level <= MAX_PATH; level++) {
      const count = Math.floor(size / 2 ** level);
      const edge = count % 2 === 1;
      this.#levels.push({
        first: edge ? count - 1 : count,
        hashes: edge ? [this.#read(level, count - 1)] : [],
      });
    }
  }

  /** Leaves that are durable. */
  get size(): number {
    return this.#size;
  }

  readonly node: NodeReader = (level, index) => {
    const recent = this.#levels[level];
    const hash = recent === undefined ? undefined : recent.hashes[index - recent.first];
    return hash ?? this.#read(level, index);
  };

  #read(level: number, index: number): Bytes {
    const name = level * MAX_TREE_SIZE + index;
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    const row = this.#stored((index + 1) * 2 ** level - 1);
    const hash = row?.subarray(level * HASH_SIZE, (level + 1) * HASH_SIZE);
    if (hash?.length !== HASH_SIZE) throw new RangeError(`node ${index} of level ${level} is not stored`);
    if (level < CACHED_FROM) return hash;
    const [oldest] = this.#cache.keys();
    if (this.#cache.size >= CACHED && oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(name, hash);
    return hash;
  }

  /** Adds leaves on trial; then `keep` or `drop`. */
  grow(leaves: readonly Bytes[]): Growth {
    const hashes = leaves.map((leaf, offset) => {
      const row = [leaf];
      let [hash, index] = [leaf, this.#size + offset];
      this.#levels[0]?.hashes.push(hash);
      for (let level = 1; index % 2 === 1; level++) {
        hash = nodeHash(this.#sha256, this.node(level - 1, index - 1), hash);
        index = (index - 1) / 2;
        this.#levels[level]?.hashes.push(hash);
        row.push(hash);
      }
      return row.length === 1 ? leaf : concat(...row);
    });
    const size = this.#size + leaves.length;
    return { size, root: this.rootAt(size), hashes };
  }

  /** Everything up to this size is durable. */
  keep(size: number): void {
    this.#size = size;
    for (const level of this.#levels) {
      if (level.hashes.length < 2 * KEPT) continue;
      level.first += level.hashes.length - KEPT;
      level.hashes = level.hashes.slice(-KEPT);
    }
  }

  /** Nothing beyond what is durable came about. */
  drop(): void {
    this.#edge = { size: -1, hashes: [] };
    for (const [number, level] of this.#levels.entries()) {
      level.hashes.length = Math.max(Math.floor(this.#size / 2 ** number) - level.first, 0);
    }
  }

  #edgeAt(size: number): (Bytes | undefined)[] {
    if (this.#edge.size !== size) {
      this.#edge = { size, hashes: rightEdge(this.#sha256, this.node, size) };
    }
    return this.#edge.hashes;
  }

  /** Root of the first `size` leaves. */
  rootAt(size: number): Bytes {
    return treeRoot(this.#sha256, this.node, size, this.#edgeAt(size));
  }

  /** Inclusion path of leaf `index` in the first `size` leaves. Throws RangeError. */
  pathTo(index: number, size: number): Bytes[] {
    return inclusionPath(this.#sha256, this.node, index, size, this.#edgeAt(size));
  }

  /** Consistency path between two sizes. Throws RangeError. */
  pathBetween(from: number, to: number): Bytes[] {
    return consistencyPath(this.#sha256, this.node, from, to);
  }
}
