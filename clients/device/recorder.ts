import { appendFileSync, writeFileSync } from 'node:fs';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import type { Contact } from './sdk/parts.ts';

/** Whatever answers messages. */
export interface Answering {
  handle(message: Bytes, contact: Contact): Promise<Bytes>;
}

/**
 * Writes down what a device was asked and what it answered, one line of JSON each, for whoever builds it. The messages
 * hold settings: on a bench, never with a patient.
 */
export class Recorder {
  readonly #file: string;
  readonly #now: () => number;

  /** @param now unix ms */
  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
    writeFileSync(file, '', { mode: 0o600 });
  }

  /** The same device, written down. */
  around(device: Answering): Answering {
    return {
      handle: async (message, contact) => {
        const answer = await device.handle(message, contact);
        this.#write({ time: this.#now(), sent: hex(message), got: hex(answer) });
        return answer;
      },
    };
  }

  #write(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
