/**
 * UCUM as people write it: braces and brackets are for machines, a micro is no "u" (which is read as an m), and degrees have
 * their sign. "uL" is µL, "Cel" is °C, "mm[Hg]" is mmHg.
 */
export const plainUnit = (unit: string): string =>
  unit
    .replaceAll(/[[\]{}]/gu, '')
    .replaceAll(/\bu(?=[A-Za-z])/gu, 'µ')
    .replace('Cel', '°C');
