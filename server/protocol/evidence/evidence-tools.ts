import { type Anchors, openAnchors } from '../anchors.ts';
import type { SigningOrigin } from '../approval.ts';
import type { ProvenCredential } from '../bundle.ts';
import { type Bytes, equal, hex, utf8 } from '../encoding/bytes.ts';
import { type Credential, openCredential } from '../credential.ts';
import type { Crypto, PublicKey } from '../crypto.ts';
import { need, own, type Part, Unavailable } from './evidence-parts.ts';
import { openListingOf } from '../fleet/listing.ts';
import { verifyProof } from '../log/prove.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';

// What is asked of a granted command and of an emergency alike.

/** The keys that somebody outside the file vouches for: the authority's and the recovery key. */
export type TrustedKeys = Pick<Anchors, 'authorities' | 'recovery'>;

/** Throws the refusal unless it is fine. */
export const demand = (fine: boolean | undefined, code: RefusalCode, why: string, field: string): void => {
  if (fine !== true) throw new Refusal(code, why, field);
};
export const same = (a: Bytes | undefined, b: Bytes): boolean => a !== undefined && equal(a, b);

/** Both keys signed the anchors. Without outside trust this can fail but never pass. */
export async function checkAnchors(
  { crypto, evidence, anchors }: AnchorParts,
  trusted: TrustedKeys | undefined,
): Promise<string> {
  const said = own(anchors);
  await openAnchors(crypto, evidence.anchors, trusted ?? said);
  if (trusted)
    return `trust anchors ${said.version} are signed by the authority and the recovery key you trust`;
  const keys = said.authorities.map((key) => hex(key.kid)).join(', ');
  throw new Unavailable(
    `the trust anchors are signed by the keys they name themselves (authority ${keys}, recovery ${hex(said.recovery.kid)}); name the anchors or the fingerprint you trust to check them`,
  );
}

/**
 * Whose key it is, in words. With a listing it is the authority's word, and it throws Refusal E_NOT_ENROLLED when that is not so;
 * without one the reader has to know the key from elsewhere.
 */
export async function whoseKey(
  { crypto, evidence, anchors }: AnchorParts & { readonly evidence: { readonly listing: Bytes | undefined } },
  device: Bytes,
  key: PublicKey,
): Promise<string> {
  const said = `device key ${hex(key.kid)}`;
  if (!evidence.listing) return `${said}, hold it against the enrolment`;
  const listed = await openListingOf(crypto, evidence.listing, need(anchors).authorities, device);
  const fits = equal(listed.device.identity.kid, key.kid);
  demand(fits, 'E_NOT_ENROLLED', 'the authority lists it with another key', 'evidence.listing');
  return `${said}, which the authority lists as that of ${listed.device.name} (list ${listed.version})`;
}

interface AnchorParts {
  readonly crypto: Crypto;
  readonly evidence: { readonly anchors: Bytes };
  readonly anchors: Part<Anchors>;
}

/** The pinned page of a credential; throws Refusal E_ASSERTION when the anchors have none. */
export function siteOf({ sha256 }: Crypto, { origins }: Anchors, credential: Credential): SigningOrigin {
  const site = origins.find(({ rpId }) => equal(sha256(utf8(rpId)), credential.rpIdHash));
  if (!site) throw new Refusal('E_ASSERTION', 'a page the anchors do not name', 'credential.5');
  return site;
}

/** A credential by one of these issuers, which the log announced; and by when witnesses had seen that (Unix s). */
export async function announced(
  crypto: Crypto,
  { credential: bytes, proof }: ProvenCredential,
  anchors: Anchors,
  issuers: readonly PublicKey[],
): Promise<{ readonly credential: Credential; readonly witnessedAt: number }> {
  const credential = await openCredential(crypto, bytes, issuers);
  const { entry, witnessedAt } = await verifyProof(crypto, proof, anchors);
  const names = entry.type === 'credential' && same(entry.digest, crypto.sha256(bytes));
  demand(names, 'E_ASSERTION_CRED', 'the log entry names another credential', 'credential.proof');
  const marked = credential.marks !== 0 && !anchors.development;
  demand(!marked, 'E_ASSERTION_CRED', 'marked for development only', 'credential.10');
  return { credential, witnessedAt };
}
