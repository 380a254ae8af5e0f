import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../../server/protocol/log/tiles.ts';
import type { ReadTile } from '../../server/protocol/verify/pin.ts';
import { DamagedEntries } from '../../server/protocol/verify-log.ts';
import type { ReadResource } from '../common/evidence/consistency.ts';

export type { ReadResource };

/** A bundle of 256 entries of at most 65,535 bytes and their lengths. */
const MAX_RESOURCE = TILE_WIDTH * (2 + 65_535);
/** A log on the same network answers in milliseconds; a dead one should not keep a person waiting. */
const FETCH_MS = 15_000;

/**
 * A log in a folder, as static storage holds it (C2SP tlog-tiles). Read at once: nobody else waits in this process, and
 * a tile takes less time than handing it to another thread and back.
 */
export const folderLog =
  (folder: string): ReadResource =>
  async (path) => {
    const file = join(folder, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return undefined;
    if (found.size > MAX_RESOURCE) throw new DamagedEntries(`${path} is too long`);
    const bytes = readFileSync(file);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
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

/**
 * Every entry of a log of `size` entries, in order and bundle by bundle from bundle `first` on, until one is missing. The
 * next bundle is under way while one is worked on. Throws DamagedEntries.
 */
export async function* readEntries(
  read: ReadResource,
  size: number,
  first = 0,
): AsyncGenerator<readonly Bytes[]> {
  const fetch = (index: number): Promise<Bytes | undefined> | undefined => {
    const width = tileWidth(size, 0, index);
    const coming = width === 0 ? undefined : readTile(read, 'entries', index, width);
    // It is awaited in its turn, or by nobody when the reader has seen enough.
    coming?.catch(() => undefined);
    return coming;
  };
  let coming = fetch(first);
  for (let index = first; coming !== undefined; index++) {
    const bytes = await coming;
    if (bytes === undefined) return;
    coming = fetch(index + 1);
    yield entriesIn(bytes, index).slice(0, tileWidth(size, 0, index));
  }
}

function entriesIn(bytes: Bytes, index: number): readonly Bytes[] {
  try {
    return decodeBundle(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DamagedEntries(`bundle ${index}: ${error.message}`);
  }
}

/** The published leaf hashes of a log of `size` entries, by hash tile of level 0. */
export const hashTiles =
  (read: ReadResource, size: number): ReadTile =>
  async (index) => {
    const width = tileWidth(size, 0, index);
    return width === 0 ? undefined : readTile(read, 0, index, width);
  };

/** A tile; where only the full one is kept any more, the full one, which begins with the partial one. */
async function readTile(read: ReadResource, level: 0 | 'entries', index: number, width: number) {
  const partial = await read(tilePath({ level, index, width }));
  if (partial !== undefined || width === TILE_WIDTH) return partial;
  return read(tilePath({ level, index, width: TILE_WIDTH }));
}
