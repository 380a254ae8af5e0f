import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { ageSaid } from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Actions } from '../actions.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { feedOf } from './vitals.ts';
import { placesOf } from './ward.ts';
import { WardPlace } from './ward-place.tsx';

/** Nobody touched the board for this long: it goes on, and every way out of it takes a key. */
const UNTOUCHED_MS = 2 * 60_000;
const LOOK_MS = 5_000;
/** Up to so many places the tiles are of this size: they are read across a room, and fewer are larger. 24 fit without scrolling. */
const SIZES: readonly (readonly [number, string])[] = [
  [6, 'few'],
  [12, 'some'],
  [20, 'many'],
];

/** Everybody whom this person cares for, the worst first. It is a second display, and says so. */
export function WardBoard({ state, act }: Screen) {
  const feed = feedOf(state);
  void feed.version.value;
  const { ward: t } = vitalsTexts.value;
  const alone = useAlone(act);
  const rows = state.vitals.value?.ward.value;
  const places = rows && placesOf(rows, feed);
  keepFocus();
  const leave = (way: () => void): void => (alone ? act.lock() : way());
  const size = SIZES.find(([most]) => (places?.length ?? 0) <= most)?.[1] ?? 'crowd';
  const bar = (
    <>
      <p class="small board-says">
        {t.secondary} {alone ? t.alone : ''}
      </p>
      <Button tall onClick={() => leave(() => act.go('patients'))}>
        {t.leave}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1 class="aloud">{t.title}</h1>
      <TroubleNotice state={state} />
      {feed.state === 'lost' && (
        <Notice kind="unknown" title={vitalsTexts.value.feedLost(ageSaid(feed.silence))} />
      )}
      {!places && <Notice kind="unknown" title={vitalsTexts.value.feedWaiting} />}
      {places?.length === 0 && <Notice kind="unknown" title={t.nobody} />}
      {places && places.length > 0 && (
        <ol class={`board ${size}`} aria-label={t.order} ref={movePlainly}>
          {places.map((place) => (
            <WardPlace
              key={place.key}
              place={place}
              feed={feed}
              now={state.now.value}
              open={(id) => leave(() => void act.choosePatient(id, 'live'))}
            />
          ))}
        </ol>
      )}
    </Stage>
  );
}

/**
 * A board hangs on a wall and is not touched, so it does not lock itself while it shows. Whoever comes to it after a while may
 * be somebody else: from then on it is a picture, and all that leads out of it asks for the key of the person signed in.
 */
function useAlone(act: Pick<Actions, 'stay'>): boolean {
  const alone = useSignal(false);
  useEffect(() => {
    let touched = performance.now();
    const touch = (): void => void (touched = performance.now());
    for (const kind of ['pointerdown', 'keydown'] as const) addEventListener(kind, touch, true);
    const look = setInterval(() => {
      act.stay();
      if (performance.now() - touched >= UNTOUCHED_MS) alone.value = true;
    }, LOOK_MS);
    return () => {
      clearInterval(look);
      for (const kind of ['pointerdown', 'keydown'] as const) removeEventListener(kind, touch, true);
    };
  }, [act]);
  return alone.value;
}

/**
 * Browsers that move a node in one step (`moveBefore`) miss the classes it is given at that moment: a bed that moves because it
 * fell silent would go on looking as if it were heard. Taken out and put in again, it is drawn as it is.
 */
const movePlainly = (list: HTMLOListElement | null): void => {
  if (list) Object.assign(list, { moveBefore: undefined });
};

/** A place that moves up takes the keyboard with it: the browser drops the focus of what is moved. */
function keepFocus(): void {
  const focused = document.activeElement?.closest<HTMLElement>('[data-place]')?.dataset['place'];
  useLayoutEffect(() => {
    if (focused === undefined || document.activeElement?.closest('[data-place]')) return;
    document.querySelector<HTMLElement>(`[data-place="${focused}"] button`)?.focus({ preventScroll: true });
  });
}
