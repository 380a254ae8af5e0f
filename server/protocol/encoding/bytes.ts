/** Byte strings: the few operations everything else is built from. */

export type Bytes = Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text. */
export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Text of UTF-8 bytes; throws TypeError on invalid UTF-8. */
export const text = (bytes: Bytes): string => shortAscii(bytes) ?? decoder.decode(bytes);

/** Codes and labels are a few plain letters: calling the decoder takes longer than reading them. */
const SHORT = 32;

function shortAscii(bytes: Bytes): string | undefined {
  if (bytes.length > SHORT) return undefined;
  let out = '';
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    out += String.fromCharCode(byte);
  }
  return out;
}

/** One byte string from many. */
export function concat(...parts: readonly Bytes[]): Bytes {
  let size = 0;
  for (const part of parts) size += part.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Same length and same bytes. For public values only: the time it takes depends on the content. */
export function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Negative, zero or positive, as `a` sorts before, with or after `b` (bytewise, shorter first on a tie). */
export function compare(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function hex(bytes: Bytes): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte];
  return out;
}

/** Bytes of hexadecimal text; throws RangeError on anything else. */
export function unhex(digits: string): Bytes {
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new RangeError('not hexadecimal');
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Base64 with padding (RFC 4648 section 4), as signed notes use it. */
export function base64(bytes: Bytes): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Bytes of padded base64; throws RangeError unless re-encoding gives the same text. */
export function unbase64(encoded: string): Bytes {
  let binary: string;
  try {
    binary = atob(encoded);
  } catch {
    throw new RangeError('not base64');
  }
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  if (base64(bytes) !== encoded) throw new RangeError('not canonical base64');
  return bytes;
}

/** Base64url without padding (RFC 4648 section 5), as WebAuthn and JOSE use it. */
export const base64url = (bytes: Bytes): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Bytes of unpadded base64url; throws RangeError unless re-encoding gives the same text. */
export function unbase64url(encoded: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) throw new RangeError('not base64url');
  const padded = encoded.replaceAll('-', '+').replaceAll('_', '/');
  return unbase64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
}
