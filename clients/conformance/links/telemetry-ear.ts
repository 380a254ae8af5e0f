import type { WebSocket } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { isTelemetry } from '../../../server/protocol/telemetry/telemetry.ts';

/** Listens to what a device sends by itself over one connection, from its first word on. */
export class TelemetryEar {
  readonly #socket: WebSocket;
  /** Everything so far, oldest first. */
  readonly heard: Bytes[] = [];
  #woken: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary || !Buffer.isBuffer(data)) return;
      const message = new Uint8Array(data);
      if (!isTelemetry(message)) return;
      this.heard.push(message);
      this.#woken?.();
    });
    socket.on('close', () => this.#woken?.());
  }

  /** Is this the connection that it listens to? */
  hears(socket: WebSocket): boolean {
    return socket === this.#socket;
  }

  /** What `found` gives, as soon as it gives something; undefined when it does not in time, or the device left. */
  async until<T>(found: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const end = Date.now() + withinMs;
    for (;;) {
      const value = found();
      const left = end - Date.now();
      if (value !== undefined || left <= 0 || this.#socket.readyState !== this.#socket.OPEN) return value;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#woken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Says something about telemetry to the device. */
  tell(message: Bytes): void {
    this.#socket.send(message);
  }
}
