import type { Proof } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { encodeEntry, type Entry } from '../../server/protocol/log/entry.ts';
import { type ManyProof, proveMany } from '../../server/protocol/log/many-proof.ts';
import {
  consistencyPath,
  inclusionPath,
  leafHash,
  type NodeReader,
  root,
} from '../../server/protocol/log/merkle.ts';
import {
  cosign,
  encodeVkey,
  formatCheckpoint,
  formatNote,
  LOG_KEY,
  signNote,
  WITNESS_KEY,
} from '../../server/protocol/log/note.ts';
import { nodeCrypto, testSigner } from './keys.ts';

const { sha256 } = nodeCrypto;

/** A log with one witness, in memory. `name` decides origin and keys, so another name is a foreign log. */
export class TestLog {
  readonly entries: Bytes[] = [];
  readonly origin: string;
  readonly vkey: string;
  readonly witnessVkey: string;
  readonly #name: string;
  readonly #witness: string;

  constructor(name = 'log', witness = 'witness') {
    this.#name = name;
    this.#witness = witness;
    this.origin = `${name}.countersign.test`;
    this.vkey = encodeVkey(sha256, this.origin, LOG_KEY, testSigner(name, ALGORITHM.EdDSA).key.raw);
    const key = testSigner(witness, ALGORITHM.EdDSA).key.raw;
    this.witnessVkey = encodeVkey(sha256, `${witness}.test`, WITNESS_KEY, key);
  }

  /** Appends an entry and gives its index. */
  append(entry: Entry): number {
    return this.entries.push(encodeEntry(entry)) - 1;
  }

  root(size = this.entries.length): Bytes {
    return root(sha256, this.#leaves(size));
  }

  /** The checkpoint over the first `size` entries, signed, and cosigned at `time` (unix s). */
  async checkpoint(time: number, size = this.entries.length): Promise<string> {
    const body = formatCheckpoint({ origin: this.origin, size, root: this.root(size) });
    const log = testSigner(this.#name, ALGORITHM.EdDSA);
    const witness = testSigner(this.#witness, ALGORITHM.EdDSA);
    const signatures = [
      await signNote(sha256, body, this.origin, log),
      await cosign(sha256, body, `${this.#witness}.test`, witness, time),
    ];
    return formatNote({ body, signatures });
  }

  /** Proof of entry `index` under the checkpoint over the first `size` entries. */
  async proof(index: number, time: number, size = this.entries.length): Promise<Proof> {
    const entry = this.entries[index];
    if (!entry) throw new RangeError('no such entry');
    const path = inclusionPath(sha256, this.#node(size), index, size);
    return { entry, index, path, checkpoint: await this.checkpoint(time, size) };
  }

  /** One proof of many entries under the checkpoint over all of them. */
  proveMany(indexes: readonly number[], size = this.entries.length): ManyProof {
    return proveMany(sha256, this.#node(size), indexes, size);
  }

  /** Consistency path between two sizes. */
  pathBetween(from: number, to: number): readonly Bytes[] {
    return consistencyPath(sha256, this.#node(to), from, to);
  }

  #leaves(size: number): Bytes[] {
    return this.entries.slice(0, size).map((entry) => leafHash(sha256, entry));
  }

  #node(size: number): NodeReader {
    const leaves = this.#leaves(size);
    return (level, index) => root(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  }
}
