import type { Waiting } from '../gate/desk.ts';
import type { OpenReview } from '../gate/reviews.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import { reviewRow } from './review.ts';
import type { View } from './shell.ts';
import { left, reasonOf, tries, whatOf } from './words-for-people.ts';

/** What waits for this person: changes and reviews. @param said what happened before, when something has to be told */
export function inboxView(
  waiting: readonly Waiting[],
  reviews: readonly OpenReview[],
  said: string,
  open: (draft: Waiting) => void,
  review: (one: OpenReview) => void,
  again: () => Promise<void>,
): View {
  const { inbox } = t();
  const none = waiting.length === 0;
  return {
    title: !none ? inbox.title : reviews.length > 0 ? inbox.reviewsOnly : inbox.none,
    body: [
      said !== '' && notice('stop', said),
      none && reviews.length === 0 && make('p', {}, inbox.noneSays),
      ...waiting.map((draft) => row(draft, open)),
      !none && reviews.length > 0 && make('h2', {}, inbox.reviews),
      ...reviews.map((one) => reviewRow(one, () => review(one))),
    ],
    actions: [button(inbox.again, again, 'tall')],
  };
}

function row(draft: Waiting, open: (draft: Waiting) => void): HTMLElement {
  const { inbox } = t();
  const { patient } = draft;
  const what = whatOf(draft.operation, draft.settings.length);
  const element = make(
    'button',
    { type: 'button', class: 'row' },
    make('strong', {}, inbox.on(what, draft.deviceName)),
    patient && make('span', {}, inbox.bed(patient.name, patient.bed)),
    make('span', {}, inbox.asked(draft.by, reasonOf(draft.reason))),
    make(
      'span',
      { class: 'quiet' },
      [draft.order, left(draft.expires), tries(draft.attemptsLeft)].filter(Boolean).join(' · '),
    ),
  );
  element.addEventListener('click', () => open(draft));
  return element;
}
