import { catalogue } from '../../common/page/texts.ts';

/** How a change ends that nobody signed in time, and what a safe mode leaves behind: fetched with the screens. */
export const endTexts = catalogue(
  {
    over: 'The time to sign is over',
    overSays: 'Nothing was sent.',
    begin: 'Begin again with these values',
    stillSafe: 'Still on the values of the safe mode',
    stillSafeSays: (names: string) => `Other than before the emergency: ${names}.`,
  },
  {
    over: 'Die Zeit zum Unterschreiben ist um',
    overSays: 'Es wurde nichts gesendet.',
    begin: 'Mit diesen Werten neu beginnen',
    stillSafe: 'Noch auf den Werten des sicheren Modus',
    stillSafeSays: (names) => `Anders als vor dem Notfall: ${names}.`,
  },
);
