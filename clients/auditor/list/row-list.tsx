import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Chip } from '../../common/page/chip.tsx';
import { lengthOf } from './listing.ts';
import { PAGE, rowAt } from './pages.ts';
import type { Screen } from '../screen.ts';
import { heightOf, moved, offsetOf, type Place, ROW, scrollOf, windowOf } from '../frame/scroll.ts';
import { clock, day, dayAndClock } from '../frame/times.ts';
import type { Found, Story } from '../wire.ts';
import { actionWord, chipOf, deviceName, grouped, personName, texts } from '../words.ts';

/** After the bar has rested so long (ms), it is put where the list is. */
const SETTLED_MS = 200;
const rowId = (index: number): string => `row-${index}`;

/**
 * The rows in view, of a list that may hold a million: only they and a margin are drawn. The list itself has the
 * keyboard, and says which row it is at, so that no focus is lost with a row that is no longer drawn.
 */
export function RowList({ state, act, found }: Screen & { found: Found }) {
  const rows = lengthOf(found);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState(600);
  const [place, setPlace] = useState<Place>({ scroll: 0, offset: 0 });
  const sizes = { rows, view };
  const { first, last, from, to } = windowOf(place.offset, sizes);
  const active = state.active.value;

  const goTo = (offset: number): void => {
    const bar = box.current;
    if (!bar) return;
    const scroll = scrollOf(offset, sizes);
    bar.scrollTop = scroll;
    setPlace({ scroll: bar.scrollTop, offset: offsetOf(scroll, sizes) });
  };

  useLayoutEffect(() => {
    const bar = box.current;
    if (!bar) return undefined;
    const measure = (): void => setView(bar.clientHeight);
    measure();
    const sizing = new ResizeObserver(measure);
    sizing.observe(bar);
    goTo(state.seen.value.top * ROW);
    return () => sizing.disconnect();
  }, []);
  useEffect(() => act.see({ top: place.offset / ROW, from, to }), [place.offset, from, to]);
  useEffect(() => {
    const settle = setTimeout(() => {
      if (Math.abs(scrollOf(place.offset, sizes) - place.scroll) > 1) goTo(place.offset);
    }, SETTLED_MS);
    return () => clearTimeout(settle);
  }, [place, view]);
  useBrought(active, place.offset, view, goTo);

  const drawn = Array.from({ length: last - first }, (_, i) => first + i);
  return (
    <div
      class="scroll"
      role="grid"
      aria-label={texts.value.list.title}
      aria-rowcount={rows}
      aria-activedescendant={active >= first && active < last ? rowId(active) : undefined}
      tabIndex={0}
      ref={box}
      onScroll={({ currentTarget }) => setPlace((now) => moved(now, currentTarget.scrollTop, sizes))}
      onKeyDown={(event) => {
        const to = rowOfKey(event.key, active, { rows, step: Math.max(1, Math.floor(view / ROW) - 1) });
        if (event.ctrlKey || event.altKey || event.metaKey || to === undefined) return;
        event.preventDefault();
        if (to === 'open') void act.openAt(active);
        else act.moveTo(to);
      }}
    >
      <div class="rows" role="rowgroup" style={{ height: `${heightOf(rows)}px` }}>
        {drawn.map((index) => (
          <Row
            key={index}
            state={state}
            act={act}
            index={index}
            top={place.scroll + index * ROW - place.offset}
          />
        ))}
      </div>
    </div>
  );
}

/** Brings the keyboard's row into view when the keyboard moves, and only then. */
function useBrought(active: number, offset: number, view: number, goTo: (offset: number) => void): void {
  const before = useRef(active);
  useLayoutEffect(() => {
    if (before.current === active) return;
    before.current = active;
    const [top, end] = [active * ROW, (active + 1) * ROW];
    if (top < offset) goTo(top);
    else if (end > offset + view) goTo(end - view);
  }, [active]);
}

/** Where a key leads from a row; undefined where it means nothing here. */
export function rowOfKey(
  key: string,
  at: number,
  { rows, step }: { readonly rows: number; readonly step: number },
): number | 'open' | undefined {
  const leads: Readonly<Record<string, number | 'open'>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + step,
    PageUp: at - step,
    Home: 0,
    End: rows - 1,
    Enter: 'open',
    ' ': 'open',
  };
  const to = leads[key];
  return typeof to === 'number' ? Math.max(0, Math.min(to, rows - 1)) : to;
}

function Row({ state, act, index, top }: Screen & { index: number; top: number }) {
  const { list } = texts.value;
  const held = state.held.value;
  const story = rowAt(held, index);
  const place = grouped(index + 1);
  return (
    <div
      id={rowId(index)}
      class={`story${index === state.active.value ? ' active' : ''}${story ? '' : ' waits'}`}
      role="row"
      aria-rowindex={index + 1}
      aria-current={story && state.chosen.value === story.id ? 'true' : undefined}
      style={{ top: `${top}px` }}
      onClick={() => void act.openAt(index)}
    >
      <div role="gridcell">
        {story ? (
          <Told state={state} story={story} above={index === 0 ? undefined : rowAt(held, index - 1)} />
        ) : (
          <span>{held.has(Math.floor(index / PAGE)) ? list.gone(place) : list.loadingRow(place)}</span>
        )}
      </div>
    </div>
  );
}

/** What a row tells: with its day where another one begins. */
function Told({ state, story, above }: Pick<Screen, 'state'> & { story: Story; above: Story | undefined }) {
  const proof = story.command === undefined ? undefined : state.proofs.value.get(story.command);
  const chip = chipOf(story, proof);
  const who = story.people.length > 0 ? personName(story.people[0]) : '';
  const newDay = !above || day(above.time) !== day(story.time);
  return (
    <>
      <span>
        <strong>{newDay ? dayAndClock(story.time) : clock(story.time)}</strong> {who}
        {story.device !== undefined && ` → ${deviceName(state, story.device)}`}
      </span>
      <span class="small">
        {actionWord(story.action)}
        {story.people.length > 1 && ` · ${personName(story.people[1])}`}
      </span>
      <Chip kind={chip.kind}>{chip.says}</Chip>
    </>
  );
}
