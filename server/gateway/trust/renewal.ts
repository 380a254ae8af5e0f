import { logEntry } from '../../audit/log-writer.ts';
import type { Sequencer } from '../../audit/sequencer.ts';
import type { Directory } from '../../authenticate/directory.ts';
import type { Bedside } from '../../broker/bedside.ts';
import { nodeCrypto } from '../../crypto.ts';
import { hex } from '../../protocol/encoding/bytes.ts';
import type { Doors } from '../opening/doors.ts';
import type { LinkProof } from './link-proof.ts';
import type { Asked, LiveTrust } from './live-trust.ts';
import type { Memory } from '../opening/memory.ts';
import type { GatewayLog } from '../watch/program-log.ts';
import { renewAnchors } from './renew-anchors.ts';

export interface RenewalParts {
  readonly live: LiveTrust;
  readonly memory: Memory;
  readonly sequencer: Pick<Sequencer, 'signWith' | 'appendDurable'>;
  /** Has other witnesses cosign. */
  readonly follow: (asked: Asked) => Promise<void>;
  readonly directory: Pick<Directory, 'settled'>;
  readonly linkProof: LinkProof;
  readonly bedsides: () => Iterable<Bedside>;
  readonly doors: () => Doors | undefined;
  readonly now: () => number;
  readonly program: GatewayLog;
}

/**
 * Takes up what was replaced: anchors (and every device in contact hears of them at once), the keys that grant, that sign
 * the log and that devices on a reader are met with, the witnesses and the TLS key to ask them with, the TLS key of the
 * doors. Each by itself: one that does not fit leaves the others, and is said once. What has to ask others for an answer is
 * not waited for.
 */
export function renewal(parts: RenewalParts): () => Promise<void> {
  const { live, memory, sequencer, doors, program } = parts;
  const said = new Map<string, string>();
  const busy = new Set<string>();
  const each = async (what: string, work: () => Promise<void>): Promise<void> => {
    if (busy.has(what)) return;
    busy.add(what);
    let fault = '';
    await work().catch((error: unknown) => (fault = error instanceof Error ? error.message : String(error)));
    if (fault !== '' && fault !== said.get(what)) program.warn(what, { reason: fault });
    said.set(what, fault);
    busy.delete(what);
  };
  return async () => {
    await each('anchors', async () => {
      if (!(await live.takeAnchors(() => parts.directory.settled && parts.linkProof.settled))) return;
      program.info('anchors taken', { count: live.anchors.version });
      await logAnchors(live, memory);
      await tell(parts);
    });
    await each('grant key', async () => {
      if (await live.takeGrantKey()) program.info('grant key replaced');
    });
    await each('log key', async () => {
      if (!(await live.takeLogKey((signer) => sequencer.signWith(signer)))) return;
      program.info('log key replaced');
      await logLogKey(live, memory);
    });
    void each('witnesses', async () => {
      if (!(await live.takeWitnesses(parts.follow))) return;
      program.info('witnesses replaced');
      const detail = `cosigned by ${live.witnesses.map(({ name }) => name).join(', ')}`.slice(0, 160);
      await sequencer.appendDurable([logEntry({ ...inForce(live), time: parts.now(), detail })]);
    });
    void each('link key', async () => {
      if (await live.takeLink((link) => parts.linkProof.prove(link))) program.info('link key replaced');
      await parts.linkProof.prove();
    });
    await each('TLS key', async () => {
      if (await live.takeTls((tls) => doors()?.reload?.(tls))) program.info('TLS key replaced');
    });
  };
}

/** Anchors as the log announces them. */
const inForce = ({ bytes, anchors }: Pick<LiveTrust, 'bytes' | 'anchors'>) =>
  ({ type: 'anchors', digest: nodeCrypto.sha256(bytes), number: anchors.version }) as const;

/** Says in the log, once, from where on which anchors were in force. */
const logAnchors = (live: Pick<LiveTrust, 'bytes' | 'anchors'>, memory: Memory): Promise<void> =>
  memory.announceDurably(`anchors ${live.anchors.version}`, inForce(live));

/** Says in the log, once, from where on it is signed with which key. */
const logLogKey = (live: LiveTrust, memory: Memory): Promise<void> => {
  const kid = hex(live.logKey.key.kid);
  return memory.announceDurably(`log key ${kid}`, { ...inForce(live), detail: `signed with log key ${kid}` });
};

/** What was replaced while this gateway was down is in the log as well; nothing, where nothing was ever replaced. */
export async function logReplaced(live: LiveTrust, memory: Memory): Promise<void> {
  if (live.history.size < 2) return;
  await logAnchors(live, memory);
  await logLogKey(live, memory);
}

/** Brings every device in contact up to date; one that is in the middle of something when that is done. */
async function tell({ live, bedsides, now }: RenewalParts): Promise<void> {
  for (const at of bedsides()) {
    const { conversation } = at;
    if (conversation)
      await at.inTurn(() => renewAnchors(at, conversation, live.history, { crypto: nodeCrypto, now }));
  }
}
