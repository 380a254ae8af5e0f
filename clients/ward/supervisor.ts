import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../common/process/children.ts';
import type { Child } from '../common/process/children.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import type { ReadyInfo } from '../common/process/lifecycle.ts';
import type { Page } from './folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a process description may refer to: the folder, the ports, and what earlier processes reported. */
export interface Facts {
  path(...parts: string[]): string;
  /** Unix seconds at which the ward was started. */
  readonly now: number;
  /** The port kept under this name. Throws when no description asked for it. */
  port(name: string): number;
  /** What an earlier process said when it was ready; empty for one that is not part of this ward. */
  readonly ready: ReadonlyMap<string, ReadyInfo>;
}

/** One process of the ward, as data. It is started as `node ENTRY --config FILE ...flags`. */
export interface WardProcess {
  readonly name: string;
  /** Module to run, from the project's root. */
  readonly entry: string;
  /** Becomes `config/NAME.json`. */
  config(facts: Facts): object;
  readonly flags?: readonly string[];
  /** Names of the ports it needs. */
  readonly ports?: readonly string[];
  /** The ward goes on without it, and says why. */
  readonly optional?: boolean;
  /** Left out together with the process of this name. */
  readonly needs?: string;
  pages?(facts: Facts): readonly Page[];
}

export interface Running {
  readonly pages: readonly Page[];
  /** Process ids as they are now; a process that was started again has another one. */
  readonly pids: ReadonlyMap<string, number>;
  /** Optional processes that are not there, each with its reason. */
  readonly left: ReadonlyMap<string, string>;
  /** Says one word to a process: what somebody standing at the device would do. */
  tell(name: string, word: string): void;
  /** Stops one process within 5 s; it stays away until `startOne`. */
  stopOne(name: string): Promise<void>;
  startOne(name: string): Promise<void>;
  /** Stops every process once, the last started first, within `withinMs` altogether. */
  stop(withinMs: number): Promise<void>;
}

export interface Supervision {
  readonly processes: readonly WardProcess[];
  readonly ports: ReadonlyMap<string, number>;
  readonly path: (...parts: string[]) => string;
  /** One line a person should see now. */
  readonly say: (line: string) => void;
  /** Aborted when the ward has to stop, also while it still starts. */
  readonly signal: AbortSignal;
  /** Told of each process that ended by itself, and of each that can be used again. */
  readonly onChange?: (name: string, state: 'down' | 'up') => void;
  /** Longest pause before a process is started again, in ms. Default 10 s. */
  readonly longestPauseMs?: number;
}

/** One hung process must not eat the time of the others. */
const LONGEST_STOP_MS = 2_000;

/**
 * Starts the processes in order, each one only after the one before is ready, and starts those again that end by
 * themselves. When one cannot be started, the others are stopped and the reason is thrown.
 */
export async function supervise({
  processes,
  ports,
  path,
  say,
  signal,
  onChange,
  longestPauseMs,
}: Supervision): Promise<Running> {
  const started: Child[] = [];
  const away = new Map<string, Child>();
  const ready = new Map<string, ReadyInfo>();
  const pages: Page[] = [];
  const left = new Map<string, string>();
  const facts: Facts = {
    path,
    ready,
    now: Math.floor(Date.now() / 1000),
    port(name) {
      const port = ports.get(name);
      if (port === undefined) throw new Error(`no process of the ward asked for a port named ${name}`);
      return port;
    },
  };
  const stop = async (withinMs: number): Promise<void> => {
    const end = Date.now() + withinMs;
    for (const child of started.splice(0).toReversed()) {
      await child.stop(Math.max(0, Math.min(LONGEST_STOP_MS, end - Date.now())));
    }
  };

  mkdirSync(path('config'), { recursive: true, mode: 0o700 });
  for (const description of processes) {
    if (signal.aborted) break;
    const { name, needs } = description;
    if (needs !== undefined && left.has(needs)) {
      left.set(name, `needs ${needs}`);
      continue;
    }
    const config = path('config', `${name}.json`);
    try {
      writeFileSync(config, `${JSON.stringify(description.config(facts), null, 2)}\n`, { mode: 0o600 });
      const child = await startChild({
        name,
        entry: join(ROOT, description.entry),
        args: ['--config', config, ...(description.flags ?? [])],
        logFile: path('logs', `${name}.log`),
        restart: true,
        ...(longestPauseMs !== undefined && { longestPauseMs }),
        onChange(state, why) {
          say(state === 'up' ? `${name} is back` : `${name} ${why}; starting it again`);
          onChange?.(name, state);
        },
      });
      started.push(child);
      ready.set(name, child.info);
      pages.push(...(description.pages?.(facts) ?? []));
    } catch (error) {
      if (description.optional === true) {
        left.set(name, oneLine(error));
        continue;
      }
      await stop(LONGEST_STOP_MS);
      throw error;
    }
  }
  const tell = (name: string, word: string): void => started.find((child) => child.name === name)?.tell(word);
  const stopOne = async (name: string): Promise<void> => {
    const at = started.findIndex((child) => child.name === name);
    for (const child of at < 0 ? [] : started.splice(at, 1)) {
      away.set(name, child);
      await child.stop();
    }
  };
  const startOne = async (name: string): Promise<void> => {
    const child = away.get(name);
    if (!child) return;
    await child.restart(); // One that does not come up can be started again.
    away.delete(name);
    started.push(child);
  };
  return {
    pages,
    get pids() {
      return new Map(started.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
    },
    left,
    tell,
    stopOne,
    startOne,
    stop,
  };
}

/** Every port the descriptions need, in their order. */
export function portsOf(processes: readonly WardProcess[]): string[] {
  return processes.flatMap((one) => one.ports ?? []);
}
