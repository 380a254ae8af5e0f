import type { lines } from '../check/command.ts';
import type { Outcome, ReadBack } from '../check/outcome.ts';
import { inOrder } from '../check/profile.ts';
import { deadlineOf, type Device, type Waiting } from '../gate/desk.ts';
import { t } from '../texts/texts.ts';
import { staying } from './entry.ts';
import { button, make, notice, table } from './dom.ts';
import type { Ways } from './entry.ts';
import type { View } from './shell.ts';
import { counted, spoken, STAGES } from './words-for-people.ts';

type Said = Awaited<ReturnType<typeof lines>>;

/** Both entries are the same: what the bytes say, and the words that stand on both tablets. */
export function compareView(
  draft: Waiting,
  device: Device,
  said: Said,
  note: string,
  why: string,
  { sign, decline, back }: Ways & { readonly sign: () => Promise<void> },
): View {
  const { sign: says, page, person } = t();
  const rows = inOrder(device.profile, said.changes).map(({ name, before, after }) => [name, before, after]);
  return {
    title: rows.length > 0 ? says.title : says.agree,
    body: [
      why !== '' && notice('stop', says.not, why),
      make(
        'p',
        {},
        ...counted((left) => says.lead(said.title, device.name, draft.by, left), deadlineOf(draft, device)),
      ),
      note !== '' && make('p', {}, says.note(draft.by, note)),
      rows.length > 0 ? table([says.setting, says.now, says.after], rows) : staying(device),
      make('p', {}, says.say),
      make('p', { class: 'words' }, spoken(said.hash)),
      make('p', { class: 'quiet mono' }, says.command(said.fingerprint)),
    ],
    actions: [
      button(page.back, back, 'tall'),
      button(person.decline, decline, 'tall'),
      button(signLabel(rows.length), sign, 'main'),
    ],
  };
}

/** What is pressed to sign so many changes. */
export function signLabel(count: number): string {
  const { sign } = t();
  return count === 0 ? sign.sign : count === 1 ? sign.signOne : sign.signMany(String(count));
}

/** A command under way: `reached` is the name of its stage. */
export function progressView(device: Device, reached: string): View {
  const { progress } = t();
  const at = STAGES.findIndex((name) => name === reached);
  const items = STAGES.map((name, place) => ({ name, place }))
    .filter(({ name }) => name !== 'cooling' || name === reached)
    .map(({ name, place }) => {
      const state = place < at ? progress.done : place === at ? progress.here : '';
      return make(
        'li',
        place === at ? { 'aria-current': 'step', tabindex: '-1' } : {},
        make('span', {}, progress.stages[name]),
        make('span', { class: 'quiet' }, state),
      );
    });
  const here = items.find((item) => item.hasAttribute('aria-current'));
  return {
    title: progress.title(device.name),
    ...(here && { first: here }),
    body: [make('p', {}, progress.lead), make('ol', { class: 'stages' }, ...items)],
  };
}

/** What became of it, as the device signed and the log holds. @param what was done, in words */
export function resultView(
  device: Device,
  what: string,
  result: Exclude<Outcome, { kind: 'refused' }>,
  home: () => void,
): View {
  const { result: says, sign } = t();
  const rows = inOrder(device.profile, result.readBack).map(({ name, asked, reads, same }: ReadBack) => [
    name,
    asked,
    reads,
    same ? says.same : says.differs,
  ]);
  const where = says.where(String(result.receipt), String(result.index));
  const done = result.kind === 'done';
  return {
    title: done ? says.done : says.changed,
    body: [
      done
        ? notice('good', says.doneSays(what, device.name), where)
        : notice('unknown', says.changedSays(device.name), where),
      rows.length > 0 && table([sign.setting, says.asked, says.reads, says.check], rows),
    ],
    actions: [button(says.home, home, 'main')],
  };
}

/** Whose word it is that a device is unchanged: its receipt's, its own in a new reading, or nobody's. */
export type DeviceWord = 'receipt' | 'unchanged' | 'changed' | 'not-asked';

/** It was refused. @param why in a sentence @param index place in the log, when it was proven here that it stands there */
export function refusedView(
  word: DeviceWord,
  why: string,
  index: number | undefined,
  home: () => void,
): View {
  const { result: says } = t();
  const kind = word === 'receipt' || word === 'unchanged' ? 'stop' : 'unknown';
  return {
    title: says.refused,
    body: [
      notice(
        kind,
        says.refusedSays,
        says.device[word],
        why,
        ...(index === undefined ? [] : [says.logged(String(index))]),
      ),
    ],
    actions: [button(says.home, home, 'main')],
  };
}

/** Nobody knows what became of it. */
export function unknownView(
  device: Device,
  why: string,
  resolve: () => Promise<void>,
  home: () => void,
): View {
  const { result: says } = t();
  return {
    title: says.unknown,
    body: [notice('unknown', says.unknownSays(device.name), says.unknownDo, why)],
    actions: [button(says.home, home, 'tall'), button(says.ask, resolve, 'main')],
  };
}
