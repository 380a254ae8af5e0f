import type { Like } from '../../common/page/texts.ts';
import type { REVIEW_EN } from './texts-en.ts';

/** The review of an emergency, in German: fetched when somebody chooses it. */
export const REVIEW_DE: Like<typeof REVIEW_EN> = {
  due: 'Sie ist binnen 24 Stunden nach dem Notfall fällig. Wer die Tür benutzt hat, kann sie nicht machen.',
  used: (who, when) => `${who} hat den sicheren Modus für Notfälle benutzt: ${when}.`,
  by: (when, who) =>
    `Nachschau bis ${when}, durch jemanden vom Betrieb oder eine zweite behandelnde Person, nicht durch ${who}.`,
  late: (when, who) =>
    `Zu spät: fällig war sie ${when}, durch jemanden vom Betrieb oder eine zweite behandelnde Person, nicht durch ${who}.`,
  stranger: 'jemand aus einem anderen Haus',
  own: 'Sie haben ihn selbst benutzt: Jemand anders sieht ihn nach, am eigenen Tablet oder auf der eigenen Seite.',
  wasBefore: 'Vor dem Notfall',
  isNow: 'Jetzt, im sicheren Modus',
  isAfter: 'Danach',
  inSafe: 'Im sicheren Modus',
  looking: 'Sucht, was vor dem Notfall eingestellt war.',
  notKnown: 'Was vor dem Notfall eingestellt war, ließ sich auf diesem Tablet nicht beweisen.',
  backAfter:
    'Das bringt keinen Wert zurück. Ist es getan, bereitet „Werte von davor setzen“ das als eigene Änderung vor; zwei Personen unterschreiben sie.',
  signed: (number) => `Das Gerät hat Quittung ${number} unterschrieben; sie wurde auf diesem Tablet geprüft.`,
  unsigned: 'Was das Gerät davon unterschrieben hat, ließ sich auf diesem Tablet nicht beweisen.',
  nothingMoved: 'Keine Einstellung hat sich geändert: Das Gerät hatte die sicheren schon.',
  reads: (mode, time) => `Gelesen ${time}: ${mode}.`,
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
