import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { keepFile } from '../../common/process/keep-file.ts';

/** A station that was alone for months may have been used this often; beyond it the door says so and acts all the same. */
const MAX_KEPT = 1_000;

/** Records of what was done here while nobody listened, each in a file, until the gateway has it in its log. */
export class KeptReceipts {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Resolves nothing: when this returns, the record survives a power cut. */
  keep(record: Bytes): void {
    if (this.#names().length >= MAX_KEPT) throw new Error('too many records wait for the gateway');
    keepFile(join(this.#folder, `${hex(nodeCrypto.sha256(record))}.bin`), record);
  }

  /** Those that no gateway has confirmed. */
  waiting(): readonly Bytes[] {
    return this.#names().map((name) => new Uint8Array(readFileSync(join(this.#folder, name))));
  }

  /** The gateway has it in its log. */
  confirmed(digest: Bytes): void {
    rmSync(join(this.#folder, `${hex(digest)}.bin`), { force: true });
  }

  #names(): readonly string[] {
    return readdirSync(this.#folder).filter((name) => /^[0-9a-f]{64}\.bin$/u.test(name));
  }
}
