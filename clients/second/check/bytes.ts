export type Bytes = Uint8Array<ArrayBuffer>;

/** Something that this page was given is not what it should be. The text names it for who looks after the system. */
export class Wrong extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Wrong';
  }
}

/** Something that a person can mend. The text is a sentence in the language of the page. */
export class Objection extends Error {}

const ENCODER = new TextEncoder();
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => new Uint8Array(ENCODER.encode(text));

/** Throws Wrong for bytes that are no UTF-8. */
export function textOf(bytes: Bytes): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    throw new Wrong('a text is not UTF-8');
  }
}

export function join(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const same = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

export const hex = (bytes: Bytes): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Throws Wrong for anything but lower-case hexadecimal of whole bytes. */
export function unhex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/u.test(text)) throw new Wrong('expected hexadecimal');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

export const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
export const base64url = (bytes: Bytes): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/u, '');

/** Padded base64 in its one spelling; throws Wrong for any other. */
export function unbase64(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new Wrong('expected base64');
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (base64(bytes) !== text) throw new Wrong('expected base64 in its one spelling');
  return bytes;
}

/** base64url without padding in its one spelling; throws Wrong for any other. */
export function unbase64url(text: string): Bytes {
  const padded = text.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = unbase64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
  if (base64url(bytes) !== text) throw new Wrong('expected base64url');
  return bytes;
}

/** SHA-256, by the browser. */
export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
