import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { BUNDLE_LIMITS, type BundleFiles } from '../../../server/protocol/verify/bundle-files.ts';

// Browsers and Node inflate by themselves. What is read here is the list of contents, so that the page that strangers are
// handed for checking consists of less, and of nothing that others wrote for other ends.

/** Names that a bundle's files can have: no way up, no drive, no control character. */
const NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*){0,3}$/u;

/** The records of a zip file (APPNOTE.TXT 6.3 sections 4.3.7, 4.3.12 and 4.3.16): what they begin with, and their fixed size. */
const LOCAL = { magic: 0x04034b50, size: 30 };
const LISTED = { magic: 0x02014b50, size: 46 };
const END = { magic: 0x06054b50, size: 22 };
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;

interface Listed {
  readonly name: string;
  readonly method: number;
  /** Bytes as they are packed, and as they are said to become. */
  readonly packed: Bytes;
  readonly size: number;
}

/**
 * The files of an evidence bundle, in memory: nothing is written anywhere. What it claims to become is added up
 * before the first byte is unpacked, and no file becomes larger than it claims. Throws Refusal E_VERSION for what is
 * no zip file, E_CMD_MALFORMED for a zip file that is damaged, too large, or names its files in ways no bundle does.
 */
export async function openZip(bytes: Bytes): Promise<BundleFiles> {
  if (bytes.length > BUNDLE_LIMITS.packed) throw tooLarge();
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw new Refusal('E_VERSION', 'this is not a zip file', 'bundle');
  const files = new Map<string, Bytes>();
  try {
    for (const { name, method, packed, size } of contentsOf(bytes))
      files.set(name, method === STORED ? packed.slice() : await inflated(packed, size));
  } catch (error) {
    // A RangeError is a record that lies outside the file; a TypeError is the inflating stream's word.
    if (error instanceof RangeError || error instanceof TypeError) throw damaged(BROKEN);
    throw error;
  }
  return files;
}

function contentsOf(bytes: Bytes): readonly Listed[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(view);
  const all: Listed[] = [];
  const seen = new Set<string>();
  let total = 0;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [listed, next] = readListed(bytes, view, at);
    at = next;
    const { name, size } = listed;
    if (name.length > 160 || !NAME.test(name)) throw damaged('a file has a name that no bundle uses');
    if (seen.has(name)) throw damaged('two files have one name');
    seen.add(name);
    total += size;
    if (total > BUNDLE_LIMITS.unpacked || seen.size > BUNDLE_LIMITS.files) throw tooLarge();
    all.push(listed);
  }
  return all;
}

/** Where the record at the end begins: a comment may follow it. */
function endOf(view: DataView): number {
  for (let at = view.byteLength - END.size; at >= 0; at--)
    if (view.getUint32(at, true) === END.magic) return at;
  throw damaged(BROKEN);
}

function readListed(bytes: Bytes, view: DataView, at: number): readonly [Listed, number] {
  const u16 = (from: number): number => view.getUint16(from, true);
  const u32 = (from: number): number => view.getUint32(from, true);
  const local = u32(at + 42);
  const fine = u32(at) === LISTED.magic && u32(local) === LOCAL.magic && (u16(at + 8) & ENCRYPTED) === 0;
  const [method, length, size] = [u16(at + 10), u32(at + 20), u32(at + 24)];
  const start = local + LOCAL.size + u16(local + 26) + u16(local + 28);
  const whole =
    start + length <= bytes.length && (method === DEFLATED || (method === STORED && length === size));
  if (!fine || !whole) throw damaged(BROKEN);
  const name = String.fromCharCode(...bytes.subarray(at + LISTED.size, at + LISTED.size + u16(at + 28)));
  const next = at + LISTED.size + u16(at + 28) + u16(at + 30) + u16(at + 32);
  return [{ name, method, packed: bytes.subarray(start, start + length), size }, next];
}

/** Stops at the first piece that goes beyond what was claimed. Throws RangeError. */
async function inflated(packed: Bytes, size: number): Promise<Bytes> {
  const file = new Uint8Array(size);
  let filled = 0;
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    file.set(value, filled); // A RangeError where it is more than was claimed.
    filled += value.length;
  }
  if (filled !== size) throw damaged(BROKEN);
  return file;
}

const BROKEN = 'the zip file is cut off or damaged';
const damaged = (why: string): Refusal => new Refusal('E_CMD_MALFORMED', why, 'bundle');
const tooLarge = (): Refusal =>
  damaged(`it would unpack to more than ${BUNDLE_LIMITS.unpacked / 1024 / 1024} MiB; no bundle does`);
