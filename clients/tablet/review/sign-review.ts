import { unhex } from '../../../server/protocol/bytes.ts';
import type { Cbor } from '../../../server/protocol/cbor.ts';
import { signedStatement } from '../../common/page/gate/statements.ts';
import type { Actions, Staff } from '../actions.ts';
import { noteReading, type State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { World } from '../../common/page/gate/world.ts';

/** The review of an emergency, signed. It stands in the shell, which has all that it needs already. */
export const reviewActions = (
  { passkey }: World,
  state: State,
  staff: Pick<Staff, 'gateway'>,
): Pick<Actions, 'review'> => ({
  async review(device, command, found) {
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
