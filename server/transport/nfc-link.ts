import { CardRefused, exchangeOverApdus, selectApplet } from '../protocol/link/apdu-exchange.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { type DeviceLink, LinkLost, NO_CHANNEL } from './link.ts';
import type { CardSession } from './station-link.ts';

/**
 * A device on a card reader as a link: SELECTs the applet, then carries each message as chained ENVELOPEs, as it is
 * (tap-link.ts encrypts what goes over it).
 * Rejects with CardRefused when what lies on the reader is not one of our devices, with LinkLost when it went
 * away or did not answer.
 */
export async function openNfcLink(session: CardSession): Promise<DeviceLink> {
  await selectApplet((command) => session.transmit(command));
  return new NfcLink(session);
}

class NfcLink implements DeviceLink {
  readonly kind = 'nfc';
  readonly channel = NO_CHANNEL;
  readonly place: string;
  readonly station: string;
  readonly #session: CardSession;
  readonly #listeners: (() => void)[] = [];
  /** Rejects the exchange under way; also the mark that there is one. */
  #abandon: ((why: LinkLost) => void) | undefined;
  #closed = false;

  constructor(session: CardSession) {
    this.#session = session;
    this.station = session.station;
    this.place = `${session.station}: ${session.reader}`;
    session.onGone(() => this.#lose('the device left the reader'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  async exchange(message: Bytes, timeoutMs: number): Promise<Bytes> {
    if (this.#closed) throw new LinkLost('the link is closed');
    if (this.#abandon) throw new Error('one exchange at a time; the message was not sent');
    const lost = new Promise<never>((_, reject) => {
      this.#abandon = reject;
    });
    const timer = setTimeout(() => this.#lose(`no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      return await Promise.race([exchangeOverApdus((command) => this.#transmit(command), message), lost]);
    } catch (error) {
      // A status word proves nothing about what the device did with a message it has whole.
      const why = error instanceof CardRefused ? new LinkLost(error.message) : error;
      if (why instanceof LinkLost) this.#lose(why.reason);
      throw why;
    } finally {
      clearTimeout(timer);
      this.#abandon = undefined;
    }
  }

  close(): void {
    this.#lose('closed by the gateway');
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  /** Stops an abandoned exchange before its next APDU: half a message never becomes a whole one by itself. */
  async #transmit(command: Bytes): Promise<Bytes> {
    if (this.#closed) throw new LinkLost('the link is closed');
    return this.#session.transmit(command);
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon?.(new LinkLost(reason));
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
