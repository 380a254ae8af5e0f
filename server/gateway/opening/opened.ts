import type { Bedside } from '../../broker/bedside.ts';
import { reconcile, type ReconcileParts } from '../../broker/reconcile.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { LinkLost } from '../../transport/link.ts';
import type { ReaderRoom } from '../desks/reader-room.ts';

/** What opening a device takes. */
export interface Opening {
  readonly crypto: Crypto;
  readonly now: () => number;
  readonly reconcile: ReconcileParts;
  readonly rooms: { readonly readers: Pick<ReaderRoom, 'demandReader'> };
}

/**
 * Reads a device, fetches what the log missed of it, and gives its attestation. A device that goes away in the middle is
 * refused as one, with E_LINK: it is nobody's mistake, and ends nobody's stream.
 */
export async function opened(bedside: Bedside, parts: Opening, session: Session): Promise<Bytes> {
  parts.rooms.readers.demandReader(session, bedside);
  try {
    const seen = await bedside.open(parts.crypto, parts.now);
    await reconcile(bedside, seen, parts.reconcile);
    return seen.bytes;
  } catch (error) {
    if (error instanceof LinkLost) throw new Refusal('E_LINK', 'the device went away while it was read');
    throw error;
  }
}
