import type { LOOKING_EN } from './looking-en.ts';
import type { Like } from './texts.ts';

/** Warum jemand die Nottür benutzte oder einen Menschen anderer öffnete, und die Nachschau davon, auf Deutsch. */
export const LOOKING_DE: Like<typeof LOOKING_EN> = {
  why: {
    said: (who, why) => `Grund, angegeben von ${who}: ${why}`,
    notYet: (who) => `${who} hat noch nicht gesagt, warum.`,
    reasons: {
      danger: 'Der Mensch war in Gefahr',
      device: 'Dem Gerät war nicht zu trauen',
      'no-other-way': 'Jeder andere Weg war zu',
      mistake: 'Es war ein Versehen',
      drill: 'Es war eine Probe oder Übung',
      other: 'Etwas anderes',
    },
    news: 'Der sichere Modus für Notfälle wurde an einem Gerät Ihrer Patienten benutzt.',
    newsSays: 'Es wartet in Ihrer Liste auf eine Nachschau.',
  },
  glass: {
    news: 'Jemand hat einen Notzugang zu jemandem geöffnet, den andere behandeln.',
    newsSays: 'Er steht in Ihrer Liste; nachgesehen wird, wenn er vorbei ist.',
    list: 'Notzugänge, die auf eine Nachschau warten',
    only: 'Ein Notzugang wartet auf eine Nachschau',
    title: (by) => `Notzugang von ${by}`,
    somebody: 'Jemand, den Sie nicht behandeln',
    with: (devices) => `Jemand, den Sie nicht behandeln, mit ${devices}`,
    reasons: {
      emergency: 'Notfall',
      'team-absent': 'das zuständige Team war nicht erreichbar',
      consult: 'um Rat gebeten',
      handover: 'der Mensch wurde übergeben',
      other: 'ein anderer Grund',
    },
    over: (since, until) => `Geöffnet ${since}, vorbei ${until}.`,
    stillOpen: (since, until) => `Geöffnet ${since}, noch offen, längstens bis ${until}.`,
    allowed:
      'Er erlaubte, diesen Menschen zu lesen, und kleine Änderungen, die einer allein freigeben darf. Die Geschichte des Geräts hat sie.',
    notOver: 'Er ist noch offen. Nachgesehen wird, wenn er vorbei ist.',
    lead: 'Fragen Sie, wer ihn geöffnet hat, und das zuständige Team. Dann unterschreiben Sie, was Sie fanden.',
    why: 'War es richtig, ihn zu öffnen?',
    need: 'Wählen Sie, ob es richtig war.',
    found: {
      needed: 'Ja: Es war nötig',
      unneeded: 'Nein: Es war nicht nötig',
      other: 'Etwas anderes',
    },
    closedSays: (by) =>
      `Das Gateway hat die Nachschau des Notzugangs von ${by} abgeschlossen und hat sie im Protokoll.`,
  },
};
