import * as z from 'zod/mini';
import type { PublicKey } from '../../../server/protocol/crypto.ts';
import type { Staff } from '../actions.ts';
import { read } from '../../common/page/gate/json.ts';
import type { World } from '../../common/page/gate/world.ts';
import { judgeEntry, type Judged, NOT_CHECKED } from './judge.ts';

/** What happened to a device beside commands, as the log has it. */
export interface PastEvent {
  /** Place in the log. */
  readonly index: number;
  /** Unix ms, by the gateway's clock. */
  readonly time: number;
  readonly type: EventType;
  readonly code?: string | undefined;
  readonly result?: number | undefined;
  readonly people: readonly { readonly name?: string | undefined }[];
}

/** The past of a device. */
export interface Past {
  /** Fetches the evidence of a command from the gateway and judges it here. Never throws: what is not to be had is not checked. */
  prove(hash: string, device: PublicKey): Promise<Judged>;
  /** Everything else in the log about a device (EUI-64, hexadecimal), newest first. Throws like any request. */
  events(device: string): Promise<readonly PastEvent[]>;
}

/** Kinds of entries that no command has: what a command has is told by its own row. */
const EVENTS = ['alarm', 'refused', 'emergency', 'enrolment', 'breakGlass', 'lost'] as const;
export type EventType = (typeof EVENTS)[number];
const isEvent = (type: string): type is EventType => EVENTS.some((one) => one === type);
const HISTORY = z.object({
  entries: z.array(
    z.object({
      index: z.number(),
      time: z.number(),
      type: z.string(),
      code: z.optional(z.string()),
      result: z.optional(z.number()),
      people: z.array(z.object({ name: z.optional(z.string()) })),
    }),
  ),
});

export const newPast = (
  world: Pick<World, 'crypto' | 'anchors' | 'renew'>,
  staff: Pick<Staff, 'gateway'>,
): Past => ({
  async prove(hash, device) {
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
  },
  async events(device) {
    const said = await staff.gateway?.http.json('GET', `/v1/devices/${device}/history?limit=100`);
    const { entries } = read(HISTORY, said, 'the history');
    return entries.flatMap(({ type, ...one }) => (isEvent(type) ? [{ ...one, type }] : []));
  },
});
