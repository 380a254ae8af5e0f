import type { Like } from '../../common/page/texts.ts';
import type { PROOF_EN } from './texts-en.ts';

/** Proofs in the history of a device, in German: fetched when somebody chooses it. */
export const PROOF_DE: Like<typeof PROOF_EN> = {
  check: 'Nachweis prüfen',
  checking: 'Wird geprüft',
  VERIFIED: 'GEPRÜFT',
  FAILED: 'FEHLER',
  'NOT CHECKED': 'NICHT GEPRÜFT',
  passed: (passed, all) => `${passed} von ${all} Prüfungen auf diesem Tablet bestanden`,
  none: 'Es gibt noch keinen Nachweis, oder er war nicht zu bekommen.',
  place: (index) => `Protokoll ${index}`,
  part: 'Alarme und anderes waren nicht zu lesen; das hier sind nur die Befehle.',
  events: {
    alarm: 'Alarm',
    refused: 'Versuch abgelehnt',
    emergency: 'Notfall: sicherer Modus benutzt',
    enrolment: 'Zugelassen',
    off: 'Ausgeschlossen',
    breakGlass: 'Notzugang geöffnet',
    lost: 'Als verloren aufgegeben',
  },
  other:
    'Das Gateway gab den Nachweis von etwas anderem. Verlassen Sie sich nicht auf diesen Eintrag, und rufen Sie den Betrieb.',
};
