import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../server/protocol/bytes.ts';
import { HASH_SIZE } from '../../server/protocol/merkle.ts';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../../server/protocol/tiles.ts';
import { DamagedEntries } from '../../server/protocol/verify-log.ts';
import type { ReadResource } from '../common/evidence/consistency.ts';

export type { ReadResource };

/** A bundle of 256 entries of at most 65,535 bytes and their lengths. */
const MAX_RESOURCE = TILE_WIDTH * (2 + 65_535);
/** A log on the same network answers in milliseconds; a dead one should not keep a person waiting. */
const FETCH_MS = 15_000;

/** A log in a folder, as static storage holds it (C2SP tlog-tiles). */
export const folderLog =
  (folder: string): ReadResource =>
  async (path) => {
    const file = join(folder, path);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    if (found.size > MAX_RESOURCE) throw new DamagedEntries(`${path} is too long`);
    return new Uint8Array(await readFile(file));
  };

/** A log behind an http(s) prefix. Throws with a plain reason when the server does not answer as a log would. */
export const httpLog =
  (prefix: string): ReadResource =>
  async (path) => {
    const url = `${prefix.replace(/\/+$/, '')}/${path}`;
    const signal = AbortSignal.timeout(FETCH_MS);
    const { address, host } = dialled(url);
    const headers = host === undefined ? {} : { host };
    const response = await fetch(address, { signal, redirect: 'error', headers }).catch((error: unknown) => {
      throw new Error(`${url} does not answer: ${reasonOf(error)}`);
    });
    if (response.status === 404) return undefined;
    if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.length;
      if (size > MAX_RESOURCE) throw new DamagedEntries(`${path} is too long`);
      parts.push(part);
    }
    return new Uint8Array(Buffer.concat(parts));
  };

/** Names below `localhost` are this machine (RFC 6761); not every resolver knows. */
function dialled(url: string): { readonly address: string; readonly host: string | undefined } {
  const to = new URL(url);
  if (!to.hostname.endsWith('.localhost')) return { address: url, host: undefined };
  const { host } = to;
  to.hostname = '127.0.0.1';
  return { address: to.href, host };
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
};

/** Every entry of a log of `size` entries, in order, until a bundle is missing. Throws DamagedEntries. */
export async function* readEntries(read: ReadResource, size: number): AsyncGenerator<Bytes> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidth(size, 0, index);
    const bytes = await readTile(read, 'entries', index, width);
    if (bytes === undefined) return;
    let entries: readonly Bytes[];
    try {
      entries = decodeBundle(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DamagedEntries(`bundle ${index}: ${error.message}`);
    }
    yield* entries.slice(0, width);
  }
}

/** The published leaf hash of an entry, from the hash tiles of level 0; keeps the last tiles it read. */
export function leafHashes(read: ReadResource, size: number): (index: number) => Promise<Bytes | undefined> {
  const tiles = new Map<number, Bytes | undefined>();
  return async (index) => {
    if (index >= size) return undefined;
    const tile = Math.floor(index / TILE_WIDTH);
    if (!tiles.has(tile)) {
      tiles.set(tile, await readTile(read, 0, tile, tileWidth(size, 0, tile)));
      // The entry being checked, the one before and the one after are never further apart than this.
      tiles.delete(tile - 2);
    }
    const at = (index % TILE_WIDTH) * HASH_SIZE;
    const hash = tiles.get(tile)?.slice(at, at + HASH_SIZE);
    return hash?.length === HASH_SIZE ? hash : undefined;
  };
}

/** A tile; where only the full one is kept any more, the full one, which begins with the partial one. */
async function readTile(read: ReadResource, level: 0 | 'entries', index: number, width: number) {
  const partial = await read(tilePath({ level, index, width }));
  if (partial !== undefined || width === TILE_WIDTH) return partial;
  return read(tilePath({ level, index, width: TILE_WIDTH }));
}
