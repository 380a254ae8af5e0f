import { clocked } from '../audit/clocked-witness.ts';
import { openSequencer, type Sequencer } from '../audit/sequencer.ts';
import { httpsTransport, type Witness, witnessClient } from '../audit/witness-client.ts';
import type { Config } from '../config.ts';
import { nodeCrypto } from '../crypto.ts';
import { LIMITS } from '../limits.ts';
import type { Store } from '../store/store.ts';
import type { Trust } from './trust.ts';

/** Opens the log in the store, with the witnesses of the configuration and the quorum of the anchors. */
export async function openLog(
  config: Config,
  { anchors, logKey, witnessTls }: Trust,
  store: Store,
  now: () => number,
  answered: (witness: string, seconds: number, ok: boolean) => void = () => undefined,
): Promise<{ readonly sequencer: Sequencer; readonly close: () => void }> {
  const closers: (() => void)[] = [];
  const witnesses = config.witnesses.map(({ url, vkey }) => {
    const { transport, close } = httpsTransport({ url, ...witnessTls, timeout: LIMITS.quorumWait.max });
    closers.push(close);
    return clocked(timed(witnessClient(nodeCrypto, anchors.log.origin, vkey, transport), answered), now);
  });
  const close = (): void => closers.forEach((end) => end());
  try {
    const sequencer = await openSequencer({
      store,
      signer: logKey,
      origin: anchors.log.origin,
      witnesses,
      policy: { k: anchors.witnesses.k },
      crypto: nodeCrypto,
    });
    return { sequencer, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same witness, with the time it takes to answer. */
const timed = (
  witness: Witness,
  answered: (witness: string, seconds: number, ok: boolean) => void,
): Witness => ({
  ...witness,
  async add(old, path, note) {
    const began = performance.now();
    const say = (ok: boolean): void => answered(witness.key.name, (performance.now() - began) / 1000, ok);
    try {
      const answer = await witness.add(old, path, note);
      say(answer.kind === 'cosigned');
      return answer;
    } catch (error) {
      say(false);
      throw error;
    }
  },
});
