// Compiles the virtual card reader's driver when its source is newer than its library. Plain JavaScript for
// Node 18 or newer, because set-up runs it before the project's own Node is there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'ifd-virtual.c');
const sources = [source, join(here, 'frames.h')];
const folder = resolve(here, '../../../node_modules/.cache/countersign');

/** Where the compiled driver stands, or will stand. */
export const driverPath = join(folder, 'libifd-virtual.so');

// /usr/include on Debian and Fedora, /usr/local and Homebrew's prefix when somebody compiled pcsc-lite.
const HEADERS = ['/usr/include/PCSC', '/usr/local/include/PCSC', '/opt/homebrew/include/PCSC'];

/**
 * Compiles the driver unless it is up to date. Never throws for a missing tool: the virtual reader is
 * optional, and the reason is one line a person can act on.
 *
 * @returns {{ driver: string } | { missing: string }}
 */
export function buildDriver() {
  if (upToDate()) return { driver: driverPath };
  if (process.platform !== 'linux')
    return { missing: 'the virtual card reader needs Linux (pcscd with unix sockets)' };
  const headers = HEADERS.find((path) => existsSync(join(path, 'ifdhandler.h')));
  if (headers === undefined) {
    return { missing: 'PC/SC headers are missing: apt-get install libpcsclite-dev' };
  }
  mkdirSync(folder, { recursive: true });
  // Compiled aside and renamed, so that a running pcscd never maps half a file.
  const fresh = join(folder, `libifd-virtual.${process.pid}.so`);
  const flags = ['-O2', '-Wall', '-Wextra', '-std=gnu11', '-shared', '-fPIC', '-pthread', '-I', headers];
  const done = spawnSync('cc', [...flags, '-o', fresh, source], { encoding: 'utf8', timeout: 60_000 });
  if (done.error !== undefined) {
    return { missing: `no C compiler (${done.error.message}): apt-get install gcc libc6-dev` };
  }
  if (done.status !== 0) {
    rmSync(fresh, { force: true });
    const [first = 'no message'] = done.stderr.split('\n').filter((line) => line.includes('error'));
    return { missing: `the card reader driver does not compile: ${first}` };
  }
  renameSync(fresh, driverPath);
  return { driver: driverPath };
}

function upToDate() {
  if (!existsSync(driverPath)) return false;
  const built = statSync(driverPath).mtimeMs;
  return sources.every((file) => statSync(file).mtimeMs <= built);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const built = buildDriver();
  if ('driver' in built) console.log(built.driver);
  else {
    console.log(built.missing);
    process.exitCode = 1;
  }
}
