import { useEffect } from 'preact/hooks';
import { ROLE } from '../../../server/protocol/credential.ts';
import { Button } from '../../common/page/button.tsx';
import { whenSays } from './due.ts';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { reasonSaid } from './reasons.ts';
import type { OpenReview } from './reviews.ts';
import { reviewTexts } from './texts.ts';

export interface Waiting {
  /** EUI-64, hexadecimal. */
  readonly device: string;
  /** Hash of the emergency command, hexadecimal. */
  readonly command: string;
}

/** What the gateway tells of an open review; undefined until it has, and while it cannot be asked. */
export function useReview(state: State, command: string): OpenReview | undefined {
  const reviews = state.reviews.value;
  // What is due stands there all the same, without a name.
  useEffect(() => void reviews?.look(), [reviews, command]);
  return reviews?.open.value.find((one) => one.command === command);
}

/** Who used the door, and until when it is reviewed by whom: with the time by the clock, as soon as that is known. */
export function ReviewFacts({ state, review }: Pick<Screen, 'state'> & { review: OpenReview | undefined }) {
  const t = reviewTexts.value;
  const now = state.now.value;
  const { reviewDue, rescuer } = state.reading.value ?? {};
  const by = review?.due ?? reviewDue;
  if (by === undefined) return <p>{t.due}</p>;
  const who = review?.byName ?? rescuer ?? t.stranger;
  const due = whenSays(by, now);
  return (
    <>
      {review?.since !== undefined && <p>{t.used(who, whenSays(review.since, now))}</p>}
      {review?.reason && <p>{t.whys.said(who, reasonSaid(review.reason))}</p>}
      {review && !review.reason && !review.own && <p>{t.whys.notYet(who)}</p>}
      <p>{by < now ? t.late(due, who) : t.by(due, who)}</p>
    </>
  );
}

/** What is due after an emergency, who is told, and for whoever may review it the way to the form. */
export function ReviewDue({ state, device, command }: Pick<Screen, 'state'> & Waiting) {
  const t = reviewTexts.value;
  const review = useReview(state, command);
  const may = ((state.person.value?.roles ?? 0) & (ROLE.operator | ROLE.second)) !== 0;
  return (
    <>
      <ReviewFacts state={state} review={review} />
      {review?.own === true ? (
        <>
          <p>{t.own}</p>
          {!review.reason && (
            <Button onClick={() => void (state.sheet.value = { kind: 'reason', device, command })}>
              {t.whys.begin}
            </Button>
          )}
        </>
      ) : may ? (
        <Button onClick={() => void (state.sheet.value = { kind: 'review', device, command })}>
          {t.begin}
        </Button>
      ) : (
        <p>{t.who}</p>
      )}
    </>
  );
}
