import { useSignal } from '@preact/signals';
import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import { takeFocus } from '../../common/page/focus.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import type { PatientRow, Query } from './patients.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { ageOf, alikeSaid, dateOf, initialsOf, nameOf, texts } from '../words.ts';

/** What was typed, without the blanks around it and the fields that were left empty. */
const trimmed = (fields: Query): Query =>
  Object.fromEntries(
    Object.entries(fields)
      .map(([name, text]: [string, string]): [string, string] => [name, text.trim()])
      .filter(([, text]) => text !== ''),
  );

const FIELDS = ['family', 'given', 'birthDate', 'mrn', 'bed'] as const;

/** Scan first; a search takes two identifiers. Nobody is chosen until somebody chooses. */
export function FindScreen({ state, act }: Screen) {
  const { find, overview } = texts.value;
  const glass = state.glass.value;
  const vitals = state.vitals.value;
  const elsewhere = state.elsewhere.value;
  const screens = state.screens.value;
  const wristband = useSignal('');
  const fields = useSignal<Readonly<Partial<Record<(typeof FIELDS)[number], string>>>>({});
  const missing = useSignal<string | undefined>(undefined);
  const given = Object.keys(trimmed(fields.value));

  const scanned = (code: string) => act.search({ wristband: (wristband.value = code) });
  const scan = (event: Event): void => {
    event.preventDefault();
    const text = wristband.value.trim();
    missing.value = text === '' ? find.needOne : undefined;
    if (text !== '') void act.search({ wristband: text });
  };
  const search = (event: Event): void => {
    event.preventDefault();
    missing.value = given.length < 2 ? find.needTwo : undefined;
    if (given.length >= 2) void act.search(trimmed(fields.value));
  };
  const bar = (
    <>
      {vitals && <vitals.Entry act={act} />}
      <Button tall onClick={() => act.go('end')}>
        {overview.end}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="find">
        <form class="panel" onSubmit={scan}>
          <h1>{find.title}</h1>
          <div class="field">
            <label for="wristband">{find.wristband}</label>
            <input
              id="wristband"
              class="input big"
              autocomplete="off"
              spellcheck={false}
              ref={takeFocus}
              value={wristband.value}
              onInput={({ currentTarget }) => (wristband.value = currentTarget.value)}
              aria-describedby="wristband-hint"
            />
            <p class="small" id="wristband-hint">
              {find.wristbandHint}
            </p>
          </div>
          <button type="submit" class="button primary wide">
            {find.scan}
          </button>
          {screens && <screens.Scanner fits={screens.isWristband} found={scanned} />}
        </form>
        <form class="panel" onSubmit={search}>
          <h2>{find.or}</h2>
          <div class="fields">
            {FIELDS.map((name) => (
              <div class="field" key={name}>
                <label for={`find-${name}`}>{find[name]}</label>
                <input
                  id={`find-${name}`}
                  class="input"
                  {...(name === 'birthDate' ? { type: 'date' } : { type: 'text' })}
                  autocomplete="off"
                  value={fields.value[name] ?? ''}
                  onInput={({ currentTarget }) =>
                    (fields.value = { ...fields.value, [name]: currentTarget.value })
                  }
                />
              </div>
            ))}
            <button type="submit" class="button">
              {find.search}
            </button>
          </div>
        </form>
        <div class="results" aria-live="polite">
          {missing.value !== undefined && <p role="alert">{missing.value}</p>}
          <TroubleNotice state={state} />
          <Results state={state} act={act} />
          {screens && <screens.Wristbands state={state} scan={scanned} />}
          {elsewhere && <elsewhere.Notice state={state} act={act} />}
          {screens && <screens.WaitingReviews state={state} />}
          {glass && <glass.Pending state={state} />}
        </div>
      </div>
    </Stage>
  );
}

function Results({ state, act }: Screen) {
  const { find } = texts.value;
  const found = state.search.value;
  if (found === 'ready') return null;
  if (found === 'searching')
    return (
      <ul aria-label={find.searching} aria-busy="true">
        {[0, 1].map((i) => (
          <li key={i} class="skeleton" />
        ))}
      </ul>
    );
  if (found.patients.length === 0) return <Notice kind="unknown" title={find.none} />;
  return (
    <section ref={seen} class="found">
      <p class="quiet">{find.results(String(found.patients.length))}</p>
      {found.more && <Notice kind="caution" title={find.many} />}
      <ul>
        {found.patients.map((row) => (
          <PatientLine key={row.id} row={row} state={state} act={act} />
        ))}
      </ul>
    </section>
  );
}

/** What was found is what is looked at next. */
const seen = (section: HTMLElement | null): void => section?.scrollIntoView({ block: 'start' });

function PatientLine({ row, state, act }: Screen & { row: PatientRow }) {
  const glass = state.glass.value;
  const { find, person } = texts.value;
  const sex = { male: person.male, female: person.female, other: person.other, unknown: person.unknown };
  return (
    <li class="row">
      <span class="portrait">{initialsOf(row)}</span>
      <div class="grow">
        <h3>{nameOf(row)}</h3>
        <p class="quiet">
          {[
            person.born(dateOf(row.birthDate), ageOf(row.birthDate, state.now.value)),
            row.sex && sex[row.sex],
            row.mrn && person.mrn(row.mrn),
            [row.ward, row.bed].filter(Boolean).join(', '),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {row.lookAlike === true && <Chip kind="caution">{find.lookAlike(alikeSaid(row.alike))}</Chip>}
        {row.restricted && <p class="small">{find.restricted}</p>}
      </div>
      {row.restricted ? (
        glass && <Button onClick={() => glass.ask(row.id)}>{find.breakGlass}</Button>
      ) : (
        <Button onClick={() => void act.choosePatient(row.id)}>
          {find.open}
          <span class="aloud"> {nameOf(row)}</span>
        </Button>
      )}
    </li>
  );
}
