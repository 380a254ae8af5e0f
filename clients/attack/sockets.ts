import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One TCP socket of a process (Linux). */
export interface Socket {
  readonly local: string;
  readonly remote: string;
  readonly listening: boolean;
}

const LISTEN = '0A';
const LOOPBACK = /^(0100007F|00000000000000000000000001000000|0000000000000000FFFF00000100007F)$/u;

/** Every TCP socket that a process holds now; undefined where the system does not tell. */
export function socketsOf(pid: number): readonly Socket[] | undefined {
  try {
    const inodes = new Set(
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        const target = linkOf(`/proc/${pid}/fd/${fd}`);
        return [...(/^socket:\[(\d+)\]$/u.exec(target)?.slice(1) ?? [])];
      }),
    );
    return ['tcp', 'tcp6'].flatMap((kind) =>
      readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/u))
        .filter((fields) => inodes.has(fields[9] ?? ''))
        .map(([, local = '', remote = '', state]) => ({ local, remote, listening: state === LISTEN })),
    );
  } catch {
    return undefined;
  }
}

/** A descriptor may be closed between the list and the look. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** True for an address of this machine alone. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(address.split(':')[0] ?? '');
