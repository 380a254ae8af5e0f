import type { PublicKey } from '../../../server/protocol/crypto.ts';
import type { Staff } from '../actions.ts';
import type { World } from '../../common/page/gate/world.ts';
import { judgeEntry, type Judged, NOT_CHECKED } from './judge.ts';

/** Fetches the evidence of a command from the gateway and judges it here. Never throws: what is not to be had is not checked. */
export type Prove = (hash: string, device: PublicKey) => Promise<Judged>;

export const newProve =
  (world: Pick<World, 'crypto' | 'anchors' | 'renew'>, staff: Pick<Staff, 'gateway'>): Prove =>
  async (hash, device) => {
    try {
      const answer = await staff.gateway?.http.send('GET', `/v1/commands/${hash}/evidence`);
      if (!answer) return NOT_CHECKED;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const judge = () => judgeEntry(world.crypto, world.anchors, bytes, hash, device);
      const judged = await judge();
      return judged.verdict !== 'VERIFIED' && (await world.renew()) ? await judge() : judged;
    } catch {
      return NOT_CHECKED;
    }
  };
