import type { WebSocket } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { isTelemetry } from '../../../server/protocol/telemetry/telemetry.ts';
import { ANSWER_MS, type Contact, Lost, SILENCE_MS } from './contact.ts';

/** A device that dialled in: binary messages, one answer each. */
export function websocketContact(socket: WebSocket): Contact {
  let waiting: ((answer: Bytes | Lost) => void) | undefined;
  let unasked: Bytes | undefined;
  socket.on('message', (data, isBinary) => {
    if (!Buffer.isBuffer(data)) return;
    const bytes = new Uint8Array(data);
    if (isTelemetry(bytes)) return; // what a device measures comes unasked, and answers nothing
    if (!isBinary) waiting?.(new Lost('the device sent text; only binary messages exist here'));
    else if (waiting) waiting(bytes);
    else unasked = bytes;
  });
  socket.on('close', () => waiting?.(new Lost('the device closed the connection')));

  const answer = (send: () => void, withinMs: number): Promise<Bytes | Lost> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => settle(new Lost(`no answer within ${withinMs / 1000} s`)), withinMs);
      const settle = (value: Bytes | Lost): void => {
        clearTimeout(timer);
        waiting = undefined;
        resolve(value);
      };
      waiting = settle;
      send();
    });
  return {
    kind: 'websocket',
    channel: new Uint8Array(32),
    get closed() {
      return socket.readyState !== socket.OPEN;
    },
    close: () => socket.terminate(),
    async exchange(message) {
      if (socket.readyState !== socket.OPEN) throw new Lost('the device is not connected');
      unasked = undefined;
      const got = await answer(() => socket.send(message), ANSWER_MS);
      if (got instanceof Lost) throw got;
      return got;
    },
    async raw(what) {
      const got = await answer(() => socket.send(what, { binary: typeof what !== 'string' }), SILENCE_MS);
      return got instanceof Lost ? unasked : got;
    },
  };
}
