import { unzipSync } from 'fflate';
import type { Bytes } from '../../../server/protocol/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { BUNDLE_LIMITS, type BundleFiles } from '../../../server/protocol/verify/bundle-files.ts';

/** Names that a bundle's files can have: no way up, no drive, no control character. */
const NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*){0,3}$/u;

/**
 * The files of an evidence bundle, in memory: nothing is written anywhere. What it claims to become is added up
 * before the first byte is unpacked, and no file becomes larger than it claims. Throws Refusal E_VERSION for what is
 * no zip file, E_CMD_MALFORMED for a zip file that is damaged, too large, or names its files in ways no bundle does.
 */
export function openZip(bytes: Bytes): BundleFiles {
  if (bytes.length > BUNDLE_LIMITS.packed) throw tooLarge();
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw new Refusal('E_VERSION', 'this is not a zip file', 'bundle');
  const seen = new Set<string>();
  let total = 0;
  const admit = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (name.length > 160 || !NAME.test(name)) throw damaged('a file has a name that no bundle uses');
    if (seen.has(name)) throw damaged('two files have one name');
    seen.add(name);
    total += originalSize;
    if (total > BUNDLE_LIMITS.unpacked || seen.size > BUNDLE_LIMITS.files) throw tooLarge();
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter: admit })));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw damaged('the zip file is cut off or damaged');
  }
}

const damaged = (why: string): Refusal => new Refusal('E_CMD_MALFORMED', why, 'bundle');
const tooLarge = (): Refusal =>
  damaged(`it would unpack to more than ${BUNDLE_LIMITS.unpacked / 1024 / 1024} MiB; no bundle does`);
