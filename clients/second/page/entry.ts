import { type Bytes, Wrong } from '../check/bytes.ts';
import { build, titleOf } from '../check/command.ts';
import { decimal, objection, reading, type Setting, typed } from '../check/profile.ts';
import type { Device, Waiting } from '../gate/desk.ts';
import { button, field, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { left, sentence } from './words-for-people.ts';

interface Entry {
  readonly element: HTMLElement;
  /** What was entered, in the setting's steps. Throws Wrong with a sentence. */
  read(): number;
}

/** The second entry, blind: which settings change is known, the first person's values are not. */
export function entryView(
  draft: Waiting,
  device: Device,
  said: string,
  done: (command: Bytes) => Promise<void>,
  back: () => void,
): View {
  const told = make('div', { 'aria-live': 'assertive' }, said !== '' && notice('stop', said));
  const settings = draft.settings.map((code) => device.profile.settings.find((one) => one.code === code));
  const known = settings.filter((one): one is Setting => one !== undefined);
  const entries = known.map((setting) => entryFor(setting, device.now.settings.get(setting.code) ?? 0));
  const next = async (): Promise<void> => {
    try {
      if (known.length !== draft.settings.length) throw new Wrong('The device has no such setting.');
      const changes = new Map(entries.map((entry, i) => [known[i]?.code ?? 0, entry.read()]));
      await done(await build(device.profile, device.now, draft.operation, changes));
    } catch (error) {
      told.replaceChildren(notice('stop', 'Nothing was sent', sentence(error)));
    }
  };
  const title = known.length === 0 ? titleOf(draft.operation) : 'Enter the new values';
  return {
    title,
    body: [
      make('p', {}, `${device.name}. Enter what you and ${draft.by} agreed on. Their values are not shown to you: that is what makes two of you safer than one. ${left(draft.expires)}.`),
      known.length === 0 && notice('plain', `${titleOf(draft.operation)}: there are no values to enter.`),
      ...entries.map(({ element }) => element),
      told,
    ],
    actions: [button('Back', back, 'tall'), button(known.length === 0 ? `Agree: ${titleOf(draft.operation)}` : 'Compare', next, 'main')],
  }; // prettier-ignore
}

function entryFor(setting: Setting, now: number): Entry {
  const limits =
    setting.min < setting.max
      ? `${decimal(setting.min, setting.scale)} to ${decimal(setting.max, setting.scale)}, steps of ${decimal(setting.step, setting.scale)}`
      : '';
  const unit = setting.unit === '1' ? '' : ` (${setting.unit})`;
  const input = make('input', { inputmode: 'decimal', autocomplete: 'off', maxlength: '12' });
  const choice = make('select', {}, make('option', { value: '' }, limits === '' ? 'Choose' : 'a number'));
  for (const [value, name] of setting.options) choice.append(make('option', { value: String(value) }, name));
  choice.addEventListener('change', () => (input.disabled = choice.value !== ''));
  const fields = [
    limits !== '' && field(`New value${unit}: ${setting.name}`, input, limits),
    setting.options.size > 0 && field(`${setting.name}, by name`, choice),
  ];
  return {
    element: make(
      'section',
      { class: 'entry' },
      make(
        'div',
        {},
        make('h2', {}, setting.name),
        make('p', { class: 'now' }, `Now ${reading(setting, now)}`),
      ),
      make('div', {}, ...fields),
    ),
    read() {
      const value = choice.value === '' ? typed(setting, input.value) : Number(choice.value);
      const why = objection(setting, value, now);
      if (why !== undefined) throw new Wrong(why);
      return value;
    },
  };
}
