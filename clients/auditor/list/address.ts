import type { Section } from '../state.ts';
import type { Filters } from '../wire.ts';

const SECTIONS: readonly Section[] = ['overview', 'commands', 'gaps', 'access', 'retention'];
const isSection = (text: string): text is Section => SECTIONS.some((one) => one === text);

/** Filters that may stand in an address, because no person and no patient is in them. */
const WORDS = ['rows', 'device', 'model', 'role', 'action', 'outcome', 'code', 'second', 'proof', 'place'] as const; // prettier-ignore
const NUMBERS = ['from', 'to', 'tier', 'link'] as const;
const ROWS = ['commands', 'events', 'all'] as const;

/** Where somebody is, for a link or a bookmark: never a name, a patient or what was typed. */
export function fragmentOf(section: Section, filters: Filters): string {
  if (section !== 'commands') return `#${section}`;
  const said = new URLSearchParams();
  for (const name of [...WORDS, ...NUMBERS]) {
    const value = filters[name];
    if (value !== undefined) said.set(name, String(value));
  }
  const text = said.toString();
  return text === '' ? '#commands' : `#commands?${text}`;
}

/** Reads an address back; what is not understood is left out. */
export function filtersIn(fragment: string): { readonly section: Section; readonly filters: Filters } {
  const [name = '', rest = ''] = fragment.replace(/^#/u, '').split('?', 2);
  const said = new URLSearchParams(rest);
  const words = WORDS.flatMap((key) => {
    const value = said.get(key);
    return value !== null && /^[A-Za-z0-9 ._-]{1,80}$/u.test(value) ? [[key, value] as const] : [];
  });
  const numbers = NUMBERS.flatMap((key) => {
    const value = said.get(key);
    return value !== null && /^\d{1,15}$/u.test(value) ? [[key, Number(value)] as const] : [];
  });
  const { rows, ...filters } = Object.fromEntries<string | number | undefined>([...words, ...numbers]);
  const kind = ROWS.find((one) => one === rows);
  return {
    section: isSection(name) ? name : 'overview',
    filters: { ...filters, ...(kind && { rows: kind }) },
  };
}
