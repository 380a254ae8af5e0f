import type { Place } from '../gate/place.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import type { View } from './shell.ts';

/** Nobody is signed in. @param setUp where a hospital is simulated: begins the first day anew */
export function startView(
  place: Place,
  said: string,
  kind: 'plain' | 'unknown' | 'stop',
  signIn: () => Promise<void>,
  setUp: (() => void) | undefined,
): View {
  const { start } = t();
  return {
    title: start.title,
    body: [
      said !== '' && notice(kind, said),
      make('p', {}, start.lead(place.site)),
      make('p', { class: 'quiet' }, start.alone),
      setUp && make('p', {}, button(start.setUp, setUp)),
    ],
    actions: [button(start.signIn, signIn, 'main')],
  };
}

/** How far a first day is: nothing yet, the passkey made and being certified, the link for signing in there. */
export type FirstDay = 'ready' | 'certifying' | 'link';

/**
 * SIMULATION ONLY: what a hospital does on somebody's first day, in three steps of which one is next. @param again somebody
 * was set up here before
 */
export function firstDayView(
  at: FirstDay,
  said: string,
  again: boolean,
  makeKey: () => Promise<void>,
  open: () => Promise<void>,
  have: () => void,
): View {
  const { first } = t();
  const now = ['ready', 'certifying', 'link'].indexOf(at);
  const steps = Object.values(first.steps).map(({ title, says }, i) =>
    make(
      'li',
      i === now ? { 'aria-current': 'step' } : {},
      make('span', { class: 'sign', 'aria-hidden': 'true' }, i < now ? '✓' : String(i + 1)),
      make(
        'div',
        {},
        make('h2', {}, i < now ? first.isDone(title) : title),
        make('p', { class: 'quiet' }, says),
      ),
    ),
  );
  const actions = {
    ready: [button(first.already, have, 'tall'), button(first.make, makeKey, 'main')],
    certifying: [],
    link: [button(first.have, have, 'tall'), button(first.open, open, 'main')],
  };
  return {
    title: again ? first.titleAgain : first.title,
    body: [
      make('p', {}, again ? first.leadAgain : first.lead),
      said !== '' && notice('stop', first.failed, said),
      make('ol', { class: 'steps' }, ...steps),
      at === 'certifying' && notice('plain', first.certifying),
    ],
    actions: actions[at],
  };
}

/** The sign-in server's page is open in a second window, and this one waits for it. */
export function windowView(stop: () => void): View {
  const { window: says } = t();
  return {
    title: says.title,
    body: [make('p', {}, says.lead), make('p', { class: 'quiet' }, says.closed)],
    actions: [button(says.stop, stop, 'tall')],
  };
}

/** Signed in: the person says with their signing passkey that they work at this tablet. @param why it did not work just now */
export function approveView(name: string, why: string, approve: () => Promise<void>, stop: () => void): View {
  const { approve: says, window } = t();
  const told = make('div', { class: 'told', 'aria-live': 'polite' });
  if (why !== '') told.append(notice('stop', why));
  const go = (): Promise<void> => {
    told.replaceChildren(notice('plain', says.waiting));
    return approve();
  };
  return {
    title: says.title,
    arriving: name,
    body: [make('p', {}, says.lead(name)), told],
    actions: [button(window.stop, stop, 'tall'), button(says.go, go, 'main')],
  };
}
