import { type Bytes, concat } from '../encoding/bytes.ts';

/**
 * The encrypted tap. One byte says what a message on the card is; all but `sealed` belong to the handshake
 * (EDHOC, RFC 9528, method 3, suite 2: the device is Initiator).
 *
 *     reader -> device   [0]             begin
 *     device -> reader   [1] message_1   version, suite, a fresh key: nothing else was shown so far
 *     reader -> device   [2] message_2
 *     device -> reader   [3] message_3
 *     both ways          [4] sealed      one message of the device protocol in a COSE_Encrypt0
 *     reader -> device   [5] proof       that the link credential was issued in the open, in a COSE_Encrypt0
 *     device -> reader   [5]             0 when that is so, or the version of the anchors under which it is not, sealed
 *     device -> reader   [15]            no; the session is over
 */
export const TAP = { begin: 0, one: 1, two: 2, three: 3, sealed: 4, proof: 5, no: 15 } as const;

/** One connection at a time: there is nothing to tell apart, and nothing to recognise anybody by. */
export const CONNECTION = 0;

/** A message on the card: what it is, and its content. */
export const framed = (kind: number, body: Bytes): Bytes => concat(Uint8Array.of(kind), body);
