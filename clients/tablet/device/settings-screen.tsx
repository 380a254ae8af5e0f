import { type Signal, useSignal } from '@preact/signals';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { changeTexts } from '../change/texts.ts';
import { Blocked } from './blocked.tsx';
import { blockedBy } from './blocks.ts';
import type { Reading } from './reading.ts';
import { withRange } from '../site/range.ts';
import { siteTexts } from '../site/texts.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { Value } from '../frame/value.tsx';
import { clock, number, texts, unitOf } from '../words.ts';

/** Every setting of the device in the maker's order, with how many people sign it; and the way to change one. */
export function SettingsScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { settings, change } = texts.value;
  const wanted = useSignal('');
  const signers = useSignal<Signers>('all');
  const query = wanted.value.trim().toLocaleLowerCase();
  const fits = ({ name }: Parameter): boolean => name.toLocaleLowerCase().includes(query);
  const { parameters } = reading.profile;
  const rows = parameters.filter((of) => of.programmed && fits(of) && isSignedBy(of, signers.value));
  const measured = parameters.filter((of) => !of.programmed && fits(of) && signers.value === 'all');
  const count = state.draft.value?.changes.size ?? 0;
  const bar = (
    <>
      <Button tall onClick={() => act.go('overview')}>
        {texts.value.end.back}
      </Button>
      {count > 0 && (
        <Button kind="main" tall onClick={() => act.go('change')}>
          {settings.compare(change.changes(String(count)))}
        </Button>
      )}
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="heading">
        <h1>{settings.title}</h1>
        <span class="quiet">{change.read(clock(reading.at))}</span>
      </div>
      <div class="heading">
        <SignersChoice of={parameters} chosen={signers} />
        <span class="grow" />
        <input
          class="input search"
          type="search"
          aria-label={settings.search}
          placeholder={settings.search}
          value={wanted.value}
          onInput={({ currentTarget }) => (wanted.value = currentTarget.value)}
        />
      </div>
      <TroubleNotice state={state} />
      <Blocked state={state} act={act} reading={reading} />
      {rows.length + measured.length === 0 && <Notice kind="unknown" title={settings.none} />}
      {rows.length > 0 && <SettingsTable state={state} act={act} reading={reading} rows={rows} />}
      {measured.length > 0 && (
        <section>
          <h2>{settings.measured}</h2>
          <Measured reading={reading} rows={measured} />
        </section>
      )}
    </Stage>
  );
}

/** Whose settings are listed: those that one person may change, those that take two, or both. */
type Signers = 'all' | 1 | 2;
const isSignedBy = (of: Parameter, signers: Signers): boolean => signers === 'all' || of.risk === signers;

function SignersChoice({ of, chosen }: { of: readonly Parameter[]; chosen: Signal<Signers> }) {
  const t = changeTexts.value;
  const count = (signers: Signers): string =>
    String(of.filter((one) => one.programmed && isSignedBy(one, signers)).length);
  return (
    <div class="choices" role="group" aria-label={texts.value.settings.people}>
      {([1, 2, 'all'] as const).map((signers) => (
        <button
          key={signers}
          type="button"
          class="button"
          aria-pressed={chosen.value === signers}
          onClick={() => (chosen.value = signers)}
        >
          {signers === 'all' ? t.all(count(signers)) : (signers === 1 ? t.one : t.two)(count(signers))}
        </button>
      ))}
    </div>
  );
}

function SettingsTable({ state, act, reading, rows }: Screen & TableParts) {
  const { settings } = texts.value;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{settings.setting}</th>
          <th scope="col">{settings.value}</th>
          <th scope="col">{settings.people}</th>
          <th scope="col">
            <span class="aloud">{settings.change}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((parameter) => (
          <SettingRow key={parameter.code} state={state} act={act} reading={reading} of={parameter} />
        ))}
      </tbody>
    </table>
  );
}
/** What the device measures is nobody's to change: a name and a value. */
function Measured({ reading, rows }: TableParts) {
  return (
    <table class="table">
      <tbody>
        {rows.map((of) => (
          <tr key={of.code}>
            <th scope="row">{of.name}</th>
            <td>
              <Value of={of} value={reading.attestation.settings.get(of.code) ?? 0} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface TableParts {
  readonly reading: Reading;
  readonly rows: readonly Parameter[];
}

function SettingRow({ state, act, reading, of }: Screen & { reading: Reading; of: Parameter }) {
  const { settings } = texts.value;
  const value = state.draft.value?.changes.get(of.code);
  return (
    <tr class={value === undefined ? '' : 'changed'}>
      <th scope="row">
        {of.name}
        <div class="small">{withRange(reading, of, limitsOf(of))}</div>
      </th>
      <td>
        <Value of={of} value={reading.attestation.settings.get(of.code) ?? 0} />
      </td>
      <td>
        <WhoSigns reading={reading} of={of} />
      </td>
      <td class="end">
        <Button off={blockedBy(state, reading) && ''} onClick={() => act.edit(of.code)}>
          {settings.change}
          <span class="aloud"> {of.name}</span>
        </Button>
      </td>
    </tr>
  );
}

/** How many people, as heads and in words; and in which direction one is enough all the same. */
function WhoSigns({ reading: { siteRanges }, of }: { reading: Reading; of: Parameter }) {
  const { settings } = texts.value;
  const t = changeTexts.value;
  const two = of.risk === 2;
  return (
    <span class="who-signs">
      <svg width="44" height="24" viewBox="0 0 44 24" aria-hidden="true" focusable="false">
        {(two ? [0, 20] : [10]).map((x) => (
          <path
            key={x}
            d={HEAD}
            transform={`translate(${x})`}
            fill="none"
            stroke="currentColor"
            stroke-width="2"
          />
        ))}
      </svg>
      <span>
        <b>
          {two ? settings.two : siteRanges?.has(of.code) === true ? siteTexts.value.oneInside : settings.one}
        </b>
        {two && of.safeDirection !== 0 && (
          <span class="small">{of.safeDirection < 0 ? t.lower : t.raise}</span>
        )}
      </span>
    </span>
  );
}
/** Head and shoulders; circles, triangles and squares mean states. */
const HEAD = 'M12 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4 21c0-4 4-7 8-7s8 3 8 7';

/** Between what, or which: short, for who compares. */
export const rangeOf = (of: Parameter): string =>
  of.min < of.max
    ? texts.value.settings.between(number(of.min, of.scale), number(of.max, of.scale))
    : limitsOf(of);

/** The device's own limits of a setting, in the words of its profile. */
export function limitsOf(of: Parameter): string {
  const { settings } = texts.value;
  if (of.min === of.max && of.options.size > 0) return settings.only([...of.options.values()].join(', '));
  const range = settings.range(number(of.min, of.scale), number(of.max, of.scale), number(of.step, of.scale));
  const unit = unitOf(of);
  return unit === '' ? range : `${range} ${unit}`;
}
