import type { Bytes } from '../encoding/bytes.ts';
import { HASH_SIZE } from '../log/merkle.ts';
import { TILE_WIDTH } from '../log/tiles.ts';

/** A tile of leaf hashes as published: 256 of them, fewer at the log's end; undefined where none is kept. */
export type ReadTile = (index: number) => Promise<Bytes | undefined>;

/** What happened to one entry. */
export interface PinnedProblem {
  readonly fault: 'changed' | 'deleted' | 'inserted';
  readonly index: number;
  readonly what: string;
}

/** Finds the first entry that is not the one whose hash the log published. */
export class Pin {
  readonly #read: ReadTile;
  #tile: Bytes | undefined;
  #first: { readonly index: number; readonly leaf: Bytes } | undefined;
  #acquitted = false;

  constructor(read: ReadTile = () => Promise.resolve(undefined)) {
    this.#read = read;
  }

  get found(): boolean {
    return this.#first !== undefined;
  }

  /** The entries that follow are those of this tile. */
  async turnTo(tile: number): Promise<void> {
    if (!this.#first) this.#tile = await this.#read(tile);
  }

  compare(index: number, leaf: Bytes): void {
    if (this.#first || !this.#tile) return;
    if (!isHashAt(this.#tile, index, leaf)) this.#first = { index, leaf };
  }

  /** The entries so far agree with a signed root: then it was the published hash that was changed. */
  acquit(): void {
    if (this.#first) this.#acquitted = true;
  }

  /** What happened to the entry, told from its neighbours' hashes. */
  async problem(): Promise<PinnedProblem | undefined> {
    if (!this.#first) return undefined;
    const { index, leaf } = this.#first;
    if (this.#acquitted) {
      const what = `the published hash of entry ${index} was changed; the entry itself agrees with the checkpoint`;
      return { fault: 'changed', index, what };
    }
    const is = async (at: number): Promise<boolean> => {
      const tile = at < 0 ? undefined : await this.#read(Math.floor(at / TILE_WIDTH));
      return tile !== undefined && tile.length > placeIn(at) && isHashAt(tile, at, leaf);
    };
    if (await is(index + 1)) return { fault: 'deleted', index, what: `entry ${index} was taken out` };
    if (await is(index - 1))
      return { fault: 'inserted', index, what: `entry ${index} was put in a second time` };
    return { fault: 'changed', index, what: `entry ${index} was changed after it was logged` };
  }
}

const placeIn = (index: number): number => (index % TILE_WIDTH) * HASH_SIZE;

/** Whether a tile has this hash for an entry; nothing is held against one that the tile does not reach. */
function isHashAt(tile: Bytes, index: number, hash: Bytes): boolean {
  const at = placeIn(index);
  if (at + HASH_SIZE > tile.length) return true;
  for (let i = 0; i < HASH_SIZE; i++) if (tile[at + i] !== hash[i]) return false;
  return true;
}
