import * as z from 'zod/mini';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';

const OWN = z.object({
  drafts: z.array(
    z.object({
      command: z.string(),
      state: z.enum(['waiting', 'matched', 'declined', 'differs']),
      secondName: z.optional(z.string()),
      check: z.optional(z.enum(['entered', 'primed'])),
      why: z.optional(z.string()),
      attemptsLeft: z.number(),
    }),
  ),
});

/** What the second clinician did with a change, as the gateway says it: it moves nothing, so its word is enough. */
export interface Colleague {
  readonly state: z.infer<typeof OWN>['drafts'][number]['state'];
  readonly secondName?: string | undefined;
  /** How they check it: by an entry of their own, or shown the values; undefined before they did either. */
  readonly check?: 'entered' | 'primed' | undefined;
  readonly why?: string | undefined;
  readonly attemptsLeft: number;
  /** As many tries as were ever left: fewer now means that something else was entered. */
  readonly most: number;
}

/** Whether nobody can sign this change any more. */
export const isClosed = ({ state }: Colleague): boolean => state === 'declined' || state === 'differs';
export const hasMissed = ({ state, attemptsLeft, most }: Colleague): boolean =>
  state === 'waiting' && attemptsLeft < most;

/** Asks for the change with this hash; undefined when the gateway knows of none. Throws Refusal, Unreachable. */
export async function readColleague(
  http: GatewayHttp,
  command: Bytes,
  before: Colleague | undefined,
): Promise<Colleague | undefined> {
  const { drafts } = read(OWN, await http.json('GET', '/v1/own-drafts'), 'own drafts');
  const found = drafts.find((draft) => draft.command === hex(command));
  return found && { ...found, most: Math.max(before?.most ?? 0, found.attemptsLeft) };
}
