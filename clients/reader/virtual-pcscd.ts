import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface VirtualReaderOptions {
  /** An existing folder of our own; the two sockets and pcscd's configuration go there. */
  readonly folder: string;
  /** What the reader is called; pcscd appends " 00 00". */
  readonly name: string;
  /** Path of the compiled driver. */
  readonly driver: string;
  /** How long a card may think about one command. Default 5,000 ms, which is what real readers allow. */
  readonly cardMs?: number;
  /** A second reader of the same station, whose card socket is `beside.sock` in the folder. */
  readonly beside?: boolean;
}

export interface VirtualReader {
  /** Where PC/SC clients of this pcscd connect (PCSCLITE_CSOCK_NAME). */
  readonly socket: string;
  /** Where a virtual card connects. */
  readonly cardSocket: string;
  /** Grows by one byte each time the reader is asked to blink and beep. */
  readonly blinkFile: string;
  /** The reader's name as PC/SC shows it. */
  readonly readerName: string;
  readonly pid: number;
  /** Resolves with one line when pcscd has ended, by itself or by stop(). */
  readonly ended: Promise<string>;
  /** Ends pcscd and removes what it left behind. */
  stop(): Promise<void>;
}

const PCSCD = ['/usr/sbin/pcscd', '/usr/local/sbin/pcscd', '/sbin/pcscd'];
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];
/** pcscd writes its process id here and does not start when the folder is missing. */
const RUN = '/run/pcscd';
/** sun_path of Linux without its final zero. */
const MAX_SOCKET_PATH = 107;
const READY_MS = 5_000;
const STOP_MS = 2_000;
/** What is kept of pcscd's complaints: enough for the last lines. */
const MAX_COMPLAINT = 2_000;

/** One line saying what this machine lacks for a virtual reader, and how to get it; undefined when nothing is. */
export function virtualReaderMissing(): string | undefined {
  if (process.platform !== 'linux') return 'the virtual card reader needs Linux';
  if (!PCSCD.some(existsSync)) return 'pcscd is not installed: apt-get install pcscd';
  if (!SETPRIV.some(existsSync)) return 'setpriv is not installed: apt-get install util-linux';
  if (!makeRunFolder()) return `${RUN} is missing: create it once as root (mkdir -p ${RUN})`;
  return addonMissing();
}

/** Looked for, not loaded: nfc-pcsc belongs into a process of its own. */
function addonMissing(): string | undefined {
  const advice = 'apt-get install libpcsclite-dev, then npm rebuild @pokusew/pcsclite';
  try {
    const nfc = createRequire(import.meta.url).resolve('nfc-pcsc');
    const addon = dirname(createRequire(nfc).resolve('@pokusew/pcsclite/package.json'));
    if (existsSync(join(addon, 'build/Release/pcsclite.node'))) return undefined;
    return `the card reader addon is not built: ${advice}`;
  } catch {
    return `nfc-pcsc is not installed: ${advice}`;
  }
}

function makeRunFolder(): boolean {
  try {
    mkdirSync(RUN, { recursive: true });
    accessSync(RUN, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a pcscd of our own with one virtual reader. It reads only `folder`, listens only at a socket that is
 * ours alone, and dies with this process. Rejects with one line when it does not come up.
 */
export async function startVirtualReader(options: VirtualReaderOptions): Promise<VirtualReader> {
  const missing = virtualReaderMissing();
  if (missing !== undefined) throw new Error(missing);
  const { folder, name, cardMs = 5_000, beside = false } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$/.test(name)) throw new RangeError(`not a reader name: ${name}`);
  const at = {
    socket: join(folder, 'pcscd.comm'),
    card: join(folder, 'card.sock'),
    blinks: join(folder, 'card.sock.blinks'),
    beside: join(folder, 'beside.sock'),
    besideBlinks: join(folder, 'beside.sock.blinks'),
    config: join(folder, 'reader.conf.d'),
    driver: join(folder, 'driver.so'),
  };
  for (const path of Object.values(at)) checkPath(path);

  await chmod(folder, 0o700);
  for (const path of Object.values(at)) await rm(path, { recursive: true, force: true });
  await mkdir(at.config, { mode: 0o700 });
  await symlink(options.driver, at.driver);
  const place = (file: string, called: string, socket: string): Promise<void> => {
    const lines = [
      `FRIENDLYNAME "${called}"`,
      `DEVICENAME unix:${cardMs}:${socket}`,
      `LIBPATH ${at.driver}`,
      '',
    ];
    return writeFile(join(at.config, file), lines.join('\n'), { mode: 0o600 });
  };
  await place('virtual', name, at.card);
  if (beside) await place('virtual-beside', `${name} beside`, at.beside);

  const daemon = await launch(at.socket, at.config);
  try {
    await until(() => existsSync(at.card), daemon);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return {
    socket: at.socket,
    cardSocket: at.card,
    blinkFile: at.blinks,
    readerName: `${name} 00 00`,
    pid: daemon.pid,
    ended: daemon.exit,
    async stop() {
      await daemon.stop();
      for (const path of Object.values(at)) await rm(path, { recursive: true, force: true });
    },
  };
}

/** reader.conf knows no quoting for paths, and the kernel cuts long socket names. */
function checkPath(path: string): void {
  if (!/^\/[A-Za-z0-9/._+@-]+$/.test(path)) {
    throw new RangeError(`pcscd cannot use this path (only A-Z a-z 0-9 / . _ + @ -): ${path}`);
  }
  if (path.length > MAX_SOCKET_PATH)
    throw new RangeError(`too long for a socket (at most 107 characters): ${path}`);
}

interface Daemon {
  readonly pid: number;
  readonly ended: () => string | undefined;
  readonly exit: Promise<string>;
  stop(): Promise<void>;
}

/**
 * pcscd has no option for its client socket, but takes one by systemd's socket activation: descriptor 3 and two
 * variables. Binding it here also makes it 0600; pcscd's own would be 0666, open to every local user.
 */
async function launch(socket: string, config: string): Promise<Daemon> {
  const server = createServer();
  const unborn = `${socket}.new`;
  await rm(unborn, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(unborn, resolve);
  });
  try {
    await chmod(unborn, 0o600);
    const daemon = spawnDaemon(descriptorOf(server), config);
    // Under its own name before the server closes: Node unlinks the path it listened at.
    await rename(unborn, socket);
    return daemon;
  } finally {
    server.close();
  }
}

/** Node hands a listening socket to a child only through this undocumented field (passing the server throws). */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd === 'number' && fd > 2) return fd;
  throw new Error('this Node does not show the descriptor of a listening socket');
}

function spawnDaemon(listening: number, config: string): Daemon {
  const pcscd = PCSCD.find(existsSync) ?? 'pcscd';
  const setpriv = SETPRIV.find(existsSync) ?? 'setpriv';
  // The shell replaces itself, so that LISTEN_PID is pcscd's own; pdeathsig, or it would outlive a crash here.
  const script = 'LISTEN_PID=$$ exec "$0" "$@"';
  const args = ['--pdeathsig', 'TERM', '--', '/bin/sh', '-c', script, pcscd, '-f', '-c', config];
  const child = spawn(setpriv, args, {
    stdio: ['ignore', 'pipe', 'pipe', listening],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LISTEN_FDS: '1' },
  });
  let complaint = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-MAX_COMPLAINT);
    });
  }
  let ended: string | undefined;
  const exit = new Promise<string>((resolve) => {
    const finish = (how: string): void => {
      ended ??= `${how} ${lastLine(complaint)}`.trim();
      resolve(ended);
    };
    child.once('error', (error) => finish(error.message));
    child.once('close', (code, signal) => finish(`pcscd ended (${signal ?? code})`));
  });
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    exit,
    async stop() {
      if (ended === undefined) child.kill('SIGTERM');
      const stopped = await Promise.race([exit.then(() => true), pause(STOP_MS, false, { ref: false })]);
      if (stopped) return;
      child.kill('SIGKILL');
      await exit;
    },
  };
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';

async function until(done: () => boolean, daemon: Daemon): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!done()) {
    const ended = daemon.ended();
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() > deadline)
      throw new Error(`pcscd did not open the virtual reader within ${READY_MS} ms`);
    await pause(10);
  }
}
