import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import { Icon } from '../../common/page/icon.tsx';
import { MARKS, READ_BY } from '../../common/page/vitals/alarms.ts';
import type { LiveBed, Signal } from '../../common/page/vitals/bed.ts';
import type { Feed } from '../../common/page/vitals/feed.ts';
import {
  ageSaid,
  clockTime,
  contactSaid,
  stateSaid,
  unitSaid,
  valueSaid,
} from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import { safetySaid } from '../safety/safety-marks.tsx';
import { type Place, placeSaid } from './ward.ts';

/** So many values of a bed are read across a room; devices that measure nothing a bed is read by show their first ones. */
const MOST = 4;

interface Shown {
  readonly bed: LiveBed;
  readonly signal: Signal;
}

/** One bed: who lies there as far as a board may say, its worst alarm, its values with their age, and the last contact. */
export function WardPlace({
  place,
  feed,
  now,
  open,
}: {
  place: Place;
  feed: Feed;
  /** Unix ms. */
  now: number;
  open: (id: string) => void;
}) {
  const { ward: t, simulated } = vitalsTexts.value;
  const { patient, rows, beds, alarms } = place;
  const lost = feed.state !== 'live';
  const [worst] = alarms;
  const known = lost || place.silent.some(({ id }) => id === worst?.device && worst.owner === 'device');
  const stale = lost || place.silent.length > 0;
  const where = placeSaid(place);
  return (
    <li
      class={`place ${stale ? 'stale' : ''}`}
      data-place={place.key}
      data-severity={known ? undefined : worst?.priority}
    >
      <div class="place-head">
        <h2>{where}</h2>
        <span class="grow">{patient?.name}</span>
        {beds.some((bed) => bed.simulated) && <b class="place-simulated">{simulated}</b>}
      </div>
      <p class={`place-alarm ${worst && !known ? `alarm-tile ${worst.priority} ${worst.presence}` : ''}`}>
        <span>{worst ? alarmSaid(alarms, known) : quietSaid(place, lost)}</span>
        {worst && <span>{clockTime(worst.since).slice(0, 5)}</span>}
      </p>
      {rows
        .flatMap((row) => safetySaid(row, now))
        .map((says) => (
          <p key={says} class="place-safety">
            <Icon kind="caution" /> {says}
          </p>
        ))}
      <dl class="place-values">
        {shownOf(beds, feed.clock).map(({ bed, signal }) => (
          <PlaceValue
            key={`${bed.id}${signal.metric.handle}`}
            bed={bed}
            signal={signal}
            lost={lost}
            feed={feed}
          />
        ))}
      </dl>
      <p class="place-contact">
        {beds.length === 0 && t.nothing}
        {beds
          .map((bed) => contactSaid(nameOf(rows, bed), bed, feed.clock, !lost && isBetween(bed)))
          .join(' · ')}
      </p>
      {patient && (
        <button
          type="button"
          class="place-open"
          onClick={() => open(patient.id)}
          aria-label={t.open(where)}
        />
      )}
    </li>
  );
}

/** The worst alarm of a bed, and how many more there are. */
function alarmSaid([worst, ...more]: Place['alarms'], known: boolean): string {
  if (!worst) return '';
  const { alarms: t } = vitalsTexts.value;
  const answer = worst.presence === 'on' ? '' : ` · ${t[worst.presence]}`;
  const says = `${MARKS[worst.priority]} ${worst.says}${answer}${more.length > 0 ? ` + ${more.length}` : ''}`;
  return known ? `${vitalsTexts.value.ward.before} ${says}` : says;
}

/** Without an alarm: that there is none is said only of a bed that is heard. */
function quietSaid({ beds, silent }: Place, lost: boolean): string {
  const { ward: t, states } = vitalsTexts.value;
  if (lost || silent.length > 0) return states['no-data'];
  const is = (...of: readonly LiveBed['contact'][]): boolean =>
    beds.some(({ contact }) => of.includes(contact));
  // A bedside device that went away has the gateway's alarm; what is away without one is an implant between two readings.
  return is('live', 'silent') ? t.quiet : is('away') ? t.readOut : t.away;
}

function PlaceValue({ bed, signal, lost, feed }: Shown & { lost: boolean; feed: Feed }) {
  const { metric, value, state } = signal;
  const missing = lost || value === undefined;
  const alarm = missing
    ? undefined
    : bed.alarms.find(
        (one) => one.metric === metric.handle && one.kind === 'physiological' && one.presence !== 'latched',
      );
  const pressure = metric.code === TERMS.systolic.code;
  const t = vitalsTexts.value;
  const says = pressure ? pressureSaid(bed, signal, feed.clock) : valueSaid(signal);
  const looks = [
    'place-value',
    missing ? 'missing' : says.length > 4 && 'long',
    alarm && `alarm-tile ${alarm.priority}`,
  ];
  const short: Readonly<Record<number, string>> = t.ward.short;
  return (
    <div
      class={looks.filter(Boolean).join(' ')}
      data-code={metric.code}
      data-state={lost ? 'no-data' : state}
    >
      <dt>
        {pressure ? t.pressure : (short[metric.code] ?? metric.name)} <span>{boardUnit(metric)}</span>
      </dt>
      <dd>
        <b>{missing ? '– –' : says}</b>
        <small>{aboutSaid(signal, lost, isBetween(bed))}</small>
      </dd>
    </div>
  );
}

/** Short, and exact all the same: tiles are narrow. */
const boardUnit = (metric: Signal['metric']): string => (metric.unit === '/min' ? '/min' : unitSaid(metric));

/** How old a number is, when it was taken, or why there is none. */
function aboutSaid(signal: Signal, lost: boolean, readOut: boolean): string {
  const { state, spot, at, age, value } = signal;
  if (lost) return vitalsTexts.value.noDataFor(ageSaid(age));
  if (value === undefined || state === 'artefact') return stateSaid(signal, readOut);
  return spot && at !== undefined ? clockTime(at).slice(0, 5) : ageSaid(age);
}

/** Both numbers of one measurement. */
function pressureSaid(bed: LiveBed, systolic: Signal, clock: number): string {
  const diastolic = bed.numbers(clock).find(({ metric }) => metric.code === TERMS.diastolic.code);
  const same = diastolic?.value !== undefined && diastolic.at === systolic.at;
  return same ? `${valueSaid(systolic)}/${valueSaid(diastolic)}` : valueSaid(systolic);
}

/** Of two devices that measure the same, the one that has a number. */
function shownOf(beds: readonly LiveBed[], clock: number): readonly Shown[] {
  const all = beds.flatMap((bed) => bed.numbers(clock).map((signal): Shown => ({ bed, signal })));
  const vital = READ_BY.flatMap((code) => {
    const of = all.filter(({ signal }) => signal.metric.code === code);
    return of.find(({ signal }) => signal.value !== undefined) ?? of[0] ?? [];
  });
  return (vital.length > 0 ? vital : all).slice(0, MOST);
}

/** Away without an alarm of the gateway about its link: an implant between two readings, and not a bedside device that went away. */
const isBetween = ({ contact, alarms }: LiveBed): boolean =>
  contact === 'away' && !alarms.some(({ owner }) => owner === 'gateway');

const nameOf = (rows: Place['rows'], bed: LiveBed): string =>
  rows.find(({ device }) => device === bed.id)?.name ?? bed.id;
