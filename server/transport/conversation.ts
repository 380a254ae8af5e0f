import { type Answer, encodeRequest, parseAnswer, type Request } from '../protocol/wire.ts';
import { type DeviceLink, LinkLost } from './link.ts';

/** A device that can be asked: requests wait for each other, because a link carries one exchange at a time. */
export class Conversation {
  readonly link: DeviceLink;
  readonly #timeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(link: DeviceLink, timeoutMs: number) {
    this.link = link;
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
    try {
      return parseAnswer(bytes);
    } catch {
      this.link.close();
      throw new LinkLost('the device answered with something that is not an answer');
    }
  }
}
