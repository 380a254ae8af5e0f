import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';

/** What `revoked/SERIAL` can name: at most nine digits. */
export const SERIAL = /^[1-9]\d{0,8}$/u;
/** Folders of what is published: people, and who may speak to a device on a card reader. */
export const KINDS = ['credentials', 'links'] as const;

/** The numbers of all that is published, of every kind. */
export const numbersIn = (folder: string): readonly number[] =>
  KINDS.map((kind) => join(folder, 'published', kind))
    .filter((at) => existsSync(at))
    .flatMap((at) =>
      readdirSync(at)
        .filter((name) => name.endsWith('.bin'))
        .map((name) => join(at, name)),
    )
    .map((file) => readCredential(nodeCrypto, new Uint8Array(readFileSync(file))).said.serial);

/**
 * The numbers of everything this authority's key certifies: one row for all kinds, because a revocation list names
 * numbers alone. A number that was given once is never given again, whatever became of what had it.
 */
export class Serials {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'last-serial');
  }

  /**
   * A number nobody has or ever had: durable before anything is signed with it. Throws Error when the file is damaged.
   *
   * @param held numbers of what is published @param revoked numbers that must not come back
   */
  next(held: readonly number[], revoked: readonly number[]): number {
    const gone = new Set(revoked);
    let serial = Math.max(this.#last(), ...held) + 1;
    while (gone.has(serial)) serial += 1;
    if (!SERIAL.test(String(serial)))
      throw new Error('there are no numbers left: begin with a new authority key');
    keepFile(this.#file, utf8(`${serial}\n`));
    return serial;
  }

  #last(): number {
    let said: string;
    try {
      said = readFileSync(this.#file, 'utf8').trim();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
      throw error;
    }
    if (!SERIAL.test(said)) throw new Error(`${this.#file}: expected the last number that was given`);
    return Number(said);
  }
}

/** Numbers that more than one credential has: to revoke one would revoke the other. */
export const sharedSerials = (all: readonly number[]): readonly number[] => [
  ...new Set(all.filter((serial, i) => all.indexOf(serial) !== i)),
];
