import type { lines } from '../check/command.ts';
import type { Outcome } from '../check/outcome.ts';
import type { Device, Waiting } from '../gate/desk.ts';
import { button, make, notice, table } from './dom.ts';
import type { View } from './shell.ts';
import { left, spoken, STAGES } from './words-for-people.ts';

type Said = Awaited<ReturnType<typeof lines>>;

/** Both entries are the same: what the bytes say, and the words that stand on both tablets. */
export const compareView = (
  draft: Waiting,
  device: Device,
  said: Said,
  why: string,
  sign: () => Promise<void>,
  back: () => void,
): View => ({
  title: 'Both of you entered the same',
  body: [
    why !== '' && notice('stop', 'Not signed', why),
    make('p', {}, `${said.title} on ${device.name}, asked by ${draft.by}. This is read back from the bytes that you sign. ${left(draft.expires)}.`),
    said.changes.length > 0 &&
      table(['Setting', 'Now', 'After'], said.changes.map(({ name, before, after }) => [name, before, after])),
    make('p', {}, 'Say the words to each other. They must be the same on both tablets:'),
    make('p', { class: 'words' }, spoken(said.hash)),
    make('p', { class: 'quiet mono' }, `command ${said.fingerprint}`),
  ],
  actions: [button('Back', back, 'tall'), button(signLabel(said.changes.length), sign, 'main')],
}); // prettier-ignore

const signLabel = (count: number): string =>
  count === 0 ? 'Sign with key' : count === 1 ? 'Sign 1 change with key' : `Sign ${count} changes with key`;

/** A command under way: `reached` is the name of its stage. */
export function progressView(device: Device, reached: string): View {
  const at = STAGES.findIndex(([name]) => name === reached);
  const items = STAGES.filter(([name]) => name !== 'cooling' || name === reached).map(([name, says]) => {
    const place = STAGES.findIndex(([one]) => one === name);
    const state = place < at ? 'done: ' : place === at ? 'now: ' : '';
    return make('li', place === at ? { 'aria-current': 'step' } : {}, `${state}${says}`);
  });
  return {
    title: `On its way to ${device.name}`,
    body: [
      make('p', {}, 'Not confirmed yet. Keep this page open.'),
      make('ol', { class: 'stages', 'aria-live': 'polite' }, ...items),
    ],
  };
}

/** What became of it, as the device signed and the log holds. */
export function resultView(device: Device, result: Outcome, home: () => void): View {
  const actions = [button('Back to the list', home, 'main')];
  if (result.kind === 'refused')
    return {
      title: 'Not done',
      body: [
        notice(
          'stop',
          'The change was refused. The device is unchanged.',
          `${result.code}, log entry ${result.index}`,
        ),
      ],
      actions,
    };
  const rows = result.readBack.map(({ name, asked, reads, same }) => [
    name,
    asked,
    reads,
    same ? '✓ same' : '■ differs',
  ]);
  const where = `Receipt ${result.receipt}, log entry ${result.index}. This page checked the device’s signature and the witnesses’.`;
  const heading =
    result.kind === 'done'
      ? notice('good', `Done. ${device.name} has confirmed it.`, where)
      : notice('unknown', `Done, but ${device.name} rounded a value. Look at what it reads now.`, where);
  return {
    title: result.kind === 'done' ? 'Done' : 'Done, with another value',
    body: [heading, rows.length > 0 && table(['Setting', 'Asked', 'Device reads', 'Check'], rows)],
    actions,
  };
}

/** Nobody knows what became of it. */
export const unknownView = (
  device: Device,
  why: string,
  resolve: () => Promise<void>,
  home: () => void,
): View => ({
  title: 'The outcome is not known',
  body: [
    notice(
      'unknown',
      `${device.name} may or may not have changed.`,
      'Ask the device before anything else. Nothing else can be sent to it until then, and nothing is sent again.',
      why,
    ),
  ],
  actions: [button('Back to the list', home, 'tall'), button('Ask the device', resolve, 'main')],
});
