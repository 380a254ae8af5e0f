import { nodeCrypto } from '../../crypto.ts';
import type { Proof } from '../../protocol/bundle.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import { verifyProof } from '../../protocol/log/prove.ts';
import type { LiveTrust } from '../trust/live-trust.ts';

/** What witnesses have to do with what this gateway keeps. */
export interface Witnessing {
  /** The anchors in force, as the log announces them. */
  anchors(): { readonly digest: Bytes; readonly number: number };
  /** Names the log key and the witnesses that stand behind what is logged now. */
  under(): string;
  /** Do that key, and enough of those witnesses, stand behind a proof? */
  vouched(proof: Proof): Promise<boolean>;
}

export const witnessing = (live: Pick<LiveTrust, 'anchors' | 'bytes' | 'evidence'>): Witnessing => ({
  anchors: () => ({ digest: nodeCrypto.sha256(live.bytes), number: live.anchors.version }),
  under: () => JSON.stringify(live.evidence),
  vouched: (proof) =>
    verifyProof(nodeCrypto, proof, live.evidence).then(
      () => true,
      () => false,
    ),
});
