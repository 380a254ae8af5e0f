import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Proof } from '../../../server/protocol/bundle.ts';
import { type Bytes, concat } from '../../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { encodeEntry, type Entry } from '../../../server/protocol/log/entry.ts';
import { inclusionPath, leafHash, nodeHash, treeRoot } from '../../../server/protocol/log/merkle.ts';
import { cosign, formatCheckpoint, formatNote, signNote } from '../../../server/protocol/log/note.ts';
import {
  decodeBundle,
  encodeBundle,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from '../../../server/protocol/log/tiles.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';

const { sha256 } = nodeCrypto;

export interface LogKeys {
  readonly origin: string;
  readonly log: Signer;
  readonly witnessName: string;
  readonly witness: Signer;
}

/**
 * The kit's log and its witness in one: every command, credential and statement of every run stands in it. On disk
 * it is an ordinary tiled log, which `countersign verify` reads.
 */
export class KitLog {
  readonly keys: LogKeys;
  readonly #entries: Bytes[] = [];
  readonly #nodes = new Map<string, Bytes>();

  constructor(keys: LogKeys) {
    this.keys = keys;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Appends an entry and gives its index. */
  append(entry: Entry): number {
    return this.#entries.push(encodeEntry(entry)) - 1;
  }

  /** The checkpoint over everything so far, cosigned at `time` (unix s); `null` leaves the witness out. */
  async checkpoint(time: number | null, size = this.size): Promise<string> {
    const { origin, log, witnessName, witness } = this.keys;
    const body = formatCheckpoint({ origin, size, root: treeRoot(sha256, this.#node, size) });
    const signatures = [await signNote(sha256, body, origin, log)];
    if (time !== null) signatures.push(await cosign(sha256, body, witnessName, witness, time));
    return formatNote({ body, signatures });
  }

  /** Proof of an entry under a checkpoint that the witness saw at `time` (unix s); `null` leaves the witness out. */
  async proof(index: number, time: number | null): Promise<Proof> {
    const entry = this.#entries[index];
    if (!entry) throw new RangeError('no such entry');
    const path = inclusionPath(sha256, this.#node, index, this.size);
    return { entry, index, path, checkpoint: await this.checkpoint(time) };
  }

  /** The same entries under other keys: a log that nobody under test believes in. */
  under(keys: Partial<LogKeys>): KitLog {
    const other = new KitLog({ ...this.keys, ...keys });
    other.#entries.push(...this.#entries);
    return other;
  }

  /** Reads the entries of earlier runs. Throws Error when they cannot be read whole. */
  load(folder: string): void {
    if (!existsSync(join(folder, 'checkpoint'))) return;
    const size = Number(readFileSync(join(folder, 'checkpoint'), 'utf8').split('\n')[1]);
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const file = tilePath({ level: 'entries', index, width: tileWidth(size, 0, index) });
      this.#entries.push(...decodeBundle(new Uint8Array(readFileSync(join(folder, file)))));
    }
  }

  /** Writes the log, its checkpoint last: what the checkpoint promises is there. */
  async save(folder: string, time: number): Promise<void> {
    const size = this.size;
    const write = (path: string, bytes: Bytes | string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    };
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const part = this.#entries.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      write(tilePath({ level: 'entries', index, width: part.length }), encodeBundle(part));
    }
    for (let level = 0; tileWidth(size, level, 0) > 0; level++) {
      for (let index = 0; tileWidth(size, level, index) > 0; index++) {
        const width = tileWidth(size, level, index);
        const first = index * TILE_WIDTH;
        const hashes = Array.from({ length: width }, (_, i) => this.#node(8 * level, first + i));
        write(tilePath({ level, index, width }), concat(...hashes));
      }
    }
    write('checkpoint', await this.checkpoint(time));
  }

  readonly #node = (level: number, index: number): Bytes => {
    const name = `${level}/${index}`;
    const known = this.#nodes.get(name);
    if (known) return known;
    const node =
      level === 0
        ? leafHash(sha256, this.#entries[index] ?? new Uint8Array())
        : nodeHash(sha256, this.#node(level - 1, 2 * index), this.#node(level - 1, 2 * index + 1));
    this.#nodes.set(name, node);
    return node;
  };
}
