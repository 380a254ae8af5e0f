// Prepares a fresh clone: packages, the pages, the PC/SC parts, the reader addon, the virtual reader's driver. Plain
// JavaScript for Node 18 or newer and only `node:` imports, because it runs before anything is installed. It only
// prepares: in an npm script the shell keeps the old `node`, so what follows is started by a fresh `npm run`.
//
//   --test     also the browser of the tests; with CI=true, a missing browser or NFC path is a failure, not a notice
//   --no-apt   never call apt-get, only print the line to copy
//   --quiet    print what is done, not what is missing
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.cache/countersign/setup.json');
const ADDON = join(MODULES, '@pokusew/pcsclite/build/Release/pcsclite.node');
const NODE_PACKAGE = join(MODULES, `node-linux-${process.arch}`);
const WANTED_NODE = [24, 15];

/** What the NFC path needs, and the Debian package that brings it. */
const PARTS = [
  { package: 'pcscd', there: () => existsSync('/usr/sbin/pcscd') },
  { package: 'libpcsclite-dev', there: () => existsSync('/usr/include/PCSC/ifdhandler.h') },
  { package: 'g++', there: () => onPath('g++') && onPath('cc') },
  { package: 'make', there: () => onPath('make') },
  { package: 'python3', there: () => onPath('python3') },
];

/** What the tests of the pages need: a real browser. */
const BROWSER = [
  { package: 'chromium', there: () => ['chromium', 'chromium-browser', 'google-chrome'].some(onPath) },
];

const given = new Set(process.argv.slice(2));
const testing = given.has('--test');
const quiet = given.has('--quiet');
const noApt = given.has('--no-apt');

const machine = checkMachine();
if (machine !== undefined) stop(machine);
installPackages();
const node = projectNode();
await preparePages();
if (testing) prepareBrowser();
const missing = process.platform === 'linux' ? await prepareNfc() : 'the virtual reader needs Linux';
if (missing !== undefined) {
  if (testing && process.env.CI === 'true' && process.platform === 'linux') {
    stop(`CI has to test the NFC path, and cannot: ${missing}`);
  }
  if (!quiet) say(`no NFC: ${missing}; everything else works`);
}

/** One sentence when this machine cannot run the project. */
function checkMachine() {
  const { platform, arch } = process;
  if (Number(process.versions.node.split('.')[0]) < 18)
    return `Node ${process.version} is too old; install Node 24`;
  if (platform === 'win32') return 'on Windows, run this inside WSL (Debian or Ubuntu): https://aka.ms/wsl';
  if (platform === 'darwin') {
    return newEnough(process.versions.node)
      ? undefined
      : `on macOS, install Node ${WANTED_NODE.join('.')} or newer first`;
  }
  if (platform !== 'linux' || !['x64', 'arm64'].includes(arch)) {
    return `${platform} on ${arch} is not supported; Linux on x64 or arm64 is`;
  }
  if (existsSync('/etc/alpine-release')) return 'Alpine (musl) is not supported; Debian, Ubuntu or Fedora is';
  return undefined;
}

function installPackages() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  if (stamp().lock === digest && existsSync(join(MODULES, '.package-lock.json'))) return;
  if (!sameAsInstalled(lock)) {
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const done = step('installing packages (npm ci)', () => npm(args));
    if (!done.ok) stop(`npm ci failed; the end of its output:\n${done.output}`);
  }
  remember({ lock: digest });
}

/** True when node_modules already holds what the lock file says, however it came there. */
function sameAsInstalled(lock) {
  const hidden = join(MODULES, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(lock).packages;
  const installed = JSON.parse(readFileSync(hidden)).packages;
  const gone = Object.keys(installed).some((path) => wanted[path] === undefined);
  return !gone && Object.entries(wanted).every(([path, { version, optional }]) =>
    path === '' || (installed[path] === undefined ? optional === true : installed[path].version === version),
  ); // prettier-ignore
}

/** The Node that runs the project: the one from the lock file on Linux, the machine's own elsewhere. */
function projectNode() {
  const pinned = join(NODE_PACKAGE, 'bin/node');
  if (existsSync(pinned)) {
    const { version } = JSON.parse(readFileSync(join(NODE_PACKAGE, 'package.json')));
    return { path: pinned, version, headers: NODE_PACKAGE };
  }
  if (!newEnough(process.versions.node)) {
    stop(
      `Node ${process.version} is too old and the pinned one is not installed; run: npm ci --ignore-scripts`,
    );
  }
  return { path: process.execPath, version: process.versions.node, headers: undefined };
}

/** Bundles the pages again when their sources changed. */
async function preparePages() {
  const { buildPages } = await import('../host/build.mjs');
  const since = Date.now();
  try {
    const built = await buildPages();
    if (built.length > 0) say(`built the pages (${built.join(', ')}) in ${Date.now() - since} ms`);
  } catch (error) {
    stop(error.message);
  }
}

function prepareBrowser() {
  const lacking = installed(BROWSER, 'the tests of the pages need');
  if (lacking.length === 0) return;
  const why = `no browser to test the pages with; install it with: ${aptLine(lacking, true)}`;
  if (process.env.CI === 'true') stop(why);
  if (!quiet) say(why);
}

/** Returns what keeps the NFC path from working, or undefined. */
async function prepareNfc() {
  const lacking = installed(PARTS, 'NFC needs');
  if (lacking.length > 0) return `install what is missing with: ${aptLine(lacking, true)}`;
  if (!existsSync(join(MODULES, '@pokusew/pcsclite')))
    return 'the optional package nfc-pcsc is not installed';
  const addon = buildAddon();
  if (addon !== undefined) return addon;
  const { buildDriver, driverPath } = await import('../reader/driver/build.mjs');
  const before = existsSync(driverPath);
  const driver = buildDriver();
  if (driver.missing !== undefined) return driver.missing;
  if (!before) say('built the virtual reader driver');
  return undefined;
}

/** Installs what is missing where that is possible. Returns the packages that are still missing. */
function installed(parts, who) {
  const missing = () => parts.filter((part) => !part.there()).map((part) => part.package);
  const lacking = missing();
  if (lacking.length > 0 && !noApt && process.getuid?.() === 0 && onPath('apt-get')) install(lacking, who);
  return missing();
}

function install(lacking, who) {
  say(`installing what ${who}: ${aptLine(lacking, false)}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const get = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...lacking], env);
  // The package lists of a fresh machine are empty or old: refresh them only when the plain line fails.
  const done = step('apt-get', () => {
    const first = get();
    if (first.ok) return first;
    const update = run('apt-get', ['update'], env);
    return update.ok ? get() : update;
  });
  if (!done.ok) say(`apt-get failed:\n${done.output}`);
}

function aptLine(packages, forCopying) {
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!onPath('apt-get')) return `your package manager (on Debian: ${packages.join(' ')})`;
  return forCopying && process.getuid?.() !== 0 ? `sudo ${line}` : line;
}

/** A native addon fits one Node version's ABI; it is built again when the project's Node changed. */
function buildAddon() {
  if (existsSync(ADDON) && stamp().addon === node.version) return undefined;
  const load = () => run(node.path, ['-e', `require(${JSON.stringify(ADDON)})`]);
  if (!existsSync(ADDON) || !load().ok) {
    const env = { ...process.env, PATH: `${dirname(node.path)}${delimiter}${process.env.PATH}` };
    // The headers of the same Node; this wins over a `nodedir` in the user's own npm configuration.
    if (node.headers !== undefined) env.npm_config_nodedir = node.headers;
    const built = step('building the card reader addon', () => npm(['rebuild', '@pokusew/pcsclite'], env));
    if (!built.ok || !load().ok) return `the card reader addon cannot be built:\n${built.output}`;
  }
  remember({ addon: node.version });
  return undefined;
}

function npm(args, env = process.env) {
  const cli = process.env.npm_execpath ?? '';
  return cli.endsWith('npm-cli.js') ? run(process.execPath, [cli, ...args], env) : run('npm', args, env);
}

function run(command, args, env = process.env) {
  const done = spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const output =
    done.error?.message ?? `${done.stdout}${done.stderr}`.trim().split('\n').slice(-15).join('\n');
  return { ok: done.status === 0, output };
}

function step(what, work) {
  const since = Date.now();
  process.stdout.write(`set-up: ${what} …`);
  const done = work();
  process.stdout.write(` ${done.ok ? `${((Date.now() - since) / 1000).toFixed(1)} s` : 'failed'}\n`);
  return done;
}

function stamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {}; // never set up, or the stamp was cut short: look again
  }
}

function remember(facts) {
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, `${JSON.stringify({ ...stamp(), ...facts })}\n`);
}

function newEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > WANTED_NODE[0] || (major === WANTED_NODE[0] && minor >= WANTED_NODE[1]);
}

function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function say(line) {
  process.stdout.write(`set-up: ${line}\n`);
}

function stop(why) {
  process.stderr.write(`set-up: ${why}\n`);
  process.exit(1);
}
