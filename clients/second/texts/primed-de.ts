import type { PRIMED_EN } from './primed-en.ts';
import type { Like } from './texts.ts';

/** The same in German. */
export const PRIMED_DE: Like<typeof PRIMED_EN> = {
  primed: {
    offer: 'Nur durchsehen',
    title: 'Die Werte der anderen Person ansehen?',
    worse: 'Selbst eingeben findet mehr Fehler',
    lead: (by) =>
      `Nur durchsehen: Sie würden die Werte von ${by} sehen, statt eigene einzugeben. Wer einen Wert gezeigt bekommt, hält ihn leicht für richtig.`,
    logged:
      'Das Protokoll und Ihre Unterschrift sagen, dass sie Ihnen gezeigt wurden, und selbst eingeben können Sie sie danach nicht mehr.',
    show: 'Zeigen Sie mir die Werte',
    rather: 'Ich gebe sie lieber selbst ein',
    shown: (by) => `Prüfen Sie die Werte von ${by}`,
    only: 'Nur durchgesehen: Sie sehen die Werte der anderen Person. Selbst eingeben findet mehr Fehler.',
    compare:
      'Vergleichen Sie jeden Wert mit Anordnung und Akte, und haken Sie ihn ab. Stimmt einer nicht, lehnen Sie ab.',
    change: (before, after) => `${before} → ${after}`,
    tick: (name) => `Verglichen: ${name}`,
    missing: (names) => `Noch nicht abgehakt: ${names}. Vergleichen Sie jeden Wert, und haken Sie ihn ab.`,
  },
};
