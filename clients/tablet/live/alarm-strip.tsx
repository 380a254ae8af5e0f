import { type ShownAlarm, MARKS } from '../../common/page/vitals/alarms.ts';
import { clockTime, numberSaid, unitSaid } from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import { Icon } from '../../common/page/icon.tsx';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { span } from '../words.ts';
import { isImplant, onlyImplants } from './implants.ts';
import { limitsFor } from './limits.ts';
import { feedOf } from './vitals.ts';
import { standing } from './ward.ts';

/**
 * The place of alarms on every screen, kept also while there is none, so that nothing moves when one comes. It passes on: no
 * alarm is answered here, and when nothing comes any more it says so, for silence is not "no alarm".
 */
export function AlarmStrip({ state, act }: Screen) {
  const feed = feedOf(state);
  void feed.version.value;
  const { alarms: t } = vitalsTexts.value;
  const board = state.vitals.value?.ward.value;
  const called = state.called.value;
  if (called !== undefined && state.view.value.at !== 'locked' && !feed.beds.has(called))
    return (
      <section class="alarms" aria-label={t.label}>
        <button type="button" class="alarm high flashing" onClick={() => openBoard(state, act)}>
          <Icon kind="caution" size={24} />
          <span class="alarm-says">
            {MARKS.high} {t.called}
          </span>
          <span class="grow" />
          <span>{vitalsTexts.value.source(t.gateway)}</span>
        </button>
        <span class="aloud" role="alert">
          {t.high}: {t.called}
        </span>
      </section>
    );
  if (state.view.value.at === 'locked' || !(state.patient.value ?? board)) return <Quiet>{t.off}</Quiet>;
  if (state.patient.value?.assigned.length === 0) return <Quiet unknown>{t.unmonitored}</Quiet>;
  const beds = [...feed.beds.values()];
  const { monitored, silent, known, now } = standing(feed, state.patient.value ? undefined : board);
  const [worst, ...others] = now;
  const last = known[0] ?? (feed.state === 'live' ? undefined : worst);
  const lastKnown = last && t.lastKnown(`${MARKS[last.priority]} ${last.says}`);
  if (feed.state !== 'live' || (!worst && silent[0])) {
    const implant = onlyImplants(state);
    const lost = implant ? t.lostImplant : t.lost;
    const waits = feed.state === 'waiting' || feed.state === 'off';
    const says = waits ? (implant ? t.waitingImplant : t.waiting) : lost(span(feed.silence));
    return (
      <Quiet unknown>
        <strong>{feed.state === 'live' && silent[0] ? silentSaid(state, silent[0].id) : says}</strong>
        {last && <span>{lastKnown}</span>}
      </Quiet>
    );
  }
  if (!worst && monitored.length === 0)
    return (
      <Quiet unknown>
        {beds.every(({ id }) => isImplant(state, id)) ? t.unmonitoredImplant : t.unmonitored}
      </Quiet>
    );
  if (!worst)
    return (
      <Quiet>
        {t.none}. {t.audio}
      </Quiet>
    );
  const paused = beds.find(({ pausedUntil }) => pausedUntil > Date.now());
  // An alarm that is gone hides no other of its priority that nobody has answered.
  const flashing = now.some(({ priority, presence }) => priority === worst.priority && presence === 'on');
  return (
    <section class="alarms" aria-label={t.label}>
      <button
        type="button"
        class={`alarm ${worst.priority} ${flashing ? 'flashing' : ''}`}
        onClick={() => showAll(state, act)}
      >
        <Icon kind="caution" size={24} />
        <span class="alarm-says">
          {MARKS[worst.priority]} {alarmSaid(state, worst)}
        </span>
        {last && <span class="alarm-more">{lastKnown}</span>}
        {others.length > 0 && <span class="alarm-more">+ {t.more(String(others.length))}</span>}
        <span class="grow" />
        <span>
          {vitalsTexts.value.source(sourceOf(state, worst))}.{' '}
          {paused ? t.audioPaused(clockTime(paused.pausedUntil)) : t.audio}
        </span>
      </button>
      <span class="aloud" role={worst.priority === 'high' ? 'alert' : 'status'}>
        {t[worst.priority]}: {worst.says}
      </span>
    </section>
  );
}

/** Every alarm of the patient at hand, in words; on the board each bed has its own. */
function showAll(state: State, act: Screen['act']): void {
  const { listed } = state.vitals.value ?? {};
  if (listed) listed.value = state.patient.value?.id;
  act.go('live');
}

/** Whoever is called sees the whole ward, the worst first; a command that runs keeps its patient in front. */
function openBoard(state: State, act: Screen['act']): void {
  state.called.value = undefined;
  act.leavePatient();
  act.go('live');
}

const Quiet = ({ unknown = false, children }: { unknown?: boolean; children: preact.ComponentChildren }) => (
  <section class={unknown ? 'alarms stale' : 'alarms'} aria-label={vitalsTexts.value.alarms.label}>
    {unknown && <Icon kind="unknown" />}
    <span class="alarm-quiet" role={unknown ? 'alert' : undefined}>
      {children}
    </span>
  </section>
);

/** What, how much, which limit, since when, and whether somebody has answered it. */
export function alarmSaid(state: State, alarm: ShownAlarm): string {
  const { alarms: t } = vitalsTexts.value;
  const bed = feedOf(state).beds.get(alarm.device);
  const signal = bed?.numbers(feedOf(state).clock).find(({ metric }) => metric.handle === alarm.metric);
  const parts = [alarm.says];
  if (signal?.value !== undefined && alarm.presence === 'on') {
    const { metric, value } = signal;
    const limits = limitsFor(state.reading.value, alarm.device, metric);
    const passed = alarm.says.endsWith('low') ? limits?.low : limits?.high;
    parts[0] += `, ${numberSaid(metric, value)} ${unitSaid(metric)}`.trimEnd();
    if (passed !== undefined && alarm.kind === 'physiological') parts.push(`(${t.limit(passed)})`);
  }
  parts.push(t.since(clockTime(alarm.since)));
  if (alarm.presence !== 'on') parts.push(`· ${t[alarm.presence]}`);
  return parts.join(' ');
}

export const sourceOf = (state: State, { owner, device }: ShownAlarm): string =>
  owner === 'gateway' ? vitalsTexts.value.alarms.gateway : nameOf(state, device);

/** Nobody can look at an implant: the patient is looked at. */
function silentSaid(state: State, device: string): string {
  const { alarms: t } = vitalsTexts.value;
  return (isImplant(state, device) ? t.silentImplant : t.silent)(nameOf(state, device));
}

/** A device by its name; on the ward board with its bed. */
function nameOf(state: State, device: string): string {
  const row = state.vitals.value?.ward.value?.find((one) => one.device === device);
  if (row) return [row.patient?.bed, row.name].filter(Boolean).join(', ');
  return state.patient.value?.assigned.find(({ id }) => id === device)?.name ?? device;
}
