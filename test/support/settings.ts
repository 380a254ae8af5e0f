/** Codes of the reference devices' settings that tests change, as their profiles have them. */
export const PUMP = { rate: 157784, occlusion: 0xf0010010, volume: 0xf0010012 } as const;
