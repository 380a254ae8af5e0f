import type { Channel } from '../../../server/protocol/link/station.ts';

/** Two ends of one channel in memory. Frames are copied, arrive in order and never within send(). */
export function channelPair(): [Channel, Channel] {
  const listeners: ((frame: Uint8Array) => void)[] = [];
  const closers: ((reason: string) => void)[] = [];
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    for (const each of [0, 1]) closers[each]?.('closed');
  };
  const end = (mine: 0 | 1): Channel => ({
    send(frame) {
      const copy = frame.slice();
      if (!open) return;
      setImmediate(() => {
        if (open) listeners[1 - mine]?.(copy);
      });
    },
    close,
    onMessage(listener) {
      listeners[mine] = listener;
    },
    onClose(listener) {
      closers[mine] = listener;
    },
  });
  return [end(0), end(1)];
}
