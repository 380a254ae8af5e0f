import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Channel } from '../protocol/link/station.ts';
import { isTelemetry } from '../protocol/telemetry/telemetry.ts';

/**
 * Splits a device's channel: what it measures goes one way, answers to commands the other, and neither waits for the
 * other here. The channel that comes back carries commands and their answers alone.
 */
export function splitTelemetry(
  channel: Channel,
  telemetry: (message: Bytes) => void,
  left: () => void,
): Channel {
  return {
    send: (frame) => channel.send(frame),
    close: () => channel.close(),
    onMessage: (listener) =>
      channel.onMessage((frame) => (isTelemetry(frame) ? telemetry(frame) : listener(frame))),
    onClose: (listener) =>
      channel.onClose((reason) => {
        left();
        listener(reason);
      }),
  };
}
