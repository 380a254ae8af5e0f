import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Case, refused, succeeded, type Try } from '../case.ts';
import type { Lab } from '../lab.ts';
import { isLoopback, socketsOf } from '../sockets.ts';

const ROOT = new URL('../../../', import.meta.url);
const LOCK = z.looseObject({ packages: z.record(z.string(), z.record(z.string(), z.unknown())) });
/** A small package of ours without packages of its own. */
const PACKAGE = 'fflate';
const LOOK_ALIKE = 'fflatte';
const MARK = 'install-script-ran';
const NPM_MS = 60_000;

/** As set-up installs: the attack follows it word for word. */
function installArgs(): readonly string[] {
  const setup = readFileSync(new URL('clients/ward/setup.mjs', ROOT), 'utf8');
  const found = /\[('ci'|'install')[^\]]*\]/u.exec(setup)?.[0];
  if (found === undefined) throw new Error('set-up installs nothing any more');
  return [...found.matchAll(/'([^']+)'/gu)].map(([, arg]) => arg ?? '');
}

/** A registry in the attacker's hands: whatever is asked for, it has in its own version. */
async function evilRegistry(folder: string): Promise<{ url: string; close: () => void }> {
  const archives = new Map<string, Buffer>();
  for (const name of [PACKAGE, LOOK_ALIKE]) {
    const source = join(folder, name, 'package');
    mkdirSync(source, { recursive: true });
    const version = versionOf(PACKAGE);
    const scripts = { install: `touch ../../${MARK}` };
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version, scripts }));
    writeFileSync(join(source, 'evil.js'), '');
    const file = join(folder, `${name}.tgz`);
    await promisify(execFile)('tar', ['-czf', file, '-C', join(folder, name), 'package']);
    archives.set(name, readFileSync(file));
  }
  let url = '';
  const answer = (path: string): Buffer | string | undefined => {
    const name = path.split('/')[1] ?? '';
    const archive = archives.get(name);
    if (!archive || path.endsWith('.tgz')) return archive;
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    const version = versionOf(PACKAGE);
    const dist = { tarball: `${url}/${name}/-/${name}-${version}.tgz`, integrity };
    const versions = { [version]: { name, version, dist, hasInstallScript: true } };
    return JSON.stringify({ name, versions, 'dist-tags': { latest: version } });
  };
  const server = createServer((request, response) => {
    const body = answer(request.url ?? '');
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry has no port');
  url = `http://127.0.0.1:${address.port}`;
  return { url, close: () => void server.close() };
}

const lock = () => LOCK.parse(JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')));
const entryOf = (name: string) => lock().packages[`node_modules/${name}`] ?? {};
const versionOf = (name: string): string => String(entryOf(name)['version']);

/**
 * Installs as set-up does, from the attacker's registry: a package that the lock file knows, or those that it does not.
 * The end of what npm said when it did not.
 */
async function install(
  at: Lab,
  folder: string,
  extra: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const registry = await evilRegistry(at.path(`${folder}-registry`));
  const project = at.path(folder);
  mkdirSync(project, { recursive: true });
  const known = Object.keys(extra).length === 0;
  const own = known ? { [PACKAGE]: versionOf(PACKAGE) } : {};
  const root = { name: 'hospital', version: '1.0.0', dependencies: own };
  const packages = { '': root, ...(known && { [`node_modules/${PACKAGE}`]: entryOf(PACKAGE) }) };
  const write = (name: string, what: object): void =>
    writeFileSync(join(project, name), JSON.stringify(what));
  write('package.json', { ...root, dependencies: { ...own, ...extra } });
  write('package-lock.json', { ...root, lockfileVersion: 3, requires: true, packages });
  const args = [...installArgs(), '--registry', registry.url, '--cache', at.path(`${folder}-cache`)];
  try {
    await promisify(execFile)('npm', args, { cwd: project, timeout: NPM_MS });
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    registry.close();
  }
}

/** What others wrote, and what our programs do by themselves. */
export const SUPPLY: readonly Case[] = [
  {
    id: 'SUP-04',
    scene: 'paper',
    given: [],
    aim: 'put code into a package that this project uses',
    codes: ['each by its hash', 'EINTEGRITY'],
    slow: true,
    async *play(at) {
      const entries = Object.entries(lock().packages).filter(([name]) => name !== '');
      const open = entries.filter(([, { integrity }]) => typeof integrity !== 'string');
      yield open.length > 0
        ? succeeded(`${open.length} of ${entries.length} packages are not pinned`, 'build', 'any will do')
        : refused(`${entries.length} packages looked up`, 'build', 'each by its hash');
      const said = await install(at, 'altered', {});
      yield judged(at, 'altered', 'a package of the right name and version, with other code', said);
    },
  },
  {
    id: 'SUP-07',
    scene: 'paper',
    given: [],
    aim: 'have a package of a similar name fetched, or a known one from elsewhere',
    codes: ['EUSAGE', 'one source'],
    slow: true,
    async *play(at) {
      const said = await install(at, 'alike', { [LOOK_ALIKE]: '*' });
      yield judged(at, 'alike', `"${LOOK_ALIKE}" beside "${PACKAGE}", in no lock file`, said);
      const elsewhere = Object.entries(lock().packages).filter(([, { resolved }]) => resolved !== undefined);
      yield elsewhere.length > 0
        ? succeeded(
            `${elsewhere.length} packages name a source of their own`,
            'build',
            String(elsewhere[0]?.[0]),
          )
        : refused('where each package comes from', 'build', 'one source');
    },
  },
  {
    id: 'SUP-06',
    scene: 'paper',
    given: [],
    aim: 'have something installed that stands on no list of parts',
    codes: ['all listed'],
    async *play() {
      const listed = lock().packages;
      const unknown = readdirSync(new URL('node_modules', ROOT))
        .flatMap((name) =>
          name.startsWith('@')
            ? readdirSync(new URL(`node_modules/${name}`, ROOT)).map((each) => `${name}/${each}`)
            : [name],
        )
        .filter((name) => existsSync(new URL(`node_modules/${name}/package.json`, ROOT)))
        .filter((name) => installedVersion(name) !== String(listed[`node_modules/${name}`]?.['version']));
      const what = `what is installed, beside the ${Object.keys(listed).length - 1} parts of the lock file`;
      yield unknown.length > 0
        ? succeeded(what, 'build', unknown.slice(0, 3).join())
        : refused(what, 'build', 'all listed');
    },
  },
  {
    id: 'BED-16',
    scene: 'gateway',
    given: [],
    aim: 'have a process tell somebody elsewhere what it knows',
    codes: ['this machine only'],
    async *play(at) {
      await at.open('pump-1');
      for (const [name, pid] of at.ward.running.pids) {
        const away = (socketsOf(pid) ?? []).filter(
          ({ remote, listening }) => !listening && !isLoopback(remote),
        );
        yield away.length > 0
          ? succeeded(name, 'system', `talks to ${away.map(({ remote }) => remote).join()}`)
          : refused(`${name}, over any connection it has`, 'system', 'this machine only');
      }
    },
  },
];

function installedVersion(name: string): string {
  const file: unknown = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, ROOT), 'utf8'));
  return z.looseObject({ version: z.string() }).parse(file).version;
}

function judged(at: Lab, folder: string, what: string, said: string | undefined): Try {
  if (existsSync(at.path(folder, MARK))) return succeeded(what, 'build', 'its install script ran');
  if (said === undefined) return succeeded(what, 'build', 'installed');
  return refused(what, 'build', /\b(EINTEGRITY|EUSAGE|E[A-Z]{3,})\b/u.exec(said)?.[1] ?? said.slice(-200));
}
