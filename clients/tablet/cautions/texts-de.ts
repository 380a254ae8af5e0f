import type { CAUTIONS_EN } from './texts-en.ts';

/** Woran vor der Unterschrift zu denken ist, auf Deutsch. */
export const CAUTIONS_DE: typeof CAUTIONS_EN = {
  title: 'Vor der Unterschrift beachten',
  more: (name, from, to, times) => `${name}: ${to} ist das ${times}-Fache von ${from} auf dem Gerät.`,
  less: (name, from, to, times) => `${name}: ${to} ist ${times}-mal weniger als ${from} auf dem Gerät.`,
  battery: (name, value) => `Die Batterie des Geräts ist schwach. ${name}: ${value}.`,
  batterySays:
    'Gelesen wird es wie immer. Batterie tauschen oder laden lassen, und das Gerät ansehen, bevor die Therapie geändert wird.',
  stop: 'Die Therapie dieses Geräts hält an, bis jemand sie wieder aufnimmt.',
  pacing: 'Es ist ein Herzschrittmacher: Wer von ihm abhängt, hat dann vielleicht keinen Herzschlag.',
  resume: 'Das Gerät behandelt wieder, mit den Einstellungen, die hier stehen.',
  safe: 'Das Gerät behält die Werte seines sicheren Modus und nimmt wieder Änderungen.',
  tick: 'Ich habe das gesehen:',
  need: (count) => (count === '1' ? 'Zuerst den Hinweis abhaken.' : `Zuerst ${count} Hinweise abhaken.`),
  noCommands: 'Befehle sind angehalten.',
  otherLimits: 'Die Grenzen haben sich geändert.',
  stopped:
    'Das Gateway nimmt gerade keine Befehle: Protokoll, Zeugen oder Platte sind nicht in Ordnung. Lesen und Notfall gehen weiter. Rufen Sie den Betreiber.',
};
