import type { Like } from '../../common/page/texts.ts';
import type { REVIEW_EN } from './texts-en.ts';

/** The review of an emergency, in German: fetched when somebody chooses it. */
export const REVIEW_DE: Like<typeof REVIEW_EN> = {
  due: 'Sie ist binnen 24 Stunden nach dem Notfall fällig. Wer die Tür benutzt hat, kann sie nicht machen.',
  told: 'Wer davon erfährt: Alle, die diesen Menschen öffnen, sehen es, und es steht im Protokoll unter dem Namen dessen, der unterschrieben hat.',
  who: 'Jemand vom Betrieb oder eine zweite behandelnde Person sieht es nach: zu finden auf deren eigenem Tablet oder eigener Seite.',
  begin: 'Notfall nachsehen',
  title: 'Notfall nachsehen',
  lead: 'Sehen Sie zuerst nach dem Menschen und den Einstellungen des Geräts. Dann unterschreiben Sie, was Sie fanden.',
  effect: 'Die Nachschau ändert nichts am Gerät. Danach sind Änderungen wieder möglich.',
  command: 'Notfallbefehl',
  why: 'Warum wurde die Tür benutzt?',
  needed: 'Es war nötig: Der Mensch war in Gefahr',
  mistake: 'Es war ein Versehen',
  drill: 'Es war eine Probe oder Übung',
  other: 'Etwas anderes',
  more: 'Was Sie fanden',
  moreHint: 'Keine Namen. Es bleibt im Protokoll, so lange es das Protokoll gibt.',
  cancel: 'Später nachsehen',
  sign: 'Nachschau mit Passkey unterschreiben',
  needReason: 'Wählen Sie, warum.',
  needText: 'Sagen Sie in Worten, was Sie fanden.',
  signing: 'Wartet auf Ihren Unterschrifts-Passkey',
};
