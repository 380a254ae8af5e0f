import type { Waiting } from '../gate/desk.ts';
import type { BrokenGlass } from '../gate/glass.ts';
import type { OpenReview } from '../gate/reviews.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import { glassRow } from './glass.ts';
import { reviewRow } from './review.ts';
import type { View } from './shell.ts';
import { left, reasonOf, tries, whatOf } from './words-for-people.ts';

/** What somebody did who had no second person then, and who opens it here. */
export interface ToReview {
  readonly emergencies: readonly OpenReview[];
  readonly glass: readonly BrokenGlass[];
  readonly emergency: (one: OpenReview) => void;
  readonly opening: (one: BrokenGlass) => void;
}

/** What waits for this person: changes and reviews. @param said what happened before, when something has to be told */
export function inboxView(
  waiting: readonly Waiting[],
  { emergencies, glass, emergency, opening }: ToReview,
  said: string,
  open: (draft: Waiting) => void,
  again: () => Promise<void>,
): View {
  const { inbox } = t();
  const { glass: says } = t();
  const [some, none] = [emergencies.length + glass.length > 0, waiting.length === 0];
  const only = emergencies.length > 0 ? inbox.reviewsOnly : says.only;
  return {
    title: !none ? inbox.title : some ? only : inbox.none,
    body: [
      said !== '' && notice('stop', said),
      none && !some && make('p', {}, inbox.noneSays),
      ...waiting.map((draft) => row(draft, open)),
      !none && emergencies.length > 0 && make('h2', {}, inbox.reviews),
      ...emergencies.map((one) => reviewRow(one, () => emergency(one))),
      glass.length > 0 && !(none && emergencies.length === 0) && make('h2', {}, says.list),
      ...glass.map((one) => glassRow(one, () => opening(one))),
    ],
    actions: [button(inbox.again, again, 'tall')],
  };
}

/** It could not be read what waits: whether anything does is not known. */
export function unreadView(why: string, again: () => Promise<void>): View {
  const { inbox } = t();
  return {
    title: inbox.unread,
    body: [notice('unknown', why)],
    actions: [button(inbox.again, again, 'main')],
  };
}

function row(draft: Waiting, open: (draft: Waiting) => void): HTMLElement {
  const { inbox } = t();
  const { patient } = draft;
  const what = whatOf(draft.operation, draft.settings.length);
  const element = make(
    'button',
    { type: 'button', class: 'row', 'data-row': draft.id },
    make('strong', {}, inbox.on(what, draft.deviceName)),
    patient && make('span', {}, inbox.bed(patient.name, patient.bed)),
    make('span', {}, inbox.asked(draft.by, reasonOf(draft.reason))),
    make(
      'span',
      { class: 'quiet' },
      [draft.order, left(draft.expires), tries(draft.attemptsLeft)].filter(Boolean).join(' · '),
    ),
  );
  element.addEventListener('click', () => {
    element.disabled = true; // its device is being read: once is enough
    open(draft);
  });
  return element;
}
