import type { Bytes } from '../encoding/bytes.ts';

/** What a screen asks for: these devices (all it may see, when there are none), with waveforms or without. */
export interface MonitorWish {
  readonly devices: readonly Bytes[];
  readonly waves: boolean;
}

/** Devices that one screen follows at most. */
export const MAX_MONITORED = 64;
