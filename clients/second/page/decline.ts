import type { Waiting } from '../gate/desk.ts';
import { button, field, make, notice } from './dom.ts';
import type { View } from './shell.ts';

/** Saying no, with a reason that is kept. */
export function declineView(
  draft: Waiting,
  decline: (reason: string) => Promise<void>,
  back: () => void,
): View {
  const reason = make('input', { autocomplete: 'off', maxlength: '500' });
  const told = make('div', { 'aria-live': 'assertive' });
  const send = async (): Promise<void> => {
    if (reason.value.trim() !== '') return decline(reason.value.trim());
    told.replaceChildren(notice('plain', 'Say why. Your colleague reads it.'));
  };
  return {
    title: 'Decline this change',
    body: [
      make('p', {}, `${draft.by} is told, and the change is closed. The device stays as it is.`),
      field('Reason', reason, 'It is kept with the change, for good.'),
      told,
    ],
    actions: [button('Back', back, 'tall'), button('Decline', send, 'main')],
  };
}
