import type { Waiting } from '../gate/desk.ts';
import { t } from '../texts/texts.ts';
import { button, field, make, notice } from './dom.ts';
import type { View } from './shell.ts';

/** Saying no, with a reason that is kept. */
export function declineView(
  draft: Waiting,
  decline: (reason: string) => Promise<void>,
  back: () => void,
): View {
  const { decline: says, page, person } = t();
  const reason = make('input', { autocomplete: 'off', maxlength: '500' });
  const told = make('div', { 'aria-live': 'assertive' });
  const send = async (): Promise<void> => {
    if (reason.value.trim() !== '') return decline(reason.value.trim());
    told.replaceChildren(notice('plain', says.why));
  };
  return {
    title: says.title,
    body: [make('p', {}, says.lead(draft.by)), field(page.reason, reason, says.hint), told],
    actions: [button(page.back, back, 'tall'), button(person.decline, send, 'main')],
  };
}
