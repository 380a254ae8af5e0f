import type { PublicKey } from '../../../server/protocol/crypto.ts';
import type { Staff } from '../actions.ts';
import type { World } from '../../common/page/gate/world.ts';
import { judgeEntry, type Judged, NOT_CHECKED } from './judge.ts';

/** Fetches the evidence of a command from the gateway and judges it here. Never throws: what is not to be had is not checked. */
export type Prove = (hash: string, device: PublicKey) => Promise<Judged>;

export const newProve =
  ({ crypto, anchors }: Pick<World, 'crypto' | 'anchors'>, staff: Pick<Staff, 'gateway'>): Prove =>
  async (hash, device) => {
    try {
      const answer = await staff.gateway?.http.send('GET', `/v1/commands/${hash}/evidence`);
      if (!answer) return NOT_CHECKED;
      return await judgeEntry(crypto, anchors, new Uint8Array(await answer.arrayBuffer()), hash, device);
    } catch {
      return NOT_CHECKED;
    }
  };
