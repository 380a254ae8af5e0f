import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Span } from './locate.ts';

const ROW = 16;
/** Rows shown around what is marked, and at the beginning. */
const AROUND = 2;

/** One row of a hex view: its offset, and its bytes with a word on each whether it is marked. */
export interface HexRow {
  readonly offset: string;
  readonly bytes: readonly { readonly hex: string; readonly marked: boolean }[];
}

/** The rows of a message around the marked span, `undefined` where rows were left out. */
export function hexRows(message: Bytes, mark: Span | undefined): readonly (HexRow | undefined)[] {
  const rows: (HexRow | undefined)[] = [];
  for (let at = 0; at < message.length; at += ROW) {
    if (!isShown(at, mark, message.length)) {
      if (rows.at(-1) !== undefined) rows.push(undefined);
      continue;
    }
    const bytes = Array.from(message.slice(at, at + ROW), (byte, i) => ({
      hex: hex(Uint8Array.of(byte)),
      marked: mark !== undefined && at + i >= mark.start && at + i < mark.end,
    }));
    rows.push({ offset: at.toString(16).padStart(4, '0'), bytes });
  }
  return rows;
}

function isShown(at: number, mark: Span | undefined, length: number): boolean {
  if (length <= ROW * 8 || at < ROW) return true;
  const start = mark ? mark.start : 0;
  return at + ROW > start - AROUND * ROW && at < start + (AROUND + 1) * ROW;
}

/** The view as text: marked bytes stand in brackets, and below them in a line of carets. */
export function hexText(message: Bytes, mark: Span | undefined): readonly string[] {
  return hexRows(message, mark).flatMap((row) => {
    if (!row) return ['      …'];
    const line = `${row.offset}  ${row.bytes.map(({ hex: digits }) => digits).join(' ')}`;
    const carets = row.bytes.map(({ marked }) => (marked ? '^^' : '  ')).join(' ');
    return carets.includes('^') ? [line, `      ${carets.trimEnd()}`] : [line];
  });
}
