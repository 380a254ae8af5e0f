import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Sha256 } from '../../../server/protocol/crypto.ts';
import { consistencyPath, HASH_SIZE, type NodeReader, root } from '../../../server/protocol/log/merkle.ts';
import { type Tile, TILE_WIDTH, tilePath, tileWidth } from '../../../server/protocol/log/tiles.ts';

/** Reads one resource of a log by its path below the log's prefix; undefined when the log does not have it. */
export type ReadResource = (path: string) => Promise<Bytes | undefined>;

/** Levels of the tree in one level of tiles. */
const TILE_LEVELS = 8;

/**
 * The consistency path between two sizes of a log, made from its public hash tiles; undefined when the log does not
 * serve them. Nobody has to be trusted for it: a wrong hash makes a path that does not verify.
 */
export async function pathFromTiles(
  sha256: Sha256,
  read: ReadResource,
  from: number,
  to: number,
): Promise<readonly Bytes[] | undefined> {
  const tiles = new Map<string, Bytes>();
  const node: NodeReader = (level, index) => {
    const tile = tileOf(level, index, to);
    const bytes = tiles.get(tilePath(tile));
    if (!bytes) throw new Missing(tile);
    const width = 2 ** (level % TILE_LEVELS);
    const first = (index * width) % TILE_WIDTH;
    const hashes = Array.from({ length: width }, (_, i) =>
      bytes.subarray((first + i) * HASH_SIZE, (first + i + 1) * HASH_SIZE),
    );
    return root(sha256, hashes);
  };
  for (;;) {
    try {
      return consistencyPath(sha256, node, from, to);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      const bytes = await readTile(read, error.tile);
      if (bytes?.length !== error.tile.width * HASH_SIZE) return undefined;
      tiles.set(tilePath(error.tile), bytes);
    }
  }
}

/** A node lies in a tile that was not read yet. */
class Missing extends Error {
  readonly tile: Tile;
  constructor(tile: Tile) {
    super('not read yet');
    this.tile = tile;
  }
}

function tileOf(level: number, index: number, size: number): Tile {
  const tileLevel = Math.floor(level / TILE_LEVELS);
  const at = Math.floor((index * 2 ** (level % TILE_LEVELS)) / TILE_WIDTH);
  return { level: tileLevel, index: at, width: tileWidth(size, tileLevel, at) };
}

/** A tile of its width; where only a wider one is kept any more, the beginning of that. */
async function readTile(read: ReadResource, tile: Tile): Promise<Bytes | undefined> {
  const exact = await read(tilePath(tile));
  if (exact || tile.width === TILE_WIDTH) return exact;
  const full = await read(tilePath({ ...tile, width: TILE_WIDTH }));
  return full?.subarray(0, tile.width * HASH_SIZE);
}
