import type { Screen } from '../screen.ts';
import { SimulatorLink } from './simulator-link.tsx';
import type { State } from '../state.ts';
import { setUpTexts } from './texts.ts';

/**
 * Only in a simulation: wristbands that a visitor can scan by pressing them, since no patient lies there. Each says what is
 * printed on a real one. @param scan told the number, as a scanner would
 */
export function Wristbands({ state, scan }: { state: State; scan: (mrn: string) => void | Promise<void> }) {
  const t = setUpTexts.value;
  const bands = state.wristbands.value;
  if (bands.length === 0 && state.simulator.value === undefined) return null;
  return (
    <section class="panel samples">
      <p>
        <span class="badge simulation">{t.simulation}</span> {bands.length > 0 ? t.wristbands : t.noBands}
      </p>
      {bands.map(({ device, mrn, birthYear }) => (
        <button key={mrn} type="button" class="button sample" onClick={() => void scan(mrn)}>
          <span>
            {mrn} · {t.born(String(birthYear))}
          </span>
          <span class="small">{t.has(device)}</span>
        </button>
      ))}
      <SimulatorLink state={state} />
    </section>
  );
}

/** Only in a simulation: the label of the one reader that is there. */
export function ReaderLabel({ state, act }: Screen) {
  const t = setUpTexts.value;
  const [only, ...others] = (state.readers.value ?? []).filter(({ linked }) => linked);
  if (state.environment.value !== 'simulation' || !only || others.length > 0) return null;
  return (
    <section class="panel samples">
      <p>
        <span class="badge simulation">{t.simulation}</span> {t.label}
      </p>
      <button type="button" class="button mono" onClick={() => void act.bindReader(only.label)}>
        {only.label}
      </button>
    </section>
  );
}
