import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

/** One line of what a person can open: a title and an address. */
export interface Page {
  readonly title: string;
  readonly url: string;
}

/** The ward's folder, held by this process until `release`. */
export interface WardFolder {
  readonly folder: string;
  path(...parts: string[]): string;
  /** Keeps the addresses where a second start finds them. */
  publish(pages: readonly Page[]): void;
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly pages: readonly Page[];
}

/** Marks a folder as ours, so that `reset` never removes another one. */
export const MARKER = 'ward.json';
const LOCK = 'ward.lock';
const PAGES = 'pages.json';

/** Says when a process started, in a form that two processes with one pid do not share; undefined when it is gone. */
export type StartOf = (pid: number) => string | undefined;

/**
 * Makes the folder (0700) and takes its lock, or tells who holds it. The lock names pid and start time, so one that
 * a crash left behind is recognised even when its pid lives on in another program.
 */
export function openWard(
  folder: string,
  startOf: StartOf = startOfProcess,
): { ward: WardFolder } | { holder: Holder } {
  const at = resolve(folder);
  const path = (...parts: string[]): string => join(at, ...parts);
  mkdirSync(at, { recursive: true, mode: 0o700 });
  if ((statSync(at).mode & 0o077) !== 0) chmodSync(at, 0o700);
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if (takeLock(at, startOf)) {
      writeFileSync(path(MARKER), '{"countersign":"ward"}\n');
      rmSync(path(PAGES), { force: true });
      const publish = (pages: readonly Page[]): void => writeFileSync(path(PAGES), JSON.stringify(pages));
      return { ward: { folder: at, path, publish, release: () => rmSync(path(LOCK), { force: true }) } };
    }
    const holder = holderOf(at, startOf);
    if (holder !== undefined) return { holder };
    dropStaleLock(at, startOf);
  }
  throw new Error(`${path(LOCK)} changes hands all the time; remove it if no ward is running`);
}

/** Who runs the ward in this folder; undefined when nobody does. */
export function holderOf(folder: string, startOf: StartOf = startOfProcess): Holder | undefined {
  const lock = readJson(join(folder, LOCK));
  if (!hasLock(lock) || startOf(lock.pid) !== lock.started) return undefined;
  return { pid: lock.pid, pages: pagesFrom(readJson(join(folder, PAGES))) };
}

/** Written aside and linked into place: nobody ever reads half a lock, and only one link succeeds. */
function takeLock(folder: string, startOf: StartOf): boolean {
  const mine = join(folder, `${LOCK}.${process.pid}`);
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' }));
  try {
    linkSync(mine, join(folder, LOCK));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the stale lock aside; when somebody took the lock in between, it is his and goes back. */
function dropStaleLock(folder: string, startOf: StartOf): void {
  const lock = join(folder, LOCK);
  const aside = join(folder, `${LOCK}.stale.${process.pid}`);
  try {
    renameSync(lock, aside);
  } catch {
    return; // already gone
  }
  const moved = readJson(aside);
  if (hasLock(moved) && startOf(moved.pid) === moved.started) linkSync(aside, lock);
  rmSync(aside, { force: true });
}

function startOfProcess(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return undefined; // dead, and its parent has not noticed yet
      return fields[19]; // proc(5): field 22, starttime
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function hasLock(value: unknown): value is { pid: number; started: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started' in value &&
    typeof value.started === 'string'
  );
}

function pagesFrom(value: unknown): Page[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((page: unknown): Page[] => {
    if (typeof page !== 'object' || page === null || !('title' in page) || !('url' in page)) return [];
    const { title, url } = page;
    return typeof title === 'string' && typeof url === 'string' ? [{ title, url }] : [];
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
