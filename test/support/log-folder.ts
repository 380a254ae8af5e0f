import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bytes, concat, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { leafHash, root } from '../../server/protocol/log/merkle.ts';
import { encodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../../server/protocol/log/tiles.ts';
import { nodeCrypto } from './keys.ts';

/** What a static log serves: checkpoint, entry bundles, hash tiles of level 0. */
export interface PublishedLog {
  readonly checkpoint: string;
  readonly entries: readonly Bytes[];
  /** Published leaf hashes; those of the entries unless given. */
  readonly hashes?: readonly Bytes[];
}

/** Writes a log as static storage holds it (C2SP tlog-tiles), as it is: tampered logs too. Hash tiles of every level. */
export function writeLog(folder: string, { checkpoint, entries, hashes }: PublishedLog): void {
  const leaves = hashes ?? entries.map((entry) => leafHash(nodeCrypto.sha256, entry));
  const put = (path: string, bytes: Bytes): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  put('checkpoint', utf8(checkpoint));
  for (let index = 0; index * TILE_WIDTH < leaves.length; index++) {
    const width = tileWidth(leaves.length, 0, index);
    const from = index * TILE_WIDTH;
    put(tilePath({ level: 'entries', index, width }), encodeBundle(entries.slice(from, from + width)));
  }
  // Each level of tiles has the roots of the full tiles of the level below.
  for (let level = 0, hashes = leaves; hashes.length > 0; level++) {
    const above: Bytes[] = [];
    for (let from = 0; from < hashes.length; from += TILE_WIDTH) {
      const tile = hashes.slice(from, from + TILE_WIDTH);
      put(tilePath({ level, index: from / TILE_WIDTH, width: tile.length }), concat(...tile));
      if (tile.length === TILE_WIDTH) above.push(root(nodeCrypto.sha256, tile));
    }
    hashes = above;
  }
}
