import { type Bytes, Objection } from '../check/bytes.ts';
import { build, titleOf } from '../check/command.ts';
import { decimal, objection, reading, type Setting, typed, unitOf } from '../check/profile.ts';
import { deadlineOf, type Device, type Waiting } from '../gate/desk.ts';
import { t } from '../texts/texts.ts';
import { button, field, make, notice, table } from './dom.ts';
import type { View } from './shell.ts';
import { counted, sentence } from './words-for-people.ts';

const RESUME = 4;

/** What was entered before, in steps by the setting's code, and what has to be told of it. */
export interface Tried {
  readonly said: string;
  readonly values: ReadonlyMap<number, number>;
}
export const UNTRIED: Tried = { said: '', values: new Map() };

/** What else can be done than to go on: it stays until it is signed. */
export interface Ways {
  readonly decline: () => void;
  readonly back: () => void;
}

interface Entry {
  readonly element: HTMLElement;
  /** What was entered, in the setting’s steps. Throws Objection. */
  read(): number;
}

/**
 * The second entry, blind: which settings change is known, the first person's values are not.
 *
 * @param offer where the hospital allows a check without an entry: asks whether they want to be shown the values
 */
export function entryView(
  draft: Waiting,
  device: Device,
  { said, values }: Tried,
  done: (command: Bytes, values: ReadonlyMap<number, number>) => Promise<void>,
  { decline, back }: Ways,
  offer?: () => void,
): View {
  const { entry: says, page, primed, person } = t();
  const told = make('div', { class: 'told', tabindex: '-1', 'aria-live': 'assertive' });
  if (said !== '') told.append(notice('stop', said));
  const known = device.profile.settings.filter(({ code }) => draft.settings.includes(code));
  const entries = known.map((setting) => entryFor(setting, device, values.get(setting.code)));
  const next = async (): Promise<void> => {
    try {
      if (known.length !== draft.settings.length) throw new Objection(says.noSetting);
      const changes = new Map(entries.map((entry, i) => [known[i]?.code ?? 0, entry.read()]));
      await done(await build(device.profile, device.now, draft.operation, changes), changes);
    } catch (error) {
      told.replaceChildren(notice('stop', says.nothing, sentence(error)));
      told.focus(); // It stands above all fields: who pressed below them is brought to it.
    }
  };
  const none = known.length === 0;
  const title = titleOf(draft.operation, device.now.mode);
  return {
    title: none ? title : says.title,
    ...(said !== '' && { first: told }),
    body: [
      told,
      make(
        'p',
        {},
        ...counted(
          (left) => (none ? says.leadAgree : says.lead)(device.name, draft.by, left),
          deadlineOf(draft, device),
        ),
      ),
      none && notice('plain', says.noValues(title), ...whatFor(draft.operation, device)),
      none && staying(device),
      ...entries.map(({ element }) => element),
    ],
    actions: [
      button(page.back, back, 'tall'),
      button(person.decline, decline, 'tall'),
      ...(offer ? [button(primed.offer, offer, 'tall')] : []),
      button(none ? says.agree(title) : says.compare, next, 'main'),
    ],
  };
}

/** One operation ends a stop and a safe mode: what it does to this device, by the device's own word. */
function whatFor(operation: number, { now: { mode } }: Device): readonly string[] {
  const { stopped, safe } = t().entry.resumes;
  if (operation !== RESUME || mode === 0) return [];
  return [mode === 2 ? safe : stopped];
}

/** What the device is set to, where a command changes none of it: whoever agrees sees what goes on. */
export function staying({ profile, now }: Device): HTMLElement {
  const { sign } = t();
  const set = profile.settings.filter(({ programmable }) => programmable);
  const rows = set.flatMap((one) => {
    const value = now.settings.get(one.code);
    return value === undefined ? [] : [[one.name, reading(one, value)]];
  });
  return make('div', {}, make('p', {}, sign.stays), table([sign.setting, sign.now], rows));
}

/** The device's limits of a setting and the hospital's range, in words; empty where its values have names only. */
export function limitsOf(
  { code, min, max, step, scale }: Setting,
  { ranges }: Pick<Device, 'ranges'>,
): string {
  const { entry: says } = t();
  if (min >= max) return '';
  const limits = says.limits(decimal(min, scale), decimal(max, scale), decimal(step, scale));
  const range = ranges.get(code);
  return range ? says.site(limits, decimal(range.low, scale), decimal(range.high, scale)) : limits;
}

function entryFor(setting: Setting, device: Device, before: number | undefined): Entry {
  const { entry: says } = t();
  const { name, scale } = setting;
  const now = device.now.settings.get(setting.code) ?? 0;
  const limits = limitsOf(setting, device);
  const unit = unitOf(setting.unit);
  const input = make('input', { inputmode: 'decimal', autocomplete: 'off', maxlength: '12' });
  const choice = make('select', {}, make('option', { value: '' }, limits === '' ? says.choose : says.number));
  for (const [value, named] of setting.options)
    choice.append(make('option', { value: String(value) }, named));
  if (before !== undefined) {
    if (setting.options.has(before)) choice.value = String(before);
    else input.value = decimal(before, scale);
    input.disabled = choice.value !== '';
  }
  choice.addEventListener('change', () => (input.disabled = choice.value !== ''));
  const fields = [
    limits !== '' && field(says.value(name, unit === '' ? '' : ` (${unit})`), input, limits),
    setting.options.size > 0 && field(says.byName(name), choice),
  ];
  return {
    element: make(
      'section',
      { class: 'entry' },
      make('div', {}, make('h2', {}, name), make('p', { class: 'now' }, says.now(reading(setting, now)))),
      make('div', {}, ...fields),
    ),
    read() {
      const value = choice.value === '' ? typed(setting, input.value) : Number(choice.value);
      const why = objection(setting, value, now);
      if (why !== undefined) throw new Objection(why);
      return value;
    },
  };
}
