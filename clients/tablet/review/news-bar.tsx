import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { whenSays } from './due.ts';
import { reviewTexts } from './texts.ts';
import { placeSaid } from './waiting-reviews.tsx';

/** What happened while this person is signed in, and somebody has to look at: on every screen, until they have seen it. */
export function NewsBar({ state }: Pick<Screen, 'state'>) {
  const t = reviewTexts.value;
  const reviews = state.reviews.value;
  const glass = state.glass.value;
  if (!state.person.value || state.view.value.at === 'locked') return null;
  const [used] = reviews?.news.value ?? [];
  const [opened] = glass?.news.value ?? [];
  const seen = (): void => {
    if (used) reviews?.seen(used);
    else if (opened) glass?.seen(opened);
  };
  if (!used && !opened) return null;
  return (
    <div class="news">
      {used ? (
        <Notice kind="caution" loud title={t.newsUsed(used.byName ?? t.stranger, placeSaid(used))}>
          {used.due !== undefined && <p>{t.newsDue(whenSays(used.due, state.now.value))}</p>}
        </Notice>
      ) : (
        opened && (
          <Notice
            kind="caution"
            loud
            title={t.newsGlass(opened.byName ?? t.stranger, opened.about ?? t.aPatient)}
          >
            <p>{t.newsGlassSays}</p>
          </Notice>
        )
      )}
      <Button onClick={seen}>{t.seen}</Button>
    </div>
  );
}
