import { unhex } from '../../../server/protocol/bytes.ts';
import { parseLive } from '../../../server/protocol/live.ts';
import type { GatewayStream } from '../../common/page/gate/gateway-stream.ts';
import { watchPage } from '../../common/page/vitals/feed.ts';
import type { Staff } from '../actions.ts';
import type { State } from '../state.ts';
import { feedOf } from './vitals.ts';

const LOOK_MS = 250;
/** Opening a stream again takes a ticket each time: not more often than this while the gateway is away. */
const AGAIN_MS = 1_000;

/**
 * Follows what the devices of the patient at hand measure, on every screen, for the alarms are on every screen. A stream that
 * broke is opened again until it holds.
 */
export function followPatient(state: State, staff: Staff): void {
  const feed = feedOf(state);
  let followed = '';
  let current: GatewayStream | undefined;
  let notBefore = 0;
  let busy = false;

  const devices = (): readonly string[] => {
    const followable = staff.gateway !== undefined && state.view.value.at !== 'locked';
    return followable ? (state.patient.value?.assigned.map(({ id }) => id) ?? []) : [];
  };
  const step = async (): Promise<void> => {
    const ids = devices();
    const wanted = ids.join();
    if (wanted !== followed) {
      followed = wanted;
      current = undefined;
      feed.follow(ids);
    }
    const { gateway } = staff;
    if (!gateway || wanted === '' || performance.now() < notBefore) return;
    notBefore = performance.now() + AGAIN_MS;
    const stream = await staff.stream();
    if (stream !== current && wanted === devices().join()) {
      current = stream;
      feed.restart();
      stream.monitor({ devices: ids.map(unhex), waves: true }, (said) => {
        const live = parseLive(said);
        if (stream === current && wanted === followed) feed.take(live);
      });
    }
  };
  watchPage(feed, window, document);
  setInterval(() => {
    if (busy) return;
    busy = true;
    step()
      .catch(() => undefined) // the strip says that nothing comes, and the next step tries again
      .finally(() => (busy = false));
  }, LOOK_MS);
}
