import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';

/** Keeps messages as they travelled, one line of JSON for each exchange, for `countersign refusals`. */
export class Trace {
  readonly #file: string | undefined;
  readonly #now: () => number;

  /** @param file undefined keeps nothing */
  constructor(file: string | undefined, now: () => number) {
    this.#file = file;
    this.#now = now;
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '', { mode: 0o600 });
  }

  write({ sent, got }: { readonly sent: Bytes; readonly got: Bytes | undefined }): void {
    if (this.#file === undefined) return;
    const line = { time: this.#now(), sent: hex(sent), got: got ? hex(got) : '' };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
