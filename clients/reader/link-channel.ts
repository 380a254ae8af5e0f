import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Channel } from '../../server/protocol/link/station.ts';

/** What is needed of the mutual-TLS link: it reconnects by itself, so it outlives the channels it carries. */
interface Wire {
  send(bytes: Bytes): boolean;
}

/**
 * Turns each connection of a link that comes and goes into a channel of its own. `refused` is called when the
 * station will not listen to the gateway any more.
 */
export function attachable(
  attach: (channel: Channel) => void,
  refused: () => void,
): {
  opened(wire: Wire): void;
  received(bytes: Bytes): void;
  closed(reason: string): void;
} {
  let heard: ((bytes: Bytes) => void) | undefined;
  let ended: ((reason: string) => void) | undefined;
  let current = 0;
  return {
    opened(wire) {
      const mine = ++current;
      attach({
        send(bytes) {
          if (mine === current) wire.send(bytes);
        },
        close: refused,
        onMessage(listener) {
          heard = listener;
        },
        onClose(listener) {
          ended = listener;
        },
      });
    },
    received: (bytes) => heard?.(bytes),
    closed(reason) {
      const listener = ended;
      heard = ended = undefined;
      current++;
      listener?.(reason);
    },
  };
}
