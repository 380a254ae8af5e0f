import { dirname, join } from 'node:path';
import { virtualCard, type VirtualCard } from './virtual-card.ts';

/** What a card answers that has no application of ours (ISO 7816-4: file or application not found). */
const NOT_FOUND = Uint8Array.of(0x6a, 0x82);

/** SIMULATION ONLY. Somebody's badge, to be laid at the second reader of the station, beside the implant. */
export const badgeBeside = (cardSocket: string): VirtualCard =>
  virtualCard(join(dirname(cardSocket), 'beside.sock'), {
    process: () => Promise.resolve(NOT_FOUND),
    powerLoss: () => undefined,
  });

/** SIMULATION ONLY: the words by which the badge comes and goes. */
export function playBadge(badge: VirtualCard, said: unknown): void {
  if (said === 'lay-badge') badge.insert().catch(() => undefined); // this station has one reader only
  if (said === 'take-badge') badge.remove();
}
