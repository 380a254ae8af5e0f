import { crc32, deflateRawSync } from 'node:zlib';
import { Zip, type ZipInputFile } from 'fflate';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { BundleFiles } from '../../protocol/verify/bundle-files.ts';

/** The oldest time a zip file can tell; a bundle's own times stand in its entries. */
const EARLIEST = new Date(1980, 0, 1);
const DEFLATE = 8;

/**
 * Packs a bundle's files. The same files give the same bytes. Node's own zlib compresses them: it packs a bundle of one
 * command tighter than fflate by more than 1 kB, and faster.
 */
export function packZip(files: BundleFiles): Bytes {
  const chunks: Bytes[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const [filename, bytes] of files) {
    const file: ZipInputFile = {
      filename,
      size: bytes.length,
      crc: crc32(bytes),
      compression: DEFLATE,
      mtime: EARLIEST,
    };
    zip.add(file);
    file.ondata?.(null, new Uint8Array(deflateRawSync(bytes, { level: 9 })), true);
  }
  zip.end();
  return new Uint8Array(Buffer.concat(chunks));
}
