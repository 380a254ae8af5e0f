import { clocked } from '../../audit/clocked-witness.ts';
import { openSequencer, type Sequencer } from '../../audit/sequencer.ts';
import { httpsTransport, type Witness, witnessClient } from '../../audit/witness-client.ts';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import { LIMITS } from '../../limits.ts';
import { logKeysOf, readAnchors } from '../../protocol/anchors.ts';
import type { Store } from '../../store/store.ts';
import type { Asked } from '../trust/live-trust.ts';
import type { Trust } from '../trust/trust.ts';

/** The log as it was opened. */
export interface OpenedLog {
  readonly sequencer: Sequencer;
  /** Has others cosign, or asks with another TLS key. Throws Error, and asks those before, when too few of them answer. */
  readonly follow: (asked: Asked) => Promise<void>;
  readonly close: () => void;
}

/** Opens the log in the store, with the witnesses of the configuration and the quorum of the anchors. */
export async function openLog(
  config: Config,
  { anchors, history, logKey, witnessTls }: Trust,
  store: Store,
  now: () => number,
  answered: (witness: string, seconds: number, ok: boolean) => void = () => undefined,
): Promise<OpenedLog> {
  const { origin } = anchors.log;
  const connect = ({ witnesses, tls }: Asked): { witnesses: readonly Witness[]; close: () => void } => {
    const links = witnesses.map(({ url, vkey }) => {
      const { transport, close } = httpsTransport({
        url,
        ...tls,
        ca: witnessTls.ca,
        timeout: LIMITS.quorumWait.max,
      });
      return {
        witness: clocked(timed(witnessClient(nodeCrypto, origin, vkey, transport), answered), now),
        close,
      };
    });
    return {
      witnesses: links.map(({ witness }) => witness),
      close: () => links.forEach(({ close }) => close()),
    };
  };
  let asked = connect({ witnesses: config.witnesses, tls: witnessTls });
  const close = (): void => asked.close();
  try {
    const sequencer = await openSequencer({
      store,
      signer: logKey,
      others: [...history.values()].flatMap((bytes) => logKeysOf(readAnchors(nodeCrypto, bytes).log)),
      origin,
      witnesses: asked.witnesses,
      policy: { k: anchors.witnesses.k },
      crypto: nodeCrypto,
    });
    const follow = async (wanted: Asked): Promise<void> => {
      const next = connect(wanted);
      await sequencer.follow(next.witnesses).catch((error: unknown) => {
        next.close();
        throw error;
      });
      const before = asked;
      asked = next;
      before.close();
    };
    return { sequencer, follow, close };
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
