import { catalogue } from '../../common/page/texts.ts';

/** What the first clinician hears of the second one: small, and fetched with the screens that need it. */
export const colleagueTexts = catalogue(
  {
    somebody: 'The second clinician',
    differs: (who: string) => `${who} entered other values than yours`,
    differsSays: (tries: string) =>
      `Talk to each other. They can enter them again; tries left: ${tries}. Nothing was sent.`,
    closed: 'Not the same values: this change is closed',
    closedSays:
      'Nothing was sent; the device was not asked for anything. Talk to each other, then one of you starts again.',
    declined: (who: string) => `${who} has declined this change`,
    declinedSays: 'Nothing was sent; the device was not asked for anything. The change is closed.',
    why: (reason: string) => `Reason: ${reason}`,
  },
  {
    somebody: 'Die zweite Person',
    differs: (who) => `${who} hat andere Werte eingegeben als Sie`,
    differsSays: (tries) =>
      `Sprechen Sie miteinander. Sie können noch einmal eingegeben werden; Versuche: ${tries}. Es wurde nichts gesendet.`,
    closed: 'Nicht dieselben Werte: Diese Änderung ist zu Ende',
    closedSays:
      'Es wurde nichts gesendet und das Gerät um nichts gebeten. Sprechen Sie miteinander, dann fängt eine Person neu an.',
    declined: (who) => `${who} hat diese Änderung abgelehnt`,
    declinedSays: 'Es wurde nichts gesendet und das Gerät um nichts gebeten. Die Änderung ist zu Ende.',
    why: (reason) => `Grund: ${reason}`,
  },
);
