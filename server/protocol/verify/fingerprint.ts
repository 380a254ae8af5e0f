import type { Anchors } from '../anchors.ts';
import { type Bytes, compare, hex } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import type { Sha256 } from '../crypto.ts';
import { Refusal } from '../refusal.ts';

/** The keys somebody has to vouch for: everything else in a bundle follows from them. */
export type Roots = Pick<Anchors, 'authorities' | 'recovery'>;

/**
 * What a person reads from paper and types: eight groups of four hexadecimal digits over the authorities' keys and
 * the recovery key. Half of SHA-256: nobody finds another set of keys with the same.
 */
export function rootsFingerprint(sha256: Sha256, { authorities, recovery }: Roots): string {
  const keys = authorities.map(({ alg, raw }) => encode([alg, raw])).sort(compare);
  const digest = sha256(encode(['countersign/roots/v1', keys, encode([recovery.alg, recovery.raw])]));
  return grouped(digest.subarray(0, 16));
}

const grouped = (bytes: Bytes): string => (hex(bytes).match(/.{4}/gu) ?? []).join(' ');

/** A typed fingerprint in the one spelling; undefined when it is none. */
export function readFingerprint(typed: string): string | undefined {
  const digits = typed.toLowerCase().replaceAll(/[\s:-]/gu, '');
  return /^[0-9a-f]{32}$/u.test(digits) ? (digits.match(/.{4}/gu) ?? []).join(' ') : undefined;
}

/** The keys the reader vouches for: given as keys, or by a fingerprint that the file's own keys have. Throws Refusal E_ANCHORS. */
export function rootsIn(
  sha256: Sha256,
  anchors: Anchors,
  { roots, fingerprint }: { readonly roots?: Roots | undefined; readonly fingerprint?: string | undefined },
): Roots | undefined {
  if (roots || fingerprint === undefined) return roots;
  const own = rootsFingerprint(sha256, anchors);
  if (own === fingerprint) return anchors;
  throw new Refusal('E_ANCHORS', `the keys in it have another fingerprint: ${own}`, 'anchors');
}
