import { crc32, deflateSync } from 'node:zlib';

/** Points along each side. */
const SIDE = 112;
/** Colours by number: background, clothes, skin, hair, dark, band, letters. */
const SKIN = [0xf1c9a5, 0xd9a066, 0x8d5524, 0xffdbac, 0xc68642] as const;
const HAIR = [0x2b1d0e, 0x8a8a8a, 0x5a3a1a, 0xb5651d, 0xd8d8d8] as const;
const CLOTHES = [0x3d6b8e, 0x6b8e3d, 0x7a4f7a, 0x8e5a3d] as const;
const BACKGROUND = 0xdfe6ec;
const DARK = 0x14202b;
const BAND = 0xffffff;

/** Rows of five points for the word that every portrait carries. */
const LETTERS = {
  S: ['.###.', '#....', '.###.', '....#', '####.'],
  I: ['.###.', '..#..', '..#..', '..#..', '.###.'],
  M: ['#...#', '##.##', '#.#.#', '#...#', '#...#'],
} as const;

/** A drawn face with the word SIM under it, as PNG: nobody can take it for a person. The same for the same number. */
export function portrait(number: number): Uint8Array {
  const pick = (list: readonly number[], step: number): number => list[(number * step) % list.length] ?? 0;
  const colours = [BACKGROUND, pick(CLOTHES, 1), pick(SKIN, 3), pick(HAIR, 2), DARK, BAND];
  const wide = 22 + (number % 3) * 2;
  const [middle, long] = number % 2 === 0 ? [48, 40] : [36, 30];
  const at = (x: number, y: number): number => {
    if (y >= SIDE - 22) return inWord(x - 26, y - (SIDE - 19)) || isHatched(x, y) ? 4 : 5;
    const eye = Math.abs(Math.abs(x - 56) - 9) <= 2 && Math.abs(y - 42) <= 2;
    if (eye || (Math.abs(x - 56) <= 7 && Math.abs(y - 58) <= 1)) return 4;
    if (inside(x, y, 56, 26, wide + 1, 12)) return 3;
    if (inside(x, y, 56, 44, wide, 26)) return 2;
    if (inside(x, y, 56, middle, wide + 6, long)) return 3;
    return inside(x, y, 56, 104, 44, 34) ? 1 : 0;
  };
  const rows = Array.from({ length: SIDE }, (_, y) => [
    0,
    ...Array.from({ length: SIDE }, (__, x) => at(x, y)),
  ]);
  return png(Uint8Array.from(rows.flat()), colours);
}

const inside = (x: number, y: number, cx: number, cy: number, rx: number, ry: number): boolean =>
  ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;

/** Left and right of the word. */
const isHatched = (x: number, y: number): boolean => Math.abs(x - 56) > 36 && (x + y) % 8 < 2;

/** Is a point part of the letters? Each of their points is three across. */
function inWord(x: number, y: number): boolean {
  const [column, row] = [Math.floor(x / 3), Math.floor(y / 3)];
  const letter = [LETTERS.S, LETTERS.I, LETTERS.M][Math.floor(column / 7)];
  return x >= 0 && y >= 0 && letter?.[row]?.[column % 7] === '#';
}

/** PNG (ISO/IEC 15948) with a palette: one byte a point, one filter byte (none) a row. */
function png(rows: Uint8Array, colours: readonly number[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 3, 0, 0, 0], 8); // eight bits, palette, and the only methods there are
  const palette = Buffer.from(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', header),
      chunk('PLTE', palette),
      chunk('IDAT', deflateSync(rows)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}
