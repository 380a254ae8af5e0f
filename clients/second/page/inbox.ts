import type { Waiting } from '../gate/desk.ts';
import { button, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { left, whatOf } from './words-for-people.ts';

/** What waits for a second person. */
export const inboxView = (
  waiting: readonly Waiting[],
  said: string,
  open: (draft: Waiting) => void,
  again: () => Promise<void>,
): View => ({
  title: waiting.length === 0 ? 'Nothing waits for you' : 'These changes wait for a second clinician',
  body: [
    said !== '' && notice('stop', said),
    waiting.length === 0 &&
      make(
        'p',
        { class: 'quiet' },
        'A change of high risk appears here as soon as a colleague has signed it.',
      ),
    ...waiting.map((draft) => row(draft, open)),
  ],
  actions: [button('Look again', again, 'tall')],
});

function row(draft: Waiting, open: (draft: Waiting) => void): HTMLElement {
  const element = make(
    'button',
    { type: 'button', class: 'row' },
    make('strong', {}, `${whatOf(draft.operation, draft.settings.length)} on ${draft.deviceName}`),
    draft.bed !== '' && make('span', {}, draft.bed),
    make('span', {}, `Asked by ${draft.by}. Reason: ${draft.reason}`),
    make(
      'span',
      { class: 'quiet' },
      [draft.order, left(draft.expires), tries(draft)].filter(Boolean).join(' · '),
    ),
  );
  element.addEventListener('click', () => open(draft));
  return element;
}

const tries = ({ attemptsLeft }: Waiting): string =>
  attemptsLeft === 1 ? 'one try left' : `${attemptsLeft} tries left`;
