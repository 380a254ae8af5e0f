import { base64url, type Bytes } from '../check/bytes.ts';
import type { TabletKey } from '../gate/key.ts';
import { makePasskey, NotSigned } from '../gate/passkey.ts';
import type { Place } from '../gate/place.ts';
import { object, textIn } from '../gate/said.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import type { View } from './shell.ts';
import { sentence } from './words-for-people.ts';

/** Nobody is signed in. @param known somebody was set up at this tablet before */
export function startView(
  place: Place,
  said: string,
  known: boolean,
  signIn: () => Promise<void>,
  firstDay: () => void,
): View {
  const { start } = t();
  return {
    title: start.title,
    body: [
      make('p', {}, start.lead(place.site)),
      make('p', { class: 'quiet' }, start.alone),
      said !== '' && notice('plain', said),
      place.reception !== undefined &&
        make(
          'div',
          { class: 'notice plain' },
          make('span', { class: 'sign', 'aria-hidden': 'true' }, '1'),
          make(
            'div',
            {},
            make('h2', {}, start.first),
            make('p', {}, start.firstSays),
            known && make('p', {}, button(start.setUp, firstDay)),
          ),
        ),
    ],
    actions:
      known || place.reception === undefined
        ? [button(start.signIn, signIn, 'main')]
        : [button(start.signIn, signIn, 'tall'), button(start.setUp, firstDay, 'main')],
  };
}

/** SIMULATION ONLY: what a hospital does on somebody's first day, in two steps. */
export function firstDayView(
  place: Place,
  tablet: TabletKey,
  made: (key: Bytes) => Promise<void>,
  named: (name: string) => Promise<void>,
  signIn: () => Promise<void>,
  back: () => void,
): View {
  const { first, page } = t();
  const told = make('div', { 'aria-live': 'polite' });
  const setUp = async (): Promise<void> => {
    try {
      const { key, copyable } = await makePasskey('Second clinician');
      await made(key);
      told.replaceChildren(notice('plain', first.certifying));
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
        { class: 'button main', href: textIn(said, 'signInLink'), target: '_blank', rel: 'noopener' },
        first.link,
      );
      const name = textIn(said, 'name');
      await named(name);
      told.replaceChildren(notice('good', first.are(name)), make('p', {}, first.last), make('p', {}, link));
      // A second key would be one too many.
      begin.replaceWith(button(t().start.signIn, signIn, 'main'));
    } catch (error) {
      const says = error instanceof NotSigned ? first.notMade : sentence(error);
      told.replaceChildren(notice('stop', first.failed, says));
    }
  };
  const begin = button(first.make, setUp, 'main');
  return {
    title: first.title,
    body: [make('p', {}, first.lead), told],
    actions: [button(page.back, back, 'tall'), begin],
  };
}
