import { computed, effect, signal } from '@preact/signals';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import type { Actions, Staff } from '../actions.ts';
import type { State } from '../state.ts';
import type { Asking, Glass, GlassRequests, Opening } from './glass.ts';
import { Pending } from './glass-parts.tsx';
import { GlassSheet } from './glass-sheet.tsx';

/**
 * Opens patients of others by a signed statement, counts down while one is in front of the tablet, and closes it when the
 * person leaves it: the gateway closes it by itself when its time is over, whether this tablet is there or not.
 */
export function newGlass(
  requests: GlassRequests<GatewayHttp>,
  state: State,
  staff: Pick<Staff, 'gateway'>,
  act: Pick<Actions, 'choosePatient' | 'leavePatient'>,
): Glass {
  const asking = signal<Asking>({ step: 'ready' });
  const openings = signal<readonly Opening[]>([]);
  const others = signal<readonly Opening[]>([]);
  /** Those of others that were there at sign-in, or were seen since. */
  const old = signal<ReadonlySet<string> | undefined>(undefined);
  const news = computed(() =>
    others.value
      .filter(({ id, open }) => open && old.value?.has(id) === false)
      .map(({ id, byName, about }) => ({
        id,
        byName,
        about: about && [about.family, about.given, about.bed].filter(Boolean).join(', '),
      })),
  );
  /** By how much the gateway's clock is ahead of this tablet's (ms), as far as an answer told. */
  let ahead = 0;
  let closing: Promise<void> = Promise.resolve();

  const subject = computed(() => state.person.value?.subject); // unlocking renews the person, who stays the same
  const current = computed(() => {
    const patient = state.patient.value?.id;
    return openings.value.find((one) => one.open && one.patient === patient);
  });
  const left = computed(() => {
    const { until } = current.value ?? {};
    return until === undefined ? undefined : Math.max(0, until - ahead - state.now.value);
  });
  const readList = async (http: GatewayHttp): Promise<void> => {
    const all = await requests.list(http);
    openings.value = all.filter(({ by }) => by === subject.value);
    others.value = all.filter(({ by }) => by !== subject.value);
    old.value ??= new Set(others.value.map(({ id }) => id));
  };
  const close = async (http: GatewayHttp, { id }: Opening): Promise<void> => {
    await requests.close(http, id).catch(() => undefined); // or it ends by its time
    void readList(http).catch(() => undefined);
  };

  effect(() => {
    const who = subject.value;
    [openings.value, others.value, old.value] = [[], [], undefined];
    if (who !== undefined && staff.gateway) void readList(staff.gateway.http).catch(() => undefined);
  });
  let before: Opening | undefined;
  effect(() => {
    const now = current.value;
    const gone = before;
    before = now;
    if (!gone || gone.id === now?.id || !staff.gateway) return;
    closing = close(staff.gateway.http, gone);
  });
  effect(() => {
    const { at } = state.view.value;
    if (left.value === 0 && !state.busy.value && at !== 'locked' && at !== 'sign-in') act.leavePatient();
  });

  return {
    asking,
    openings,
    news,
    seen: ({ id }) => void (old.value = new Set(old.value).add(id)),
    heard(event) {
      if ((event === 'break-glass' || event === 'review') && staff.gateway)
        void readList(staff.gateway.http).catch(() => undefined);
    },
    left,
    ask(patient) {
      asking.value = { step: 'ready' };
      state.trouble.value = undefined;
      state.sheet.value = { kind: 'break-glass', patient };
    },
    async open(patient, reason, text) {
      if (!staff.gateway || asking.value.step === 'signing') return;
      const { http } = staff.gateway;
      asking.value = { step: 'signing' };
      try {
        const opened = await requests.open(http, patient, reason, text.trim());
        ahead = opened.since - Date.now();
        asking.value = { step: 'ready' };
        await act.choosePatient(patient);
        openings.value = [...openings.value, opened];
        if (state.patient.value?.id !== patient) closing = close(http, opened); // not shown: not left open
        state.sheet.value = undefined;
      } catch (error) {
        asking.value = { step: 'ready', trouble: requests.troubleOf(error) };
      }
    },
    closed: () => closing,
    Sheet: GlassSheet,
    Pending,
  };
}
