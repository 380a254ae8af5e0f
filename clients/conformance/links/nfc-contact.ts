import { CardRefused, exchangeOverApdus, selectApplet } from '../../../server/protocol/link/apdu-exchange.ts';
import type { Proof } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Identity } from '../../../server/protocol/edhoc/handshake.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { openTap } from '../../../server/protocol/tap/reader-end.ts';
import { tapCrypto } from '../../common/process/tap-crypto.ts';
import { type Contact, Lost } from './contact.ts';
import type { StationEnd } from './station-end.ts';

/** Longest wait for a device to be laid on the reader. */
const CARD_MS = 20_000;

/** A device on a card reader, behind an encrypted tap that the kit began as `identity`, certified in the open by `proof`. */
export async function nfcContact(station: StationEnd, identity: Identity, proof: Proof): Promise<Contact> {
  await station.card(CARD_MS);
  const transmit = (command: Bytes): Promise<Bytes> => station.transmit(command);
  const carry = (message: Bytes): Promise<Bytes> => exchangeOverApdus(transmit, message);
  await selectApplet(transmit);
  const tap = await openTap(tapCrypto, identity, carry);
  if ((await tap.prove(proof)) !== undefined)
    throw new Lost('it does not believe a link credential whose issuance is in the log');
  let closed = false;
  return {
    kind: 'nfc',
    channel: tap.channel,
    get closed() {
      return closed || !station.present;
    },
    close: () => {
      closed = true;
    },
    async exchange(message) {
      try {
        return await tap.exchange(message);
      } catch (error) {
        closed = true;
        if (error instanceof Refusal || error instanceof CardRefused) throw new Lost(error.message);
        throw error;
      }
    },
    /** Bytes on the card that are no sealed message: what it answers, status words left out. */
    async raw(what) {
      closed = true;
      try {
        return await carry(typeof what === 'string' ? new TextEncoder().encode(what) : what);
      } catch (error) {
        if (error instanceof CardRefused || error instanceof Lost) return undefined;
        throw error;
      }
    },
  };
}
