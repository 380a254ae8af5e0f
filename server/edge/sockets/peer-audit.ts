import type { RefusalCode } from '../../protocol/refusal.ts';
import { Bucket } from '../admission.ts';

/** What an auditor wants to know of the devices' door. */
export type PeerEvent =
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly address: string;
      /** SHA-256 of the certificate, where one was shown. */
      readonly fingerprint: string | undefined;
    }
  | {
      readonly kind: 'tls-failed';
      /** Not known for a certificate that did not verify: Node has closed the socket by then. */
      readonly address: string | undefined;
      /** Code of OpenSSL or Node, as in `CERT_HAS_EXPIRED`. */
      readonly reason: string;
    }
  | { readonly kind: 'replaced'; readonly peer: string; readonly address: string };

/** Reports an event; `leftOut` counts earlier ones that a flood kept from being reported. */
export type PeerAudit = (event: PeerEvent, leftOut: number) => void;

/** Entries that a stranger can make us write: enough to see an attack, too few to fill a disk. */
const PER_SECOND = 5;
const BURST = 50;

/** @param now milliseconds */
export function boundedAudit(audit: PeerAudit, now: () => number): (event: PeerEvent) => void {
  const bucket = new Bucket(PER_SECOND, BURST, now);
  let leftOut = 0;
  return (event) => {
    if (!bucket.take()) {
      leftOut++;
      return;
    }
    audit(event, leftOut);
    leftOut = 0;
  };
}
