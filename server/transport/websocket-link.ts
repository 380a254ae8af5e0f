import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Channel } from '../protocol/link/station.ts';
import { type DeviceLink, LinkLost, NO_CHANNEL } from './link.ts';

/** A device on its own mutual-TLS WebSocket: one frame out, one frame back, in order. */
export function webSocketLink(
  channel: Channel,
  place: string,
  /** Told of a message that nobody asked for, before the link is lost. */
  unasked?: (frame: Bytes) => void,
): DeviceLink {
  const listeners: (() => void)[] = [];
  let waiting: { resolve: (answer: Bytes) => void; reject: (why: LinkLost) => void } | undefined;
  let closed = false;

  const lose = (reason: string): void => {
    if (closed) return;
    closed = true;
    waiting?.reject(new LinkLost(reason));
    waiting = undefined;
    channel.close();
    for (const listener of listeners) listener();
  };

  channel.onMessage((frame) => {
    const answered = waiting;
    waiting = undefined;
    if (answered) return answered.resolve(frame);
    unasked?.(frame);
    lose('a message that nobody asked for');
  });
  channel.onClose(lose);

  return {
    kind: 'websocket',
    place,
    channel: NO_CHANNEL,
    exchange(message, timeoutMs) {
      if (closed) return Promise.reject(new LinkLost('the link is closed'));
      if (waiting) return Promise.reject(new Error('one exchange at a time; the message was not sent'));
      return new Promise<Bytes>((resolve, reject) => {
        const timer = setTimeout(() => lose(`no answer within ${timeoutMs} ms`), timeoutMs);
        const done =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        waiting = { resolve: done(resolve), reject: done(reject) };
        channel.send(message);
      });
    },
    get closed() {
      return closed;
    },
    close: () => lose('closed by the gateway'),
    onClose(listener) {
      if (closed) listener();
      else listeners.push(listener);
    },
  };
}
