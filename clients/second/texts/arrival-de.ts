import type { ARRIVAL_EN } from './arrival-en.ts';
import type { Like } from './texts.ts';

/** The same in German. */
export const ARRIVAL_DE: Like<typeof ARRIVAL_EN> = {
  start: {
    title: 'Zweite Unterschrift',
    lead: (site) =>
      `${site}. Hier gibt eine zweite Person eine Änderung noch einmal ein, ohne die Werte der ersten zu sehen.`,
    alone:
      'Diese Seite hat keine Zeile mit dem ersten Tablet gemeinsam. Gerät, Profil und Protokoll prüft sie selbst.',
    signIn: 'Anmelden',
    signedIn: 'Sie sind angemeldet. Schließen Sie dieses Fenster: Die Seite dahinter geht von selbst weiter.',
    notSignedIn:
      'Niemand hat sich angemeldet. Schließen Sie dieses Fenster, und beginnen Sie auf der Seite dahinter neu.',
    setUp: 'Simulation: diese Seite neu einrichten',
    again: 'Noch einmal anmelden',
  },
  window: {
    title: 'Weiter im anderen Fenster',
    lead: 'Die Seite des Anmeldeservers ist in einem eigenen Fenster offen. Sind Sie dort fertig, geht diese Seite von selbst weiter.',
    closed: 'Kein solches Fenster, oder es ist zu? Brechen Sie hier ab, und beginnen Sie neu.',
    stop: 'Abbrechen',
  },
  approve: {
    title: 'Bestätigen Sie dieses Tablet',
    lead: (who) =>
      `Sie sind ${who}. Benutzen Sie einmal Ihren Unterschrifts-Passkey: Er sagt, dass Sie jetzt an diesem Tablet arbeiten. Er unterschreibt nichts über einen Patienten.`,
    go: 'Mit Unterschrifts-Passkey bestätigen',
    waiting: 'Wartet auf Ihren Unterschrifts-Passkey',
  },
  again: {
    title: 'Melden Sie sich zum Unterschreiben noch einmal an',
    waits: 'Die Änderung wartet weiter auf Sie',
    fresh:
      'Ihre Anmeldung ist eine Weile her. Berühren Sie Ihren Schlüssel noch einmal; nichts geht verloren.',
    kept: 'Danach geht es genau hier weiter. Nichts wird zweimal eingegeben.',
    not: 'Sie sind nicht neu angemeldet',
  },
  timeOver: {
    over: 'Die Zeit zum Unterschreiben ist um.',
    gone: 'Diese Änderung ist nicht mehr offen: Ihre Zeit ist um, oder sie wurde zurückgenommen.',
    unchanged: 'Es wurde nichts gesendet, das Gerät ist unverändert.',
    nothing: 'Es wurde nichts gesendet.',
  },
  first: {
    title: 'Diese Seite einrichten',
    lead: 'Hier wurde noch niemand eingerichtet. In dieser Simulation können Sie Dr Ben Lindqvist sein, der als Zweiter unterschreibt. Es braucht zwei Passkeys und eine Minute.',
    titleAgain: 'Diese Seite neu einrichten',
    leadAgain:
      'Hier wurde schon jemand eingerichtet: Sind die Passkeys noch da, melden Sie sich einfach an. Sonst legen Sie zwei neue an und sind wieder Dr Ben Lindqvist.',
    steps: {
      key: {
        title: 'Unterschrifts-Passkey anlegen',
        says: 'Er unterschreibt, was Sie gutheißen, nur auf dieser Seite.',
      },
      hospital: {
        title: 'Das Krankenhaus bestätigt ihn',
        says: 'Der Betrieb meldet dieses Tablet an, und die Stelle für Ausweise bestätigt Ihren Passkey. Hier sind beide simuliert.',
      },
      signIn: {
        title: 'Anmelde-Passkey anlegen und sich damit anmelden',
        says: 'In einem Fenster des Anmeldeservers. Er meldet Sie an und kann nichts unterschreiben.',
      },
    },
    isDone: (step) => `${step}: fertig`,
    make: 'Unterschrifts-Passkey anlegen',
    already: 'Ich habe meine Passkeys schon',
    certifying: 'Ihr Passkey wird bestätigt. Das dauert ein paar Sekunden.',
    open: 'Anmelde-Passkey anlegen',
    have: 'Ich habe schon einen',
    failed: 'Sie sind noch nicht eingerichtet',
    notMade:
      'Es wurde kein Passkey angelegt: abgebrochen, zu lange gewartet, oder dieser Browser fand keinen. Versuchen Sie es noch einmal, mit PIN, Fingerabdruck oder Gesicht dieses Rechners oder mit einem Sicherheitsschlüssel. Einer, den ein Telefon in eine Cloud kopiert, kann hier nicht unterschreiben.',
    notCertified:
      'Ihr Passkey ist angelegt, aber das simulierte Krankenhaus hat ihn nicht bestätigt. Sehen Sie nach, ob die Station noch läuft, und beginnen Sie neu.',
  },
};
