import { Button } from '../../common/page/button.tsx';
import { SavedFilters } from './saved-filters.tsx';
import type { Screen } from '../screen.ts';
import { offsetText, pickerOf, timeOf } from '../frame/times.ts';
import type { Filters } from '../wire.ts';
import { deviceName, outcomeWord, texts } from '../words.ts';

const OUTCOMES = [
  'waiting', 'announced', 'unknown', 'applied', 'applied-modified', 'refused', 'cancelled', 'lost',
] as const; // prettier-ignore
const ROLES = ['clinician', 'second', 'emergency', 'auditor', 'operator'] as const;

/** Every condition there is. All of them run at the gateway, over the whole log. */
export function FilterPanel({ state, act }: Screen) {
  const { filters: t, roles } = texts.value;
  const now = state.filters.value;
  const set = (change: { readonly [K in keyof Filters]: Filters[K] | undefined }): void =>
    act.filter(without({ ...now, ...change }));
  const choice =
    (name: 'rows' | 'device' | 'model' | 'place' | 'role' | 'outcome' | 'second' | 'proof') =>
    (value: string) =>
      set({ [name]: value === '' ? undefined : value });
  const number = (name: 'tier' | 'link') => (value: string) =>
    set({ [name]: value === '' ? undefined : Number(value) });
  const typed = (name: 'text' | 'person' | 'patient' | 'code') => (value: string) =>
    set({ [name]: value.trim() === '' ? undefined : value.trim() });
  return (
    <form class="filters" aria-label={t.title} onSubmit={(event) => event.preventDefault()}>
      <SavedFilters state={state} act={act} />
      <Typed id="search" label={t.search} hint={t.searchHint} value={now.text} set={typed('text')} />
      <Picked id="from" label={t.from} value={now.from} set={(from) => set({ from })} />
      <Picked id="to" label={t.to} value={now.to} set={(to) => set({ to })} />
      <Choice
        id="device"
        label={t.device}
        value={now.device}
        any={t.anyDevice}
        options={[...state.devices.value.keys()].map((id) => [id, deviceName(state, id)])}
        set={choice('device')}
      />
      <Choice
        id="model"
        label={t.model}
        value={now.model}
        any={t.anyModel}
        options={[...new Set([...state.devices.value.values()].map(({ model }) => model))].map((one) => [
          one,
          one,
        ])}
        set={choice('model')}
      />
      <Choice
        id="place"
        label={t.place}
        value={now.place}
        any={t.anyPlace}
        options={placesOf(state).map((one) => [one, one])}
        set={choice('place')}
      />
      <Choice
        id="outcome"
        label={t.outcome}
        value={now.outcome}
        any={t.any}
        options={OUTCOMES.map((one) => [one, outcomeWord(one)])}
        set={choice('outcome')}
      />
      <Choice
        id="tier"
        label={t.tier}
        value={now.tier}
        any={t.any}
        options={[
          ['0', t.r0],
          ['1', t.r1],
          ['2', t.r2],
        ]}
        set={number('tier')}
      />
      <Choice
        id="second"
        label={t.second}
        value={now.second}
        any={t.any}
        options={[
          ['none', t.none],
          ['blind', t.blind],
          ['differs', t.differs],
          ['primed', t.primed],
        ]}
        set={choice('second')}
      />
      <Choice
        id="proof"
        label={t.proof}
        value={now.proof}
        any={t.any}
        options={[
          ['witnessed', t.witnessed],
          ['waiting', t.waiting],
          ['open', t.open],
          ['unreviewed', t.unreviewed],
        ]}
        set={choice('proof')}
      />
      <Typed id="person" label={t.person} value={now.person} set={typed('person')} />
      <Typed id="patient" label={t.patient} value={now.patient} set={typed('patient')} />
      <Choice
        id="role"
        label={t.role}
        value={now.role}
        any={t.anyRole}
        options={ROLES.map((one) => [one, roles[one]])}
        set={choice('role')}
      />
      <Typed id="code" label={t.code} value={now.code} set={typed('code')} />
      <Choice
        id="link"
        label={t.link}
        value={now.link}
        any={t.any}
        options={[
          ['1', t.network],
          ['2', t.nfc],
        ]}
        set={number('link')}
      />
      <Choice
        id="rows"
        label={t.rows}
        value={now.rows}
        any={t.commands}
        options={[
          ['events', t.events],
          ['all', t.all],
        ]}
        set={choice('rows')}
      />
      <Button onClick={() => act.filter({})}>{t.clear}</Button>
      <p class="small">{t.whole}</p>
    </form>
  );
}

/** Readers that the log names; the overview brings them. */
const placesOf = ({ overview, filters }: Screen['state']): readonly string[] => {
  const known = typeof overview.value === 'object' ? overview.value.places : [];
  const { place } = filters.value;
  return place === undefined || known.includes(place) ? known : [place, ...known];
};

/** Conditions that are none leave no trace in what is asked. */
function without(filters: { readonly [K in keyof Filters]: Filters[K] | undefined }): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
}

const Typed = ({
  id,
  label,
  hint,
  value,
  set,
}: FieldProps & { hint?: string; value: string | undefined; set: (value: string) => void }) => (
  <div class="field">
    <label for={id}>{label}</label>
    <input
      id={id}
      class="input"
      maxLength={120}
      autocomplete="off"
      spellcheck={false}
      placeholder={hint}
      value={value ?? ''}
      onChange={({ currentTarget }) => set(currentTarget.value)}
    />
  </div>
);

const Picked = ({
  id,
  label,
  value,
  set,
}: FieldProps & { value: number | undefined; set: (value: number | undefined) => void }) => (
  <div class="field">
    <label for={id}>
      {label} <span class="small">{offsetText(value ?? Date.now())}</span>
    </label>
    <input
      id={id}
      class="input"
      type="datetime-local"
      value={pickerOf(value)}
      onChange={({ currentTarget }) => set(timeOf(currentTarget.value))}
    />
  </div>
);

const Choice = ({
  id,
  label,
  value,
  any,
  options,
  set,
}: FieldProps & {
  value: string | number | undefined;
  any: string;
  options: readonly (readonly [string, string])[];
  set: (value: string) => void;
}) => (
  <div class="field">
    <label for={id}>{label}</label>
    <select
      id={id}
      class="input"
      value={String(value ?? '')}
      onChange={({ currentTarget }) => set(currentTarget.value)}
    >
      <option value="">{any}</option>
      {options.map(([key, says]) => (
        <option key={key} value={key}>
          {says}
        </option>
      ))}
    </select>
  </div>
);
