import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../protocol/encoding/cbor.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../protocol/encoding/fields.ts';
import { encodeTelemetry, parseFromDevice, type TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import { type Content, contentValue, parseContent } from '../protocol/telemetry/telemetry-content.ts';

/** A minute of the largest frames, unpacked. */
const MAX_BLOCK = 4 * 1024 * 1024;

/**
 * Frames in a row as one compressed block. The links of the chain are left out: deterministic CBOR gives the same bytes
 * again, and with them the same hashes.
 */
export function packBlock(frames: readonly TelemetryFrame[]): Bytes {
  const [first] = frames;
  if (!first) throw new RangeError('no frames');
  const rows = frames.map(({ at, up, contents }): Cbor => [at, up, contents.map(contentValue)]);
  return new Uint8Array(deflateRawSync(encode([first.session, first.number, first.previous, rows])));
}

/**
 * The frames of a block, byte for byte as they came: the chain through all of them ends in `hash`. Throws Refusal or Error
 * when one bit of it is another than was stored.
 */
export function unpackBlock(bytes: Bytes, hash: Bytes, sha256: Sha256): TelemetryFrame[] {
  const plain = new Uint8Array(inflateRawSync(bytes, { maxOutputLength: MAX_BLOCK }));
  const [session, first, previous, rows] = arrayOf(decodeStrict(plain, 'block', MAX_BLOCK), 'block', 4, 4);
  let number = uint(first, 'block.first');
  let link = bytesOf(previous, 'block.previous', 32);
  const frames = arrayOf(rows, 'block.frames', 1, 100_000).map((row) => {
    const [at, up, contents] = arrayOf(row, 'block.frame', 3, 3);
    const frame: TelemetryFrame = {
      session: bytesOf(session, 'block.session', 8),
      number: number++,
      previous: link,
      at: uint(at, 'block.at'),
      up: uint(up, 'block.up'),
      contents: arrayOf(contents, 'block.contents', 0, 64).map(parseContent),
    };
    link = sha256(encodeTelemetry(frame));
    return frame;
  });
  if (!equal(link, hash)) throw new RangeError('other frames than were stored');
  return frames;
}

/** A frame that was taken before. */
export function readFrame(bytes: Bytes): TelemetryFrame {
  const message = parseFromDevice(bytes);
  if (message.kind !== 'frame') throw new RangeError('not a frame');
  return message.frame;
}

type Description = Extract<Content, { kind: 'describe' }>;

/** What a session's handles mean, as its row has it. Throws Refusal or RangeError when it is damaged. */
export function parseDescription(column: unknown): Description {
  if (!(column instanceof Uint8Array)) throw new RangeError('no bytes');
  const content = parseContent(decodeStrict(column, 'described', 65_536));
  if (content.kind !== 'describe') throw new RangeError('not a description');
  return content;
}

/** The same, and undefined where there is none that can be read: its device describes again. */
export function readDescription(column: unknown): Description | undefined {
  try {
    return column === null ? undefined : parseDescription(column);
  } catch {
    return undefined;
  }
}
