import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { driverPath } from '../reader/driver/build.mjs';

const PCSCD = ['/usr/sbin/pcscd', '/usr/local/sbin/pcscd'];

/** Why no virtual card reader can run here; undefined when everything is there. Looks, and loads nothing. */
export function pcscMissing(): string | undefined {
  if (process.platform !== 'linux') return 'the virtual card reader needs Linux';
  if (!PCSCD.some((path) => existsSync(path)))
    return 'install it with: apt-get install pcscd libpcsclite-dev';
  if (!existsSync(driverPath)) return 'the reader driver is not built: run npm start once';
  try {
    const addon = dirname(createRequire(import.meta.url).resolve('@pokusew/pcsclite/package.json'));
    if (existsSync(join(addon, 'build', 'Release', 'pcsclite.node'))) return undefined;
  } catch {
    // Not installed: the same answer as not built.
  }
  return 'the card reader addon is not built: run npm start once';
}
