import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import type { View } from './shell.ts';

/** The gateway takes signatures of people who signed in less than five minutes ago; a little less leaves time to sign. */
export const FRESH_MS = 4.5 * 60_000;
/** So much of it is needed at least where the person is checked, and where values are typed. */
export const SPARE_MS = { person: 120_000, entry: 60_000, sign: 0 } as const;

/** The sign-in is too old to sign with: the change waits, and goes on from here. @param why it did not work just now */
export function againView(why: string, signIn: () => Promise<void>, back: () => void): View {
  const { again, page, start } = t();
  return {
    title: again.title,
    body: [
      why !== '' && notice('stop', again.not, why),
      notice('plain', again.waits, again.fresh),
      make('p', {}, again.kept),
    ],
    actions: [button(page.back, back, 'tall'), button(start.again, signIn, 'main')],
  };
}
