import { Bucket } from '../../edge/admission.ts';
import type { Asker } from '../../edge/app.ts';
import { Refusal } from '../../protocol/refusal.ts';

/** Asking for a nonce and opening sessions cost work before anybody is known; a ward behind one address stays below. */
const PER_SECOND = 20;
const BURST = 100;
/** Addresses remembered; the oldest give way. */
const ADDRESSES = 10_000;
const BEFORE_ANYBODY_IS_KNOWN = ['/v1/session-challenge', '/v1/sessions'];

/** Bounds what strangers can ask for, by address. Throws Refusal E_RATE. */
export function admission(now: () => number): (asker: Asker) => void {
  const buckets = new Map<string, Bucket>();
  return ({ address, route, session }) => {
    if (session || !BEFORE_ANYBODY_IS_KNOWN.some((path) => route.endsWith(path))) return;
    const bucket = buckets.get(address) ?? new Bucket(PER_SECOND, BURST, now);
    buckets.set(address, bucket);
    const oldest = buckets.keys().next();
    if (buckets.size > ADDRESSES && !oldest.done) buckets.delete(oldest.value);
    if (!bucket.take()) throw new Refusal('E_RATE', 'too many sign-ins from this address', 'address');
  };
}
