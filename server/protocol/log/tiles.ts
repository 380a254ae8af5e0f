import { type Bytes, concat } from '../encoding/bytes.ts';

/** Hashes in a full tile (C2SP tlog-tiles): eight levels of the tree. */
export const TILE_WIDTH = 256;
/** A log entry's length is a uint16 in an entry bundle. */
export const MAX_ENTRY = 65_535;
/** 2^40 leaves need tile levels 0 to 4; the specification allows up to 63. */
const MAX_TILE_LEVEL = 5;

/** One resource of a tiled log: hashes of tile level `level`, or entries; `width` below 256 is a partial tile. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Path of a tile below the log's prefix: `tile/0/x001/x234/067`, `tile/entries/000.p/17`. Throws RangeError. */
export function tilePath({ level, index, width }: Tile): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError('a tile index is a whole number');
  if (!Number.isSafeInteger(width) || width < 1 || width > TILE_WIDTH)
    throw new RangeError('no such tile width');
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift((groups.length === 0 ? '' : 'x') + String(rest % 1000).padStart(3, '0'));
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads a tile path; null for anything that `tilePath` would not print. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return null;
  const level = match[1] === 'entries' ? 'entries' : Number(match[1]);
  if (level !== 'entries' && level > MAX_TILE_LEVEL) return null;
  const index = Number((match[2] ?? '').replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  if (width < 1 || width > TILE_WIDTH) return null;
  const tile: Tile = { level, index, width };
  return tilePath(tile) === path ? tile : null;
}

/** How many hashes tile `index` of tile level `level` has in a tree of `size` leaves: 0 to 256. */
export function tileWidth(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(Math.max(hashes - index * TILE_WIDTH, 0), TILE_WIDTH);
}

/** Entry bundle: each entry after its length as a big-endian uint16. Throws RangeError on too long an entry. */
export function encodeBundle(entries: readonly Bytes[]): Bytes {
  const parts: Bytes[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY) throw new RangeError('a log entry has at most 65,535 bytes');
    parts.push(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return concat(...parts);
}

/** Entries of a bundle; throws RangeError when it is cut off, or holds more than 256. */
export function decodeBundle(bytes: Bytes): Bytes[] {
  const entries: Bytes[] = [];
  for (let at = 0; at < bytes.length;) {
    const high = bytes[at];
    const low = bytes[at + 1];
    if (high === undefined || low === undefined) throw new RangeError('an entry bundle is cut off');
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) throw new RangeError('an entry bundle is cut off');
    if (entries.length === TILE_WIDTH) throw new RangeError('an entry bundle has at most 256 entries');
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
