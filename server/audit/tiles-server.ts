import { type Bytes, concat, utf8 } from '../protocol/encoding/bytes.ts';
import { HASH_SIZE } from '../protocol/log/merkle.ts';
import { TILE_WIDTH, encodeBundle, parseTilePath, tileWidth } from '../protocol/log/tiles.ts';
import type { Store } from '../store/store.ts';
import { LogRows } from './log-rows.ts';

/** What a GET below the log's prefix gives. */
export interface TileAnswer {
  readonly status: 200 | 404;
  readonly type: string;
  readonly body: Bytes;
  /** Cache-Control: tiles never change, checkpoints do. */
  readonly cache: string;
  /** Hashes are public; entries are for auditors, and the edge has to see to that. */
  readonly auditorsOnly: boolean;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Entries have personal commitments in them: no shared cache may keep them. */
const PRIVATE = 'private, max-age=31536000, immutable';
const TEXT = 'text/plain; charset=utf-8';

const missing: TileAnswer = {
  status: 404,
  type: TEXT,
  body: utf8('no such resource\n'),
  cache: 'no-store',
  auditorsOnly: false,
};

/**
 * Serves the log as static tiles (C2SP tlog-tiles): `checkpoint`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`.
 * Only what the newest cosigned checkpoint covers is shown. `path` has no leading slash.
 */
export function tilesServer(store: Store): (path: string) => TileAnswer {
  const rows = new LogRows(store);
  return (path) => {
    const cosigned = rows.cosigned();
    if (cosigned === null) return missing;
    if (path === 'checkpoint') {
      return { ...missing, status: 200, body: utf8(cosigned.note), cache: 'no-cache' };
    }
    const tile = parseTilePath(path);
    if (tile === null) return missing;
    const level = tile.level === 'entries' ? 0 : tile.level;
    if (tile.width > tileWidth(cosigned.size, level, tile.index)) return missing;
    const first = tile.index * TILE_WIDTH;
    const type = 'application/octet-stream';
    if (tile.level === 'entries') {
      const body = encodeBundle(rows.entries(first, tile.width).map((entry) => entry.bytes));
      return { status: 200, type, body, cache: PRIVATE, auditorsOnly: true };
    }
    const hashes: Bytes[] = [];
    for (let i = first; i < first + tile.width; i++) hashes.push(hashAt(rows, level * 8, i));
    return { status: 200, type, body: concat(...hashes), cache: IMMUTABLE, auditorsOnly: false };
  };
}

function hashAt(rows: LogRows, level: number, index: number): Bytes {
  const hashes = rows.hashes((index + 1) * 2 ** level - 1);
  const hash = hashes?.subarray(level * HASH_SIZE, (level + 1) * HASH_SIZE);
  if (hash?.length !== HASH_SIZE) throw new RangeError(`hash ${index} of level ${level} is not stored`);
  return hash;
}
