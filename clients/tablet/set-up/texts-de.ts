import type { Like } from '../../common/page/texts.ts';
import type { SET_UP_EN } from './texts-en.ts';

/** Der erste Tag in der Simulation, auf Deutsch. */
export const SET_UP_DE: Like<typeof SET_UP_EN> = {
  title: 'Dieses Tablet einrichten',
  lead: 'An diesem Tablet wurde noch niemand eingerichtet. In dieser Simulation können Sie Dr Ada Okafor sein und Änderungen verlangen. Es braucht zwei Passkeys und eine Minute.',
  again: 'Dieses Tablet neu einrichten',
  againLead:
    'An diesem Tablet wurde schon jemand eingerichtet: Sind die Passkeys noch da, melden Sie sich einfach an. Sonst legen Sie zwei neue an und sind wieder Dr Ada Okafor.',
  step1: 'Unterschrifts-Passkey anlegen',
  step1Says: 'Er unterschreibt, was Sie von einem Gerät verlangen, nur auf dieser Seite.',
  step2: 'Das Krankenhaus bestätigt ihn',
  step2Says:
    'Ein Betreiber meldet das Tablet an, und die Stelle für Ausweise bestätigt Ihren Passkey. Hier sind beide simuliert.',
  step3: 'Anmelde-Passkey anlegen und sich damit anmelden',
  step3Says: 'In einem Fenster des Anmeldeservers. Er meldet Sie an und kann nichts unterschreiben.',
  begin: 'Unterschrifts-Passkey anlegen',
  waiting: 'Wartet auf Ihren Passkey',
  certifying: 'Ihr Passkey wird bestätigt. Ein paar Sekunden.',
  openLink: 'Anmelde-Passkey anlegen',
  have: 'Ich habe schon einen: anmelden',
  already: 'Ich habe meine Passkeys schon: anmelden',
  notMade:
    'Es wurde kein Passkey angelegt: abgebrochen, zu lange gewartet, oder dieser Browser fand keinen. Sonst geschah nichts. Daneben steht, was Sie nehmen können. Versuchen Sie es noch einmal.',
  address:
    'Es wurde kein Passkey angelegt: Diese Adresse passt zu keinem. Öffnen Sie die Seite unter ihrem üblichen Namen.',
  notCertified:
    'Ihr Passkey ist angelegt, aber das simulierte Krankenhaus hat ihn nicht bestätigt. Sehen Sie nach, ob die Station noch läuft, und beginnen Sie neu.',
  which: 'Was kann ich nehmen?',
  own: 'Diesen Rechner: Bestätigen Sie mit PIN, Fingerabdruck oder Gesicht, wie beim Entsperren (Windows Hello, Touch ID).',
  none: 'Dieser Rechner hat keine eigenen Passkeys, die dieser Browser benutzen könnte.',
  phone:
    'Ein Telefon: Wählen Sie es in der Frage des Browsers, und nehmen Sie das Bild mit seiner Kamera auf. Beide brauchen Bluetooth.',
  key: 'Einen Sicherheitsschlüssel: Wählen Sie ihn in der Frage des Browsers, stecken Sie ihn ein, geben Sie seine PIN ein, und berühren Sie ihn.',
  copied:
    'Ein Passkey, der wie bei Telefonen in eine Cloud kopiert wird, unterschreibt nur kleine Änderungen: keinen Notfall und nichts, was zwei unterschreiben.',
  developer: 'Nichts davon?',
  developerSays:
    'Der Weg für Entwickler, in Chrome und Edge: Entwicklertools öffnen, dann More tools, WebAuthn. Den virtuellen Authenticator einschalten, und einen mit ctap2, resident keys und user verification hinzufügen. Dasselbe im Anmeldefenster: Jedes Fenster hat seinen eigenen und vergisst ihn, wenn es sich schließt.',
  simulation: 'Simulation',
  noBands: 'Hier liegt kein echter Patient. Die Armbänder stehen auf der Seite der Betten.',
  wristbands: 'Hier liegt kein echter Patient. Drücken Sie auf ein Armband, um es zu scannen.',
  born: (year) => `geboren ${year}`,
  has: (device) => `trägt ${device}`,
  label: 'Hier steht kein echtes Lesegerät. Das wäre sein Etikett: Drücken Sie darauf, um es zu scannen.',
};
