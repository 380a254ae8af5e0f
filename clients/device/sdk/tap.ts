import type { TapCrypto } from '../../../server/protocol/edhoc/primitives.ts';
import { TapEnd } from '../../../server/protocol/tap/device-end.ts';
import type { AppletBehaviour } from '../../../server/protocol/link/applet.ts';
import type { Device } from './device.ts';

/** What a device does behind its antenna: nothing in the clear, and each selection begins anew. */
export function tapOf(device: Pick<Device, 'air' | 'handle'>, crypto: TapCrypto): AppletBehaviour {
  const end = new TapEnd({
    crypto,
    ...device.air,
    answer: (message, contact) => device.handle(message, contact),
  });
  return {
    onSelect: () => end.reset(),
    onMessage: (message) => end.receive(message),
    onPowerLoss: () => end.reset(),
  };
}
