import type { SITE_EN } from './texts-en.ts';

/** Was ein Haus neben den Grenzen eines Geräts enger fasst, auf Deutsch. */
export const SITE_DE: typeof SITE_EN = {
  range: (range) => `Bereich dieses Hauses: ${range}`,
  short: (limits, range) => `${limits} · dieses Haus ${range}`,
  outside: (range) =>
    `Außerhalb des Bereichs dieses Hauses (${range}): eine zweite Person unterschreibt mit.`,
  key: 'außerhalb',
  ruler: 'dieses Haus',
  check: 'Außerhalb des Bereichs',
  why: 'Ein Wert liegt außerhalb des Bereichs dieses Hauses: Schon das verlangt zwei.',
  limits:
    'Die Grenzen des Geräts oder dieses Hauses sind jetzt andere. Verwerfen Sie den Entwurf, und beginnen Sie neu.',
  battery: (name, value, least) =>
    `Keine Änderungen: Die Batterie ist schwach. ${name}: ${value}, und dieses Haus verlangt ${least} %.`,
  batterySays:
    'Lassen Sie sie laden oder tauschen, und lesen Sie das Gerät dann neu. Anhalten, Fortsetzen und Notfall gehen wie immer.',
  oneInside: 'Eine Person, zwei außerhalb des Bereichs',
  needBattery: 'Zuerst die Batterie laden oder tauschen lassen.',
  again: 'Neu lesen',
};
