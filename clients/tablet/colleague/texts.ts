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
    primed: 'Checked by a second clinician: review only',
    primedSays: 'They were shown these values, and entered none of their own',
    signed: 'Signed by a second clinician',
    signedSays: 'On another tablet',
    looks: (who: string) => `${who} looks at your values`,
    looksSays: 'Review only: they did not enter their own. They sign it, or decline.',
    kind: { entered: 'independent entry', primed: 'review only' },
    was: (who: string, kind: string) => `Second person: ${who}, ${kind}`,
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
    primed: 'Von einer zweiten Person nur durchgesehen',
    primedSays: 'Sie sah diese Werte und gab keine eigenen ein',
    signed: 'Von einer zweiten Person unterschrieben',
    signedSays: 'An einem anderen Tablet',
    looks: (who) => `${who} sieht Ihre Werte an`,
    looksSays: 'Nur durchgesehen: ohne eigene Eingabe. Es folgt eine Unterschrift oder ein Nein.',
    kind: { entered: 'selbst eingegeben', primed: 'nur durchgesehen' },
    was: (who, kind) => `Zweite Person: ${who}, ${kind}`,
  },
);
