import { useSignal } from '@preact/signals';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
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

/** Every setting of the device, by what it is for; and the way to change one. */
export function SettingsScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { settings, change } = texts.value;
  const wanted = useSignal('');
  const query = wanted.value.trim().toLocaleLowerCase();
  const fits = ({ name }: Parameter): boolean => name.toLocaleLowerCase().includes(query);
  const all = reading.profile.parameters.filter(fits);
  const groups = [
    { title: settings.therapy, rows: all.filter(({ programmed, risk }) => programmed && risk === 2) },
    { title: settings.alerts, rows: all.filter(({ programmed, risk }) => programmed && risk === 1) },
    { title: settings.measured, rows: all.filter(({ programmed }) => !programmed) },
  ];
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
      {all.length === 0 && <Notice kind="unknown" title={settings.none} />}
      {groups
        .filter(({ rows }) => rows.length > 0)
        .map(({ title, rows }) => (
          <section key={title}>
            <h2>{title}</h2>
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
          </section>
        ))}
    </Stage>
  );
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
      <td>{of.programmed && signersOf(reading, of)}</td>
      <td class="end">
        {of.programmed && (
          <Button off={blockedBy(state, reading) && ''} onClick={() => act.edit(of.code)}>
            {settings.change}
            <span class="aloud"> {of.name}</span>
          </Button>
        )}
      </td>
    </tr>
  );
}

/** How many people a change of this setting takes. */
function signersOf({ siteRanges }: Reading, of: Parameter): string {
  const { settings } = texts.value;
  if (of.risk === 2) return settings.two;
  return siteRanges?.has(of.code) === true ? siteTexts.value.oneInside : settings.one;
}

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
