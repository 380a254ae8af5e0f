import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** One file of a built page, as it is sent. */
export interface Served {
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
  /** SHA-256, base64. */
  readonly sha256: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};
const MANIFEST = z.object({
  build: z.string().regex(/^[0-9a-f]{64}$/u),
  files: z.array(z.object({ name: z.string().regex(/^[A-Za-z0-9-]+\.[a-z]+$/u), sha256: z.string() })).min(1),
});

/**
 * Reads a built bundle into memory: what is served later cannot be changed on the disk in between. Throws Error when a file
 * is missing or is not the one that was built.
 */
export function readBundle(folder: string): { readonly build: string; readonly files: readonly Served[] } {
  const manifest = MANIFEST.parse(JSON.parse(read(folder, 'manifest.json').toString('utf8')));
  const files = manifest.files.map(({ name, sha256 }): Served => {
    const body = read(folder, name);
    if (createHash('sha256').update(body).digest('base64') !== sha256)
      throw new Error(`${name} in ${folder} is not what was built: build the pages again`);
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) throw new Error(`${name} is of a kind that no page has`);
    return { name, type, body, sha256 };
  });
  return { build: manifest.build, files };
}

function read(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, name));
  } catch {
    throw new Error(`${name} is missing in ${folder}: the pages are not built (npm start builds them)`);
  }
}
