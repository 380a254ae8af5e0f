import { belongsTo } from '../check/device.ts';
import { deadlineOf, type Device, type Waiting } from '../gate/desk.ts';
import type { Place } from '../gate/place.ts';
import { t } from '../texts/texts.ts';
import { button, field, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { counted } from './words-for-people.ts';

/** Who is in front of you? The device knows its person; nobody goes on before both say the same. */
export function personView(
  place: Place,
  draft: Waiting,
  device: Device,
  go: () => void,
  decline: () => void,
  back: () => void,
): View {
  const { page, person: says } = t();
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
      told.replaceChildren(notice('plain', says.both));
      return;
    }
    if (await belongsTo(device.now, person)) return go();
    told.replaceChildren(notice('stop', says.stop, says.stopSays));
  };
  return {
    title: says.title,
    body: [
      make('p', {}, ...counted((left) => says.lead(device.name, draft.by, left), deadlineOf(draft, device))),
      field(says.mrn, mrn, says.mrnHint),
      field(says.year, year, says.yearHint),
      told,
      place.simulator !== undefined &&
        make(
          'p',
          {},
          make(
            'a',
            { class: 'button', href: place.simulator, target: '_blank', rel: 'noopener' },
            says.simulator,
          ),
        ),
    ],
    actions: [
      button(page.back, back, 'tall'),
      button(says.decline, decline, 'tall'),
      button(says.check, check, 'main'),
    ],
  };
}
