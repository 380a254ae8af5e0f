import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../protocol/link/wire.ts';
import { type DeviceLink, LinkLost } from './link.ts';

/** A device that can be asked: requests wait for each other, because a link carries one exchange at a time. */
export class Conversation {
  readonly link: DeviceLink;
  readonly #timeoutMs: number;
  readonly #unread: ((refusal: Refusal, answer: Bytes) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** The bytes of the last answer, whatever they are. */
  lastAnswer: Bytes | undefined;

  /** @param unread told of an answer that does not parse, before its link is lost */
  constructor(link: DeviceLink, timeoutMs: number, unread?: (refusal: Refusal, answer: Bytes) => void) {
    this.link = link;
    this.#unread = unread;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks once. Rejects with LinkLost when no answer came, or one that does not parse: it proves nothing. */
  ask(request: Request): Promise<Answer> {
    const answer = this.#last.then(() => this.#exchange(request));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #exchange(request: Request): Promise<Answer> {
    const bytes = await this.link.exchange(encodeRequest(request), this.#timeoutMs);
    this.lastAnswer = bytes;
    try {
      return parseAnswer(bytes);
    } catch (error) {
      if (error instanceof Refusal) this.#unread?.(error, bytes);
      this.link.close();
      throw new LinkLost('the device answered with something that is not an answer');
    }
  }
}
