import { useEffect } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import type { Gateway } from '../gateway.ts';
import { PAGE } from './pages.ts';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { dayAndClock, offsetText } from '../frame/times.ts';
import type { Filters, Story } from '../wire.ts';
import { chipOf, deviceName, grouped, personName, texts } from '../words.ts';

/** Rows on paper: some thirty sheets. Whoever needs more takes the export, which has all of them. */
const PRINTED = 1_000;

/** A list on its way to paper: its newest rows, of so many. */
export interface Paper {
  readonly rows: readonly Story[];
  readonly total: number;
}

export interface Printing {
  /** Fetches what the filters find now, and prints it whole up to a bound that the paper names, or not at all. */
  readonly printList: () => Promise<void>;
}

export function printingActions(
  state: State,
  now: () => Gateway | undefined,
  fail: (error: unknown) => void,
): Printing {
  return {
    async printList() {
      const gateway = now();
      if (!gateway || state.paper.value !== undefined) return;
      state.paper.value = 'fetching';
      state.trouble.value = undefined;
      const filters = state.filters.value;
      try {
        const { rows, total } = await gateway.search(filters);
        const all = [...rows];
        const before = (rows[0]?.id ?? -1) + 1;
        while (all.length < Math.min(total, PRINTED)) {
          const { rows: more } = await gateway.search(filters, { before, skip: all.length });
          if (more.length === 0) break; // Rows that changed meanwhile fit no longer: the paper says how many it has.
          all.push(...more.slice(0, PAGE));
        }
        state.paper.value =
          state.filters.value === filters ? { rows: all.slice(0, PRINTED), total } : undefined;
      } catch (error) {
        state.paper.value = undefined;
        fail(error);
      }
    },
  };
}

export function PrintButton({ state, act }: Screen) {
  const { paper: t } = texts.value;
  return <Button onClick={act.printList}>{state.paper.value === 'fetching' ? t.fetching : t.print}</Button>;
}

/** The list as it is printed, and only then to be seen. */
export function PaperList({ state }: Pick<Screen, 'state'>) {
  const { paper } = state;
  return typeof paper.value === 'object' ? <Sheets state={state} paper={paper.value} /> : null;
}

function Sheets({ state, paper }: Pick<Screen, 'state'> & { paper: Paper }) {
  const { paper: t, list } = texts.value;
  useEffect(() => {
    const done = (): void => void (state.paper.value = undefined);
    addEventListener('afterprint', done, { once: true });
    print();
    return () => removeEventListener('afterprint', done);
  }, []);
  const [printed, total] = [grouped(paper.rows.length), grouped(paper.total)];
  const whole = paper.rows.length >= paper.total;
  return (
    <section class="paper" aria-label={list.title}>
      <h1>{list.title}</h1>
      <p>{whole ? t.whole(total) : t.part(printed, total)}</p>
      <p>{t.filters(told(state.filters.value))}</p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.time(offsetText(paper.rows[0]?.time ?? Date.now()))}</th>
            <th scope="col">{t.entry}</th>
            <th scope="col">{t.people}</th>
            <th scope="col">{t.device}</th>
            <th scope="col">{t.what}</th>
            <th scope="col">{t.outcome}</th>
          </tr>
        </thead>
        <tbody>
          {paper.rows.map((story) => (
            <Line key={story.id} state={state} story={story} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Filters in a line, times as the page tells them. */
const told = (filters: Filters): string =>
  Object.entries(filters)
    .map(
      ([name, value]) => `${name}: ${name === 'from' || name === 'to' ? dayAndClock(Number(value)) : value}`,
    )
    .join('; ');

function Line({ state, story }: Pick<Screen, 'state'> & { story: Story }) {
  const proof = story.command === undefined ? undefined : state.proofs.value.get(story.command);
  return (
    <tr>
      <td>{dayAndClock(story.time)}</td>
      <td>{story.id}</td>
      <td>{story.people.map(personName).join(', ')}</td>
      <td>{story.device !== undefined && deviceName(state, story.device)}</td>
      <td>{story.action}</td>
      <td>{chipOf(story, proof).says}</td>
    </tr>
  );
}
