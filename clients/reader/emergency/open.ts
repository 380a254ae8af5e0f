import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openAnchors, readAnchors } from '../../../server/protocol/anchors.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { linkIdentity } from '../../../server/protocol/tap/identity.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { oneLine, type ProcessContext } from '../../common/process/lifecycle.ts';
import { agreementKeyFromPem } from '../../common/process/tap-crypto.ts';
import type { ForDoor, Station } from '../station.ts';
import { EmergencyCache } from './cache.ts';
import { EmergencyDoor } from './door.ts';
import { openDoorServer } from './http.ts';
import { KeptReceipts } from './receipts.ts';

/** A gateway that is linked and could not write a record down is given it again this often. */
const BRING_AGAIN_MS = 10_000;

/** People of one hospital, and its list: more that do not verify are nonsense. */
const MAX_WAITING = 500;

const path = z.string().min(1);
export const EMERGENCY = z.strictObject({
  port: z.int().min(0).max(65_535),
  hostname: z.string().min(1).max(253),
  folder: path,
  anchors: path,
  linkKey: path,
  linkCredential: path,
  key: path.optional(),
  cert: path.optional(),
});

/** What the station has to tell the door. */
export interface OpenEmergency {
  readonly port: number;
  /** The gateway is there: it is told of everything that waits for it. */
  readonly linked: () => void;
  readonly told: (message: ForDoor) => void;
  /** A card was taken off its reader. */
  readonly gone: (card: number) => void;
}

/**
 * Opens the emergency door of a station. Throws Error when it would be open to more than the anchors allow: without TLS
 * outside a simulation, or with anchors that do not verify.
 */
export async function openEmergency(
  config: z.output<typeof EMERGENCY>,
  station: () => Station,
  ctx: ProcessContext,
): Promise<OpenEmergency> {
  const file = (name: string): Bytes => new Uint8Array(readFileSync(name));
  const claimed = file(config.anchors);
  let anchors = await openAnchors(nodeCrypto, claimed, readAnchors(nodeCrypto, claimed));
  const { key, cert } = config;
  if (!anchors.development && (key === undefined || cert === undefined))
    throw new Error('the emergency door needs its TLS key and certificate: only simulations do without');
  const cache = await EmergencyCache.open(config.folder, anchors);
  const receipts = new KeptReceipts(join(config.folder, 'receipts'));
  const door = new EmergencyDoor({
    identity: {
      ...linkIdentity(file(config.linkCredential)),
      key: agreementKeyFromPem(readFileSync(config.linkKey, 'utf8')),
    },
    cache,
    transmit: (card, command) => station().transmit(card, command),
    take: (card) => station().take(card),
    acted(record) {
      try {
        receipts.keep(record);
      } catch (error) {
        // The device keeps its last receipts itself; the gateway asks it for them when they meet.
        ctx.log.error('a record of the emergency door could not be kept', { reason: String(error) });
      }
      station().acted(record);
    },
  });
  const server = await openDoorServer({
    door,
    state: () => stateOf(station(), cache),
    port: config.port,
    hostname: config.hostname,
    origins: anchors.origins.map(({ origin }) => origin),
    tls:
      key !== undefined && cert !== undefined
        ? { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
        : undefined,
    now: () => Date.now(),
    failed: (error) => ctx.log.error('the emergency door failed', { reason: String(error) }),
  });
  ctx.onStop('the emergency door', () => server.close());
  const bring = (): void => receipts.waiting().forEach((record) => station().acted(record));
  /** What does not verify under the anchors known here: their newer ones may come later than what they let in. */
  const waiting = new Set<Exclude<ForDoor, { kind: 'logged' }>>();
  const take = async (message: Exclude<ForDoor, { kind: 'logged' }>): Promise<void> => {
    try {
      await (message.kind === 'status'
        ? cache.takeStatus(message.status)
        : cache.takeRescuer(message.proven));
      waiting.delete(message);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!waiting.has(message))
        ctx.log.warn('not kept for emergencies', { code: error.code, reason: error.why });
      if (waiting.size < MAX_WAITING) waiting.add(message);
    }
  };
  const renew = async (): Promise<void> => {
    const next = await openAnchors(nodeCrypto, file(config.anchors), anchors);
    if (next.version <= anchors.version) return;
    anchors = next;
    cache.renew(next);
    ctx.log.info('anchors taken', { count: next.version });
    for (const message of waiting) await take(message);
  };
  let unfit = '';
  const again = setInterval(() => {
    bring();
    renew().catch((error: unknown) => {
      const reason = oneLine(error);
      if (reason !== unfit) ctx.log.warn('anchors', { reason });
      unfit = reason;
    });
  }, BRING_AGAIN_MS);
  ctx.onStop('the records', () => clearInterval(again));
  return {
    port: server.port,
    linked: bring,
    told(message) {
      if (message.kind === 'logged') receipts.confirmed(message.digest);
      else void take(message);
    },
    gone: (card) => door.forget(card),
  };
}

/** Nothing about any patient: which readers there are, what lies on them, and how fresh what is known here is. */
function stateOf({ linked, readers, trouble, cards }: Station, cache: EmergencyCache): object {
  return {
    gateway: linked ? 'linked' : 'away',
    readers,
    ...(trouble !== undefined && { trouble }),
    cards: cards.map(({ session, reader }) => ({ card: session, reader })),
    rescuers: cache.size,
    ...(cache.status && { revocationList: { version: cache.status.version, issued: cache.status.issued } }),
  };
}
