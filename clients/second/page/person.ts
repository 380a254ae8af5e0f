import { belongsTo } from '../check/device.ts';
import type { Device, Waiting } from '../gate/desk.ts';
import { button, field, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { left } from './words-for-people.ts';

/** Who is in front of you? The device knows its person; nobody goes on before both say the same. */
export function personView(
  draft: Waiting,
  device: Device,
  go: () => void,
  decline: () => void,
  back: () => void,
): View {
  const mrn = make('input', { autocomplete: 'off', spellcheck: 'false', maxlength: '40' });
  const year = make('input', {
    inputmode: 'numeric',
    autocomplete: 'off',
    maxlength: '4',
    pattern: '[0-9]{4}',
  });
  const told = make('div', { 'aria-live': 'assertive' });
  const check = async (): Promise<void> => {
    const person = { mrn: mrn.value.trim(), birthYear: Number(year.value) };
    if (person.mrn === '' || !/^\d{4}$/u.test(year.value)) {
      told.replaceChildren(
        notice('plain', 'Scan the wristband, and type the year of birth with four digits.'),
      );
      return;
    }
    if (await belongsTo(device.now, person)) return go();
    told.replaceChildren(
      notice(
        'stop',
        'Stop. This device belongs to somebody else.',
        'Record number and year of birth do not fit the device. Nothing was sent. Check the wristband and the device.',
      ),
    );
  };
  return {
    title: 'Who is in front of you?',
    body: [
      make('p', {}, `${device.name} says who it belongs to, signed with its own key. Asked by ${draft.by}, ${left(draft.expires)}.`),
      field('Record number', mrn, 'Scan the wristband, or type it as it stands there.'),
      field('Year of birth', year, 'Ask the person. Four digits.'),
      told,
    ],
    actions: [button('Back', back, 'tall'), button('Decline', decline, 'tall'), button('Check the person', check, 'main')],
  }; // prettier-ignore
}
