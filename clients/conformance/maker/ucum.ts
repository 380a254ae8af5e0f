/** Units that may be written with a prefix, as far as devices use them (UCUM, case-sensitive). */
const METRIC = [
  'm', 's', 'g', 'rad', 'K', 'C', 'cd', 'mol', 'sr', 'Hz', 'N', 'Pa', 'J', 'W', 'A', 'V', 'F', 'Ohm', 'S', 'Wb', 'Cel', 'T',
  'H', 'lm', 'lx', 'Bq', 'Gy', 'Sv', 'L', 'l', 't', 'bar', 'u', 'eV', 'kat', 'U', '[iU]', 'osm', 'eq', 'cal', 'm[H2O]',
  'm[Hg]', 'bit', 'By', 'B',
]; // prettier-ignore
const PLAIN = ['%', '[ppth]', '[ppm]', '[ppb]', '[pH]', '[drp]', 'deg', 'min', 'h', 'd', 'wk', 'mo', 'a', '[degF]', '[in_i]', '[lb_av]']; // prettier-ignore
const PREFIXES = ['da', 'Y', 'Z', 'E', 'P', 'T', 'G', 'M', 'k', 'h', 'd', 'c', 'm', 'u', 'n', 'p', 'f', 'a'];

const COMPONENT = /^(?<unit>[^{}./()0-9+-][^{}./()]*?)?(?<exponent>[+-]?\d+)?(?<annotation>\{[!-|~]*\})?$/u;

/** Is this a unit as UCUM spells it (mL/h, mm[Hg], {steps}, "1" for none)? Products, quotients, exponents, annotations; no brackets. */
export function isUcum(text: string): boolean {
  const parts = text.replace(/^\//u, '1/').split(/[./](?![^{]*\})/u);
  return text !== '' && parts.every(isComponent);
}

function isComponent(part: string): boolean {
  if (/^10[*^][+-]?\d+$/u.test(part)) return true; // a power of ten
  const { unit, exponent, annotation } = COMPONENT.exec(part)?.groups ?? {};
  if (unit === undefined)
    return /^\d+$/u.test(exponent ?? '') || (exponent === undefined && annotation !== undefined);
  return isAtom(unit) || (exponent !== undefined && isAtom(`${unit}${exponent}`));
}

const isAtom = (unit: string): boolean =>
  METRIC.includes(unit) ||
  PLAIN.includes(unit) ||
  PREFIXES.some((prefix) => unit.startsWith(prefix) && METRIC.includes(unit.slice(prefix.length)));
