import { effect, untracked } from '@preact/signals';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { parseLive } from '../../../server/protocol/telemetry/live.ts';
import type { GatewayStream } from '../../common/page/gate/gateway-stream.ts';
import { watchPage } from '../../common/page/vitals/feed.ts';
import type { Staff } from '../actions.ts';
import type { State } from '../state.ts';
import { feedOf } from './vitals.ts';
import { readWard } from './ward.ts';

const LOOK_MS = 250;
/** Opening a stream again takes a ticket each time: not more often than this while the gateway is away. */
const AGAIN_MS = 1_000;
/** Who was admitted, moved or taken over is on the board after this time. */
const WARD_MS = 30_000;

/** What a screen follows just now: devices, by their ids; with waveforms or without. */
interface Followed {
  readonly ids: readonly string[];
  readonly waves: boolean;
}
const NOTHING: Followed = { ids: [], waves: false };

/**
 * Follows what the devices of the patient at hand measure, on every screen, for the alarms are on every screen; and all the
 * ward while its board is open. A stream that broke is opened again until it holds.
 */
export function followPatient(state: State, staff: Staff): void {
  const feed = feedOf(state);
  let followed = '';
  let current: GatewayStream | undefined;
  let notBefore = 0;
  let wardDue = 0;
  let busy = false;

  const wanted = (): Followed => {
    const [patient, { at }] = [state.patient.value, state.view.value]; // both are watched, signed in or not
    if (!staff.gateway || at === 'locked') return NOTHING;
    if (patient) return { ids: patient.assigned.map(({ id }) => id), waves: true };
    const rows = boardOpen(state) ? state.vitals.value?.ward.value : undefined;
    return { ids: rows?.map(({ device }) => device) ?? [], waves: false };
  };
  /** Forgets at once what belongs to nobody at hand: no value of another bed is drawn below this patient's name, not even once. */
  const followNow = (): Followed & { readonly wish: string } => {
    const { ids, waves } = wanted();
    const wish = ids.join();
    if (wish !== followed) {
      followed = wish;
      current = undefined;
      untracked(() => feed.follow(ids));
    }
    return { ids, waves, wish };
  };
  effect(() => void followNow());
  const keepWard = async (): Promise<void> => {
    const { gateway } = staff;
    const ward = state.vitals.value?.ward;
    if (!ward) return;
    if (!gateway || !boardOpen(state)) {
      ward.value = undefined;
      wardDue = 0;
      return;
    }
    if (performance.now() < wardDue) return;
    wardDue = performance.now() + WARD_MS;
    try {
      ward.value = await readWard(gateway.http);
    } catch (error) {
      wardDue = performance.now() + AGAIN_MS;
      throw error;
    }
  };
  const step = async (): Promise<void> => {
    await keepWard().catch(() => undefined); // the board keeps what it has: values have an age of their own
    const { ids, waves, wish } = followNow();
    const { gateway } = staff;
    if (!gateway || wish === '' || performance.now() < notBefore) return;
    notBefore = performance.now() + AGAIN_MS;
    const stream = await staff.stream();
    if (stream !== current && wish === wanted().ids.join()) {
      current = stream;
      feed.restart();
      // A board asks for all that this person may see, which may be more than one wish can name.
      stream.monitor({ devices: waves ? ids.map(unhex) : [], waves }, (said) => {
        const live = parseLive(said);
        if (stream === current && wish === followed) feed.take(live);
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

/** The live view without a patient is the board of the ward. */
const boardOpen = (state: State): boolean =>
  state.patient.value === undefined && state.view.value.at === 'live';
