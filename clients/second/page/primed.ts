import type { lines } from '../check/command.ts';
import { deadlineOf, type Device, type Waiting } from '../gate/desk.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import { limitsOf } from './entry.ts';
import type { View } from './shell.ts';
import { signLabel } from './sign.ts';
import { counted, spoken } from './words-for-people.ts';

/** Before anything is shown: what a check without an own entry is worth, and the way back to the better one. */
export function offerView(draft: Waiting, show: () => Promise<void>, rather: () => void): View {
  const { primed: says } = t();
  return {
    title: says.title,
    body: [notice('plain', says.worse, says.lead(draft.by), says.logged)],
    actions: [button(says.show, show, 'tall'), button(says.rather, rather, 'main')],
  };
}

/** What stands on the screen of a primed check. */
export interface Shown {
  readonly said: Awaited<ReturnType<typeof lines>>;
  readonly note: string;
  /** Names of the settings that were ticked; kept while the screen is shown again. */
  readonly ticked: Set<string>;
}

/** The other person's values, read back from the bytes; each is ticked by itself before anything is signed. */
export function shownView(
  draft: Waiting,
  device: Device,
  { said, note, ticked }: Shown,
  why: string,
  go: { readonly sign: () => Promise<void>; readonly decline: () => void; readonly back: () => void },
): View {
  const { primed: says, sign, person, page } = t();
  const told = make('div', { class: 'told', tabindex: '-1', 'aria-live': 'assertive' });
  const signed = async (): Promise<void> => {
    const missing = said.changes.filter(({ name }) => !ticked.has(name)).map(({ name }) => name);
    if (missing.length === 0) return go.sign();
    told.replaceChildren(notice('plain', says.missing(missing.join('; '))));
    told.focus(); // It stands above all values: who pressed below them is brought to it.
  };
  return {
    title: says.shown(draft.by),
    body: [
      why !== '' && notice('stop', sign.not, why),
      notice('plain', says.only, says.compare),
      told,
      make(
        'p',
        {},
        ...counted((left) => sign.lead(said.title, device.name, draft.by, left), deadlineOf(draft, device)),
      ),
      note !== '' && make('p', {}, sign.note(draft.by, note)),
      ...said.changes.map((change) => row(device, change, ticked)),
      make('p', {}, sign.say),
      make('p', { class: 'words' }, spoken(said.hash)),
      make('p', { class: 'quiet mono' }, sign.command(said.fingerprint)),
    ],
    actions: [
      button(page.back, go.back, 'tall'),
      button(person.decline, go.decline, 'tall'),
      button(signLabel(said.changes.length), signed, 'main'),
    ],
  };
}

function row(
  device: Device,
  { name, before, after }: Shown['said']['changes'][number],
  ticked: Set<string>,
): HTMLElement {
  const { primed: says } = t();
  const setting = device.profile.settings.find((one) => one.name === name);
  const limits = setting === undefined ? '' : limitsOf(setting, device);
  const tick = make('input', { type: 'checkbox' });
  tick.checked = ticked.has(name);
  tick.addEventListener('change', () => {
    if (tick.checked) ticked.add(name);
    else ticked.delete(name);
  });
  return make(
    'section',
    { class: 'entry' },
    make('div', {}, make('h2', {}, name), limits !== '' && make('p', { class: 'quiet' }, limits)),
    make(
      'div',
      {},
      make('p', { class: 'now' }, says.change(before, after)),
      make('label', { class: 'tick' }, tick, make('span', {}, says.tick(name))),
    ),
  );
}
