import { readFingerprint } from '../../server/protocol/verify/fingerprint.ts';

/** What a printed link carries behind its `#`: no server ever sees it. */
export interface Link {
  readonly key: string;
  readonly fingerprint: string;
}

/** Reads `#key.fingerprint`; undefined when it is not whole. */
export function linkIn(fragment: string): Link | undefined {
  const [, key, typed] = /^#([A-Za-z0-9_-]{43})\.([0-9a-fA-F]{32})$/u.exec(fragment) ?? [];
  const fingerprint = typed === undefined ? undefined : readFingerprint(typed);
  return key === undefined || fingerprint === undefined ? undefined : { key, fingerprint };
}
