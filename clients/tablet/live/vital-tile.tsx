import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import type { LiveBed, Signal } from '../../common/page/vitals/bed.ts';
import {
  ageSaid,
  clockTime,
  numberSaid,
  stateSaid,
  unitSaid,
  valueSaid,
} from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { State } from '../state.ts';
import { isReadOut } from './implants.ts';
import { limitsFor } from './limits.ts';
import { feedOf } from './vitals.ts';

interface TileProps {
  readonly state: State;
  readonly bed: LiveBed;
  readonly of: Signal;
}

/** One value: name, unit, number, limits, source and age. Without a fresh number it says why, on a hatch. */
export function VitalTile({ state, bed, of, small = false }: TileProps & { small?: boolean }) {
  const name = of.metric.name;
  return <Tile state={state} bed={bed} of={of} name={name} says={valueSaid(of)} small={small} />;
}

/** A blood pressure: both numbers of one measurement, with its time. */
export function PressureTile({ state, bed, of }: TileProps) {
  const diastolic = bed
    .numbers(feedOf(state).clock)
    .find(({ metric }) => metric.code === TERMS.diastolic.code);
  const same = diastolic?.at === of.at && diastolic?.value !== undefined;
  const says = same ? `${valueSaid(of)}/${valueSaid(diastolic)}` : valueSaid(of);
  return <Tile state={state} bed={bed} of={of} name={vitalsTexts.value.pressure} says={says} small={false} />;
}

function Tile({
  state,
  bed,
  of,
  name,
  says,
  small,
}: TileProps & { name: string; says: string; small: boolean }) {
  const t = vitalsTexts.value;
  // While the feed is lost nothing is fresh, whatever came last.
  const lost = feedOf(state).state !== 'live';
  const missing = lost || of.value === undefined;
  const alarm = missing
    ? undefined
    : bed.alarms.find(
        ({ metric, kind, presence }) =>
          metric === of.metric.handle && kind === 'physiological' && presence !== 'latched',
      );
  const limits = limitsFor(state.reading.value, bed.id, of.metric);
  const unit = unitSaid(of.metric);
  const kinds = [
    'vital',
    small && 'vital-small',
    missing && 'stale',
    alarm && `alarm-tile ${alarm.priority}`,
  ];
  const arrow = alarm?.presence !== 'on' ? '' : alarm.says.endsWith('low') ? ' ▼' : ' ▲';
  return (
    <section
      class={kinds.filter(Boolean).join(' ')}
      data-code={of.metric.code}
      data-state={lost ? 'no-data' : of.state}
    >
      <h2>
        {name}
        {unit !== '' && <span> · {unit}</span>}
      </h2>
      <p class="vital-value">
        {missing ? '– –' : says}
        {!missing && arrow}
      </p>
      {missing && <b class="vital-why">{whySaid(of, lost, isReadOut(state, bed))}</b>}
      <p class="vital-about">
        {[small ? '' : limitsSaid(limits), bed.simulated ? t.simulated : ''].filter(Boolean).join(' · ')}
      </p>
      <p class="vital-about">
        {missing ? lastSaid(of) : <Age of={of} />}
        {!missing && ` · ${sourceName(state, bed)}`}
      </p>
    </section>
  );
}

function Age({ of }: { of: Signal }) {
  const t = vitalsTexts.value;
  if (of.state === 'artefact') return <b>{stateSaid(of)}</b>;
  const age = ageSaid(of.age);
  return <>{of.spot && of.at !== undefined ? t.at(clockTime(of.at).slice(0, 5), age) : t.old(age)}</>;
}

/** Why there is no number. */
function whySaid(of: Signal, lost: boolean, readOut: boolean): string {
  const { states, noDataFor } = vitalsTexts.value;
  if (of.at === undefined) return states['no-data'];
  return lost ? noDataFor(ageSaid(of.age)) : stateSaid(of, readOut);
}

/** What it was last, with its time: never in the place of the number. */
const lastSaid = ({ metric, last, at }: Signal): string =>
  last === undefined || at === undefined
    ? ''
    : vitalsTexts.value.lastValue(numberSaid(metric, last), clockTime(at));

function limitsSaid(limits: ReturnType<typeof limitsFor>): string {
  const t = vitalsTexts.value;
  if (!limits) return t.limitsAtDevice;
  const { low, high } = limits;
  if (low !== undefined && high !== undefined) return t.limits(low, high);
  return low !== undefined ? t.lowLimit(low) : t.highLimit(high ?? '');
}

const sourceName = (state: State, bed: LiveBed): string =>
  state.patient.value?.assigned.find(({ id }) => id === bed.id)?.name ?? bed.id;
