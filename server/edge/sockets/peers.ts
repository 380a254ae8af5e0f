import { Refusal } from '../../protocol/refusal.ts';
import type { EdgeLog } from '../edge-log.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { ChannelHost, SocketChannel } from './socket-channel.ts';

/** WebSocket close codes of our own (RFC 6455 section 7.4.2). */
const DUPLICATE = 4409;
const REVOKED = 4403;

/** The channels that are open, one for each name. */
export class Peers implements ChannelHost {
  readonly log: EdgeLog;
  readonly #max: number;
  readonly #heartbeat: Heartbeat;
  readonly #open = new Map<string, SocketChannel>();

  constructor(max: number, heartbeat: Heartbeat, log: EdgeLog) {
    this.#max = max;
    this.#heartbeat = heartbeat;
    this.log = log;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws Refusal E_RATE when all places are taken and none of them is this peer's own. */
  expectRoom(name: string): void {
    if (this.#open.size >= this.#max && !this.#open.has(name))
      throw new Refusal('E_RATE', 'all places are taken');
  }

  /**
   * The newest connection wins: the old one is often dead and not yet noticed, and both showed the same key. The
   * old channel has told its listener of its end when this returns. True when there was an old one.
   */
  add(channel: SocketChannel): boolean {
    const old = this.#open.get(channel.name);
    this.#open.set(channel.name, channel);
    this.#heartbeat.add(channel);
    old?.end('replaced by a newer connection', DUPLICATE);
    return old !== undefined;
  }

  gone(channel: SocketChannel): void {
    this.#heartbeat.remove(channel);
    if (this.#open.get(channel.name) === channel) this.#open.delete(channel.name);
  }

  /** Ends the channels whose certificate is not known any more. */
  recheck(isKnown: (fingerprint: string) => boolean): void {
    for (const channel of this.#open.values())
      if (!isKnown(channel.fingerprint)) channel.end('its certificate is not known any more', REVOKED);
  }

  closeAll(code: number): void {
    for (const channel of this.#open.values()) channel.close(code);
  }
}
