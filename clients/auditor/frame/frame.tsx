import type { ComponentChildren } from 'preact';
import { Button } from '../../common/page/button.tsx';
import { Chip } from '../../common/page/chip.tsx';
import { useEnvironment } from './environment.ts';
import { ExportSheet } from '../take/export-sheet.tsx';
import type { Screen } from '../screen.ts';
import { TroubleNotice } from '../sign-in/sign-in-screens.tsx';
import type { Section } from '../state.ts';
import { offsetText, zone } from './times.ts';
import { grouped, texts } from '../words.ts';

const SECTIONS: readonly Section[] = ['overview', 'commands', 'gaps', 'access', 'retention'];

/** What stays the same on every screen: what this is, how large the log is, where to go, how times are told. */
export function Frame({
  state,
  act,
  section,
  children,
}: Screen & { section: Section; children: ComponentChildren }) {
  const { frame } = texts.value;
  const overview = state.overview.value;
  const found = state.found.value;
  const counted = [overview, found].flatMap((one) =>
    typeof one !== 'object' ? [] : 'log' in one ? [one.log.size] : [one.size],
  );
  const size = counted.length === 0 ? undefined : Math.max(...counted);
  const environment = useEnvironment(state);
  return (
    <div class="frame">
      <a class="aloud skip" href="#main">
        {frame.skip}
      </a>
      <header class="top">
        <strong>{frame.product}</strong>
        <span class="badge">{frame.readOnly}</span>
        <span class={`badge ${state.environment.value}`}>{environment}</span>
        <span class="quiet">
          {size !== undefined &&
            frame.log(grouped(size), typeof overview === 'object' ? grouped(overview.log.witnessed) : '–')}
        </span>
        <span class="grow" />
        {state.shown.value ? (
          <Chip kind="caution">{frame.unmasked(state.shown.value.patient)}</Chip>
        ) : (
          <span class="quiet">{frame.masked}</span>
        )}
        <label class="field-inline">
          {frame.zone}
          <select
            class="input"
            value={zone.value}
            onChange={({ currentTarget }) => (zone.value = currentTarget.value === 'utc' ? 'utc' : 'local')}
          >
            <option value="local">{`${frame.local} (${localOffset()})`}</option>
            <option value="utc">{frame.utc}</option>
          </select>
        </label>
        <Button onClick={() => void (state.help.value = true)}>{frame.help}</Button>
        <Button onClick={act.leave}>{frame.leave}</Button>
      </header>
      <nav class="tabs" aria-label={frame.sections}>
        {SECTIONS.map((one) => (
          <button
            key={one}
            type="button"
            class="tab"
            aria-current={one === section ? 'page' : undefined}
            onClick={() => act.go(one)}
          >
            {frame[one]}
          </button>
        ))}
        <span class="grow" />
        <span class="quiet">
          {state.name.value} · {frame.purpose(state.purpose.value)}
        </span>
        {section === 'commands' && (
          <Button onClick={() => void (state.exportingRows.value = true)}>{frame.export}</Button>
        )}
        {section === 'commands' && (
          <Button onClick={act.verifyAll}>
            {state.verifyingAll.value ? frame.verifying : frame.verifyAll}
          </Button>
        )}
      </nav>
      <TroubleNotice state={state} />
      <main id="main" class={`main ${section}`}>
        <p class="print-only">
          {state.site.value} · {state.name.value} · {frame.purpose(state.purpose.value)}
          {typeof overview === 'object' && ` · ${overview.log.origin} ${overview.log.root}`}
        </p>
        {children}
      </main>
      {state.exportingRows.value && <ExportSheet state={state} act={act} />}
      {state.help.value && <Help state={state} act={act} />}
    </div>
  );
}

/** The offset of the local zone now, whatever zone is chosen. */
function localOffset(): string {
  const chosen = zone.value;
  return chosen === 'utc' ? new Date().toTimeString().slice(9, 17) : offsetText(Date.now());
}

function Help({ state }: Screen) {
  const { help } = texts.value;
  const keys: readonly (readonly [string, string])[] = [
    ['/', help.search],
    ['j k', help.move],
    ['↑ ↓', help.arrows],
    ['v', help.verify],
    ['e', help.export],
    ['?', help.help],
  ];
  return (
    <section class="dialog" role="dialog" aria-labelledby="help-title">
      <h2 id="help-title">{help.title}</h2>
      <dl class="keys">
        {keys.map(([key, says]) => (
          <div key={key}>
            <dt class="mono">{key}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <Button focus onClick={() => void (state.help.value = false)}>
        {help.close}
      </Button>
    </section>
  );
}
