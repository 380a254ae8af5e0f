import type { Config } from '../config.ts';
import { nodeCrypto } from '../crypto.ts';
import type { Proof } from '../protocol/bundle.ts';
import type { Bytes } from '../protocol/bytes.ts';
import { verifyProof } from '../protocol/prove.ts';
import type { LiveTrust } from './live-trust.ts';

/** What witnesses have to do with what this gateway keeps. */
export interface Witnessing {
  /** The anchors in force, as the log announces them. */
  anchors(): { readonly digest: Bytes; readonly number: number };
  /** Do enough of the witnesses that are asked now stand behind a proof? */
  vouched(proof: Proof): Promise<boolean>;
}

export const witnessing = (
  { witnesses: asked }: Pick<Config, 'witnesses'>,
  live: Pick<LiveTrust, 'anchors' | 'bytes'>,
): Witnessing => ({
  anchors: () => ({ digest: nodeCrypto.sha256(live.bytes), number: live.anchors.version }),
  async vouched(proof) {
    const { log, witnesses } = live.anchors;
    const vkeys = witnesses.vkeys.filter((named) => asked.some(({ vkey }) => vkey === named));
    const trust = { log, witnesses: { k: witnesses.k, vkeys } };
    return verifyProof(nodeCrypto, proof, trust).then(
      () => true,
      () => false,
    );
  },
});
