import type { Bedside } from '../broker/bedside.ts';
import { nodeCrypto } from '../crypto.ts';
import type { Doors } from './doors.ts';
import type { LiveTrust } from './live-trust.ts';
import type { GatewayLog } from './program-log.ts';
import { renewAnchors } from './renew-anchors.ts';

export interface RenewalParts {
  readonly live: LiveTrust;
  readonly bedsides: () => Iterable<Bedside>;
  readonly doors: () => Doors | undefined;
  readonly now: () => number;
  readonly program: GatewayLog;
}

/**
 * Takes up what was replaced: anchors (and every device in contact hears of them at once), the grant key, the TLS key of
 * the doors. Each by itself: one that does not fit leaves the others, and is said once.
 */
export function renewal({ live, bedsides, doors, now, program }: RenewalParts): () => Promise<void> {
  const said = new Map<string, string>();
  const each = async (what: string, work: () => Promise<void>): Promise<void> => {
    let fault = '';
    await work().catch((error: unknown) => (fault = error instanceof Error ? error.message : String(error)));
    if (fault !== '' && fault !== said.get(what)) program.warn(what, { reason: fault });
    said.set(what, fault);
  };
  return async () => {
    await each('anchors', async () => {
      if (!(await live.takeAnchors())) return;
      program.info('anchors taken', { count: live.anchors.version });
      for (const at of bedsides()) {
        const { conversation } = at;
        if (conversation)
          await at.inTurn(() => renewAnchors(at, conversation, live.history, { crypto: nodeCrypto, now }));
      }
    });
    await each('grant key', async () => {
      if (await live.takeGrantKey()) program.info('grant key replaced');
    });
    await each('TLS key', async () => {
      if (await live.takeTls((tls) => doors()?.reload?.(tls))) program.info('TLS key replaced');
    });
  };
}
