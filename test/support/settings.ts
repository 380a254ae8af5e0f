/** Codes of the reference devices' settings that tests change, as their profiles have them. */
export const PUMP = { rate: 157784, occlusion: 0xf0010010, volume: 0xf0010012 } as const;
export const PACEMAKER = {
  lowerRate: 730880,
  trackingRate: 731136,
  impedanceLow: 0xf0000011,
  atrialAlert: 0xf0000013,
} as const;
