import { useSignal } from '@preact/signals';
import { hex } from '../../server/protocol/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import { Button } from '../common/page/button.tsx';
import { Chip, Notice } from '../common/page/chip.tsx';
import type { Screen } from './screen.ts';
import { Stage } from './stage.tsx';
import type { Reading } from './reading.ts';
import { TroubleNotice } from './trouble-notice.tsx';
import { Value } from './value.tsx';
import { clock, number, span, texts, unitOf } from './words.ts';

/** While there is no fresh reading, no value is shown. */
export function NotRead({ state, act }: Screen) {
  const { overview, tap } = texts.value;
  const busy = state.readingState.value === 'reading';
  const bar = busy ? null : (
    <Button kind="main" tall focus onClick={act.readAgain}>
      {overview.again}
    </Button>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{busy ? tap.network : overview.notRead}</h1>
        <TroubleNotice state={state} />
      </div>
    </Stage>
  );
}

/** The quick look: what matters before anything is changed. */
export function OverviewScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { overview } = texts.value;
  const { attestation, profile } = reading;
  const { mode, settings } = attestation;
  const measured = profile.parameters.filter(({ programmed }) => !programmed);
  const modes = { running: overview.running, stopped: overview.stopped, 'safe-mode': overview.safe } as const;
  const may = (operation: number): boolean => profile.operations.some((one) => one.operation === operation);
  const bar = (
    <>
      <Button tall onClick={() => act.go('end')}>
        {overview.end}
      </Button>
      <Button tall onClick={act.readAgain}>
        {overview.again}
      </Button>
      {mode === 'running' && may(OPERATION.stop) && (
        <Button tall onClick={() => act.startChange(OPERATION.stop)}>
          {overview.stop}
        </Button>
      )}
      {mode !== 'running' && may(OPERATION.resume) && (
        <Button tall onClick={() => act.startChange(OPERATION.resume)}>
          {overview.resume}
        </Button>
      )}
      <Button kind="main" tall onClick={() => act.startChange()}>
        {overview.change}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="heading">
        <h1>{overview.title}</h1>
        <span class="quiet">{overview.read(clock(reading.at))}</span>
      </div>
      <TroubleNotice state={state} />
      {state.unknown.value && (
        <Notice kind="unknown" title={overview.unknownTitle}>
          <p>{overview.unknownSays}</p>
          <Button onClick={act.settle}>{overview.ask}</Button>
        </Notice>
      )}
      {state.patient.value?.assigned.some(({ id, review }) => id === reading.id && review !== undefined) ===
        true && (
        <Notice kind="caution" title={overview.reviewTitle}>
          <p>{overview.reviewSays}</p>
        </Notice>
      )}
      <div class="tiles">
        <section class="panel tile">
          <h2>{overview.mode}</h2>
          <Chip kind={mode === 'running' ? 'verified' : 'caution'}>{modes[mode]}</Chip>
        </section>
        {measured.map((parameter) => (
          <section class="panel tile" key={parameter.code}>
            <h2>{parameter.name}</h2>
            <Value of={parameter} value={settings.get(parameter.code) ?? 0} />
            <p class="small">{overview.measured}</p>
          </section>
        ))}
        <section class="panel tile">
          <h2>{overview.counter}</h2>
          <span class="value">
            <b>{attestation.counter}</b>
          </span>
        </section>
        <section class="panel tile">
          <h2>{overview.lastReceipt}</h2>
          <span class="value">
            <b>{attestation.receiptNumber}</b>
          </span>
          <p class="small mono">{hex(attestation.lastReceipt).slice(0, 16)}</p>
        </section>
        <section class="panel tile">
          <h2>{overview.deviceTime}</h2>
          <span class="value">
            <b>{span(attestation.ticks * 1000)}</b>
          </span>
        </section>
      </div>
    </Stage>
  );
}

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
        <div class="small">{limitsOf(of)}</div>
      </th>
      <td>
        <Value of={of} value={reading.attestation.settings.get(of.code) ?? 0} />
      </td>
      <td>{of.programmed ? (of.risk === 2 ? settings.two : settings.one) : ''}</td>
      <td class="end">
        {of.programmed && (
          <Button onClick={() => act.edit(of.code)}>
            {settings.change}
            <span class="aloud"> {of.name}</span>
          </Button>
        )}
      </td>
    </tr>
  );
}

/** The device's own limits of a setting, in the words of its profile. */
export function limitsOf(of: Parameter): string {
  const { settings } = texts.value;
  if (of.min === of.max && of.options.size > 0) return settings.only([...of.options.values()].join(', '));
  const range = settings.range(number(of.min, of.scale), number(of.max, of.scale), number(of.step, of.scale));
  const unit = unitOf(of);
  return unit === '' ? range : `${range} ${unit}`;
}
