import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { Telemetry } from '../../clients/device/sdk/telemetry.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { isTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import type { TestWard } from '../support/ward.ts';
import type { DeviceName } from '../support/ward-device.ts';

/** A device of the ward, reporting over its own link: commands and measurements on one channel. */
export function reporting(
  ward: TestWard,
  name: DeviceName,
): { readonly telemetry: Telemetry; raw(message: Bytes): void; cut(): void; again(): void } {
  const { device, id, identity } = ward.device(name);
  let receive: (frame: Bytes) => void = () => undefined;
  let closed: (reason: string) => void = () => undefined;
  let open = true;
  const started = performance.now();
  const telemetry: Telemetry = new Telemetry({
    device: unhex(id),
    identity,
    crypto: nodeCrypto,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    now: () => ward.now(),
    uptime: () => performance.now() - started,
    send: (message) => {
      if (open) receive(message);
      return open;
    },
  });
  const contact = { kind: 'websocket', channel: new Uint8Array(32) } as const;
  const dial = (): void => {
    open = true;
    ward.contacts.onDevice(id, {
      send(frame) {
        if (isTelemetry(frame)) queueMicrotask(() => telemetry.handle(frame));
        else void device.handle(frame, contact).then((answer) => receive(answer));
      },
      close: () => undefined,
      onMessage: (listener) => (receive = listener),
      onClose: (listener) => (closed = listener),
    });
    telemetry.linkUp();
  };
  dial();
  return {
    telemetry,
    raw: (message) => receive(message),
    again: dial,
    cut() {
      open = false;
      telemetry.linkDown();
      closed('cut');
    },
  };
}
