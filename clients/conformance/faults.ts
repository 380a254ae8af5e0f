/** What a case found wrong with the device: what should hold, what was expected, and what came. */
export class CaseFault extends Error {
  readonly rule: string;
  readonly expected: string;
  readonly got: string;
  readonly field: string;

  constructor(rule: string, { expected = '', got = '', field = '' } = {}) {
    super(`${rule}${expected === '' ? '' : `: expected ${expected}, got ${got}`}`);
    this.name = 'CaseFault';
    this.rule = rule;
    this.expected = expected;
    this.got = got;
    this.field = field;
  }
}

/** A case that does not apply to this device, with the reason. */
export class Skipped extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Skipped';
  }
}

/** Something that is allowed and still worth a word. */
export class Warned extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Warned';
  }
}

/** Throws CaseFault unless both are the same. */
export function same(rule: string, field: string, expected: unknown, got: unknown): void {
  const [a, b] = [shown(expected), shown(got)];
  if (a !== b) throw new CaseFault(rule, { expected: a, got: b, field });
}

/** Throws CaseFault unless it holds. */
export function demand(fine: boolean, rule: string, field = '', got = ''): void {
  if (!fine) throw new CaseFault(rule, { expected: got === '' ? '' : 'that it holds', got, field });
}

/** Bytes as hexadecimal, maps in order of their keys: alike when they mean the same. */
export function shown(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => `${shown(key)}: ${shown(item)}`).toSorted();
    return `{ ${pairs.join(', ')} }`;
  }
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  return String(value);
}
