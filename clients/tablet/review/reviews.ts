import * as z from 'zod/mini';
import { unhex } from '../../../server/protocol/bytes.ts';
import type { Cbor } from '../../../server/protocol/cbor.ts';
import { read } from '../../common/page/gate/json.ts';
import { signedStatement } from '../../common/page/gate/statements.ts';
import type { World } from '../../common/page/gate/world.ts';
import type { Staff } from '../actions.ts';
import { noteReading, type State, type Trouble } from '../state.ts';
import { troubleOf } from '../trouble.ts';

const OPEN = z.object({
  reviews: z.array(
    z.object({
      device: z.string(),
      command: z.string(),
      by: z.optional(z.string()),
      byName: z.optional(z.string()),
      own: z.boolean(),
      since: z.optional(z.number()),
      due: z.optional(z.number()),
    }),
  ),
});

/** An emergency that nobody has reviewed yet, as the gateway tells of it. */
export type OpenReview = z.infer<typeof OPEN>['reviews'][number];

export interface Reviews {
  /** The one of this command (hexadecimal); undefined when the gateway knows of none. Throws like any request. */
  of(command: string): Promise<OpenReview | undefined>;
  /** Signs what somebody found who reviewed it; what went wrong, if anything did. */
  sign(device: string, command: string, found: string): Promise<Trouble | undefined>;
}

/** Who used the emergency door, until when somebody else looks at it, and the signature of who did. */
export const newReviews = (
  { passkey }: Pick<World, 'passkey'>,
  state: State,
  staff: Pick<Staff, 'gateway'>,
): Reviews => ({
  async of(command) {
    const said = await staff.gateway?.http.json('GET', '/v1/reviews');
    return read(OPEN, said, 'open reviews').reviews.find((one) => one.command === command);
  },
  async sign(device, command, found) {
    if (!staff.gateway) return { kind: 'ended' };
    const { http } = staff.gateway;
    const detail = new Map<number, Cbor>([
      [1, unhex(device)],
      [2, unhex(command)],
      [3, found],
    ]);
    try {
      await http.json('POST', '/v1/reviews', await signedStatement(http, passkey, 'review', detail));
    } catch (error) {
      return troubleOf(error);
    }
    const reading = state.reading.value;
    if (reading?.review === command)
      noteReading(state, { ...reading, review: undefined, reviewDue: undefined, rescuer: undefined });
    state.sheet.value = undefined;
    return undefined;
  },
});
