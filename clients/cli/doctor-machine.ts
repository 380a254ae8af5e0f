import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

/** What the doctor is told about the machine; tests tell it other things. */
export interface Machine {
  readonly node: string;
  /** Unix ms. */
  readonly now: number;
  /** Does the kernel say that its clock is kept by a time service? undefined when nobody can tell. */
  readonly clockKept: boolean | undefined;
  /** What `pcscd --version` prints; undefined when it is not installed. */
  readonly pcscd: string | undefined;
  /** Free bytes of the file system a path lies in. */
  readonly free: (path: string) => number;
}

const OLDEST_NODE = [24, 15] as const;
/** The first that runs beside another one on a socket of its own, as the station uses it. */
const OLDEST_PCSCD = [1, 9] as const;
const MIB = 1024 * 1024;
const CONNECT_MS = 1_000;

/** This machine. */
export function thisMachine(): Machine {
  const time = spawnSync('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
    encoding: 'utf8',
  });
  const said = time.status === 0 ? time.stdout.trim() : '';
  const pcscd = ['/usr/sbin/pcscd', '/usr/local/sbin/pcscd'].find((path) => existsSync(path));
  return {
    node: process.versions.node,
    now: Date.now(),
    clockKept: said === 'yes' ? true : said === 'no' ? false : undefined,
    pcscd: pcscd && spawnSync(pcscd, ['--version'], { encoding: 'utf8' }).stdout,
    free(path) {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    },
  };
}

/** Node, clock service, disk, ports, the ward's lock. */
export async function checkMachine(place: Place, machine: Machine): Promise<Finding[]> {
  const say = findings('Machine');
  const out: Finding[] = [];
  const [major = 0, minor = 0] = machine.node.split('.').map(Number);
  const oldest = OLDEST_NODE.join('.');
  const young = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  out.push(
    young
      ? say.ok('Node', machine.node)
      : say.fault(
          'Node',
          `${machine.node} is too old`,
          `install Node ${oldest} or newer, and start with npm start`,
        ),
  );
  if (machine.clockKept === true) out.push(say.ok('time service', 'the clock is kept'));
  else {
    const says =
      machine.clockKept === false
        ? 'the clock is not kept'
        : 'nobody here can tell whether the clock is kept';
    out.push(
      say.warning('time service', says, 'run a time service (chrony, systemd-timesyncd) on this host'),
    );
  }
  out.push(disk(place, machine));
  if (place.lock === 'stale') {
    const mend = 'remove ward.lock, or just start: the next start takes it over';
    out.push(say.warning('lock', 'ward.lock is left from a ward that is gone', mend));
  } else out.push(say.ok('lock', place.lock === 'held' ? 'the ward is running' : 'no ward holds it'));
  for (const [name, port] of Object.entries(place.config.ports)) {
    if (typeof port !== 'number' || place.lock === 'held' || place.ward === undefined) continue;
    const busy = await isBusy(port);
    out.push(
      busy
        ? say.fault(
            `port ${name}`,
            `${port} is used by another program`,
            'stop that program, or change the port',
          )
        : say.ok(`port ${name}`, `${port} is free`),
    );
  }
  return out;
}

function disk({ config, file }: Place, { free }: Machine): Finding {
  const say = findings('Machine');
  const at = existsSync(config.folder) ? config.folder : dirname(file);
  const mib = Math.floor(free(at) / MIB);
  const mend = 'make room in the file system of the data folder';
  if (mib < 100) return say.fault('disk', `${mib} MiB are free: commands will stop`, mend);
  return mib < 1_024
    ? say.warning('disk', `only ${mib} MiB are free`, mend)
    : say.ok('disk', `${mib} MiB are free`);
}

/** The PC/SC service, if this place has a reader station. */
export async function checkReader({ pcscSocket, lock, ward }: Place, { pcscd }: Machine): Promise<Finding[]> {
  const say = findings('Card reader');
  if (pcscSocket === undefined) return [say.ok('PC/SC', 'no reader station is set up here')];
  if (pcscd === undefined)
    return [
      say.fault('PC/SC', 'pcscd is not installed', 'install it: apt-get install pcscd libpcsclite-dev'),
    ];
  const [, major, minor] = /(\d+)\.(\d+)/u.exec(pcscd) ?? [];
  const version = [Number(major ?? 0), Number(minor ?? 0)] as const;
  const old =
    version[0] < OLDEST_PCSCD[0] || (version[0] === OLDEST_PCSCD[0] && version[1] < OLDEST_PCSCD[1]);
  if (old)
    return [
      say.fault(
        'PC/SC',
        `pcscd ${version.join('.')} is too old`,
        `install ${OLDEST_PCSCD.join('.')} or newer`,
      ),
    ];
  if (lock !== 'held' && ward !== undefined)
    return [say.ok('PC/SC', `pcscd ${version.join('.')}; its socket comes with the ward`)];
  if (!existsSync(pcscSocket))
    return [
      say.fault('PC/SC', `the socket ${pcscSocket} is missing`, 'start pcscd: systemctl start pcscd.socket'),
    ];
  return (await answers({ path: pcscSocket }))
    ? [say.ok('PC/SC', `pcscd ${version.join('.')} answers`)]
    : [say.fault('PC/SC', `nobody answers at ${pcscSocket}`, 'start it anew: systemctl restart pcscd')];
}

/** Files that only their owner may read: the ward's folder, the keys, the database. */
export function checkRights({ config, ward }: Place): Finding[] {
  const say = findings('Files');
  const secret = [
    ...(ward === undefined ? [] : [ward]),
    config.folder,
    ...keysBelow(ward === undefined ? config.keys : join(ward, 'keys')),
  ];
  const out: Finding[] = [];
  for (const path of secret) {
    try {
      const found = statSync(path);
      const mode = (found.mode & 0o777).toString(8);
      const want = found.isDirectory() ? '700' : '600';
      if ((found.mode & 0o077) !== 0)
        out.push(say.fault('rights', `others may open ${path} (${mode})`, `chmod ${want} ${path}`));
    } catch (error) {
      if (path !== config.folder)
        out.push(say.unchecked('rights', reasonOf(error), 'run as the gateway’s own user'));
    }
  }
  if (out.length === 0) out.push(say.ok('rights', `${secret.length} folders and keys are closed to others`));
  return out;
}

const keysBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.key.pem'))
        .map((name) => join(folder, name))
    : [];

const isBusy = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(false)));
  });

const answers = (to: { path: string }): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(to);
    probe.setTimeout(CONNECT_MS, () => probe.destroy());
    probe.once('connect', () => {
      resolve(true);
      probe.destroy();
    });
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
  });
