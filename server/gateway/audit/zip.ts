import { zipSync } from 'fflate';
import type { Bytes } from '../../protocol/bytes.ts';
import type { BundleFiles } from '../../protocol/verify/bundle-files.ts';

/** The oldest time a zip file can tell; a bundle's own times stand in its entries. */
const EARLIEST = new Date(1980, 0, 1);

/** Packs a bundle's files. The same files give the same bytes. */
export function packZip(files: BundleFiles): Bytes {
  return zipSync(Object.fromEntries(files), { level: 9, mtime: EARLIEST });
}
