import { Button } from '../common/page/button.tsx';
import { Chip, Notice } from '../common/page/chip.tsx';
import { followsOf } from './follows.ts';
import { FilterPanel } from './filter-panel.tsx';
import type { Screen } from './screen.ts';
import { StoryPanel } from './story-panel.tsx';
import { clock, day } from './times.ts';
import type { Found, Story } from './wire.ts';
import { chipOf, deviceName, grouped, personName, texts } from './words.ts';

/** Filters, one row for each command, and the story of the one that is chosen. */
export const CommandsScreen = ({ state, act }: Screen) => (
  <>
    <FilterPanel state={state} act={act} />
    <section class="list" aria-label={texts.value.list.title}>
      <List state={state} act={act} />
    </section>
    <section class="detail">
      <StoryPanel state={state} act={act} />
    </section>
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
      <Pages state={state} act={act} found={found} />
      {found.indexed < found.size && (
        <p class="note" role="status">
          {list.partial(grouped(found.indexed), grouped(found.size))}
        </p>
      )}
      {found.rows.length === 0 && (
        <p class="note" role="status">
          {list.nothing}
        </p>
      )}
      <Follows state={state} act={act} />
      <ol class="rows">
        {found.rows.map((story, i) => (
          <Row
            key={story.id}
            state={state}
            act={act}
            story={story}
            newDay={i === 0 || day(story.time) !== day(found.rows[i - 1]?.time ?? 0)}
          />
        ))}
      </ol>
      {found.rows.length > 0 && <p class="note quiet">{found.end ? list.end : list.more}</p>}
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

const PAGE = 100;

function Pages({ state, act, found }: Screen & { found: Found }) {
  const { list } = texts.value;
  const before = (state.pages.value.length - 1) * PAGE;
  const from = found.rows.length === 0 ? 0 : before + 1;
  return (
    <div class="pages">
      <strong role="status">
        {list.count(grouped(from), grouped(before + found.rows.length), grouped(found.total))}
      </strong>
      <span class="grow" />
      {state.pages.value.length > 1 && <Button onClick={act.newer}>{list.newer}</Button>}
      {!found.end && <Button onClick={act.older}>{list.older}</Button>}
    </div>
  );
}

function Row({ state, act, story, newDay }: Screen & { story: Story; newDay: boolean }) {
  const chosen = state.chosen.value === story.id;
  const proof = story.command === undefined ? undefined : state.proofs.value.get(story.command);
  const chip = chipOf(story, proof);
  const who = story.people.length > 0 ? personName(story.people[0]) : '';
  return (
    <li>
      {newDay && <p class="day">{day(story.time)}</p>}
      <button
        type="button"
        class="story"
        aria-current={chosen ? 'true' : undefined}
        ref={(element) => {
          if (chosen) element?.scrollIntoView({ block: 'nearest' });
        }}
        onClick={() => void act.choose(story)}
      >
        <span>
          <strong>{clock(story.time)}</strong> {who}
          {story.device !== undefined && ` → ${deviceName(state, story.device)}`}
        </span>
        <span class="small">
          {story.action}
          {story.people.length > 1 && ` · ${personName(story.people[1])}`}
        </span>
        <Chip kind={chip.kind}>{chip.says}</Chip>
      </button>
    </li>
  );
}
