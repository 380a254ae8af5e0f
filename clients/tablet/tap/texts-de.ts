import type { TAP_EN } from './texts-en.ts';

/** Was ein Lesegerät oder ein Gerät daran anderes sein kann als erwartet, auf Deutsch. */
export const TAP_DE: typeof TAP_EN = {
  standsOn: (ward) => `Steht auf ${ward}`,
  otherWard: 'Andere Station',
  wrongWard: (ward) => `Es steht auf ${ward}. Nehmen Sie ein Lesegerät neben dem Patienten.`,
  other: 'Auf dem Lesegerät liegt das Gerät von jemand anderem',
  otherSays:
    'Das Gerät dieser Person wird über das Netz erreicht, nicht über das Lesegerät. Nehmen Sie das andere trotzdem weg.',
  two: 'Am Lesegerät liegen zwei Geräte oder Karten. Nehmen Sie alle bis auf das Gerät dieses Patienten weg. Es wurde nichts gesendet.',
};
