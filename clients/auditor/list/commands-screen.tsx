import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { followsOf } from '../story/follows.ts';
import { FilterPanel } from './filter-panel.tsx';
import { LISTED } from './listing.ts';
import { rowAt } from './pages.ts';
import { PaperList, PrintButton } from './paper.tsx';
import { RowList } from './row-list.tsx';
import type { Screen } from '../screen.ts';
import { StoryPanel } from '../story/story-panel.tsx';
import { day } from '../frame/times.ts';
import type { Found } from '../wire.ts';
import { grouped, texts } from '../words.ts';

/** Filters, one list of everything they find, and the story of the one that is chosen. */
export const CommandsScreen = ({ state, act }: Screen) => (
  <>
    <FilterPanel state={state} act={act} />
    <section class="list" aria-label={texts.value.list.title}>
      <List state={state} act={act} />
    </section>
    <section class="detail" key={state.chosen.value}>
      <StoryPanel state={state} act={act} />
    </section>
    <PaperList state={state} />
  </>
);

function List({ state, act }: Screen) {
  const { list } = texts.value;
  const found = state.found.value;
  if (found === 'loading')
    return (
      <p class="note" role="status">
        {list.loading}
      </p>
    );
  if (found === 'failed')
    return (
      <div class="note">
        <p>{list.failed}</p>
        <Button onClick={act.list}>{list.again}</Button>
      </div>
    );
  return (
    <>
      <Position state={state} act={act} found={found} />
      {found.indexed < found.size && (
        <p class="note" role="status">
          {list.partial(grouped(found.indexed), grouped(found.size))}
        </p>
      )}
      {found.total > LISTED && (
        <p class="note" role="status">
          {list.narrow(grouped(LISTED), grouped(found.total))}
        </p>
      )}
      {state.stuck.value && (
        <div class="note" role="status">
          <p>{list.failed}</p>
          <Button onClick={act.fetchAgain}>{list.again}</Button>
        </div>
      )}
      <Follows state={state} act={act} />
      {found.total === 0 ? (
        <div class="note" role="status">
          <p>{state.filters.value.rows === undefined ? list.noCommand : list.nothing}</p>
          {state.filters.value.text !== undefined && <p>{list.searchKnows}</p>}
        </div>
      ) : (
        <RowList state={state} act={act} found={found} />
      )}
      {found.total > 0 && <End state={state} found={found} />}
      <details class="note">
        <summary>{list.proves}</summary>
        <ul lang="en">
          {found.complete.says.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface Shown {
  readonly state: Screen['state'];
  readonly found: Found;
}

/** Which rows are in view, of how many, and of which day the first one is. */
function Position({ state, act, found }: Screen & Shown) {
  const { list } = texts.value;
  const { from, to } = state.seen.value;
  const first = rowAt(state.held.value, from);
  const total = grouped(found.total);
  return (
    <div class="pages">
      <span class="aloud" role="status">
        {list.found(total)}
      </span>
      <strong>
        {list.count(grouped(found.total === 0 ? 0 : from + 1), grouped(Math.min(to, found.total)), total)}
      </strong>
      <span class="grow" />
      {first && <span class="quiet">{day(first.time)}</span>}
      {found.total > 0 && <PrintButton state={state} act={act} />}
    </div>
  );
}

/** What comes below the view. */
function End({ state, found }: Shown) {
  const { list } = texts.value;
  const below = found.total - state.seen.value.to;
  return <p class="note quiet">{below <= 0 ? list.end : list.below(grouped(below))}</p>;
}

/** Of a list that holds everything one device did: whether the device's own numbers agree. */
function Follows({ state }: Screen) {
  const { follows: t } = texts.value;
  const { device, ...more } = state.filters.value;
  const narrowed = Object.keys(more).some((name) => name !== 'rows');
  const found =
    device === undefined || narrowed ? undefined : followsOf(state.rows.value, state.proofs.value);
  if (!found) return null;
  if (found.missing.length === 0)
    return (
      <p class="note" role="status">
        {t.whole(String(found.first), String(found.last))}
      </p>
    );
  return (
    <Notice kind="blocked" loud title={t.hole}>
      <p>{t.holeSays(found.missing.join(', '))}</p>
    </Notice>
  );
}
