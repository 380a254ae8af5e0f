import { base64url, type Bytes } from '../check/bytes.ts';
import type { TabletKey } from '../gate/key.ts';
import { makePasskey } from '../gate/passkey.ts';
import type { Place } from '../gate/place.ts';
import { object, textIn } from '../gate/said.ts';
import { button, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { sentence } from './words-for-people.ts';

/** Nobody is signed in. */
export const startView = (place: Place, said: string, signIn: () => Promise<void>, firstDay: () => void): View => ({
  title: 'Second signature',
  body: [
    make('p', {}, `${place.site}. Here a second clinician enters a change again, without seeing the first one’s values.`),
    make('p', { class: 'quiet' }, 'This page shares no code with the first clinician’s tablet. It checks device, profile and log by itself.'),
    said !== '' && notice('plain', said),
    place.reception !== undefined &&
      make(
        'div',
        { class: 'notice plain' },
        make('span', { class: 'sign', 'aria-hidden': 'true' }, '1'),
        make(
          'div',
          {},
          make('h2', {}, 'Simulation: first time at this tablet?'),
          make('p', {}, 'You play the second clinician. You need a key of your own for signing, and one for signing in.'),
          make('p', {}, button('Set me up', firstDay)),
        ),
      ),
  ],
  actions: [button('Sign in', signIn, 'main')],
}); // prettier-ignore

/** SIMULATION ONLY: what a hospital does on somebody's first day, in two steps. */
export function firstDayView(
  place: Place,
  tablet: TabletKey,
  made: (key: Bytes) => Promise<void>,
  back: () => void,
): View {
  const told = make('div', { 'aria-live': 'polite' });
  const setUp = async (): Promise<void> => {
    try {
      const { key, copyable } = await makePasskey('Second clinician');
      await made(key);
      told.replaceChildren(
        notice('plain', 'The authority is certifying your key. This takes a few seconds.'),
      );
      const visit = { person: 'dr-b', jkt: tablet.jkt, passkey: base64url(key), copyable };
      const response = await fetch(`${place.reception}/v1/visitors`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(visit),
        signal: AbortSignal.timeout(60_000),
      });
      const said = object(await response.json(), 'reception');
      if (!response.ok) throw new Error(textIn(said, 'title'));
      const link = make(
        'a',
        { href: textIn(said, 'signInLink'), target: '_blank', rel: 'noopener' },
        'Make the key for signing in',
      );
      told.replaceChildren(
        notice('good', `You are ${textIn(said, 'name')}. This tablet is enrolled.`),
        make('p', {}, 'Last step, in a new window: ', link, '. Then come back here and sign in.'),
      );
      begin.remove(); // a second key would be one too many
    } catch (error) {
      told.replaceChildren(notice('stop', 'You are not set up yet', sentence(error)));
    }
  };
  const begin = button('Make my signing key', setUp, 'main');
  return {
    title: 'Your first day here',
    body: [
      make('p', {}, 'Your browser asks for a passkey twice: now for signing, then for signing in. They are two keys on purpose: who sees one of them used learns nothing about the other.'),
      told,
    ],
    actions: [button('Back', back, 'tall'), begin],
  }; // prettier-ignore
}
