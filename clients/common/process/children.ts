import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { STOP_WITHIN_MS } from './lifecycle.ts';
import type { ReadyInfo } from './lifecycle.ts';

export interface ChildSpec {
  readonly name: string;
  /** Absolute path of the module to run. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Added to the parent's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what the child prints. Moved aside at start when it is large. */
  readonly logFile: string;
  /** Default 20 s: a first start on a slow disk, with a wide margin. */
  readonly readyWithinMs?: number;
  /** Start it again when it ends by itself, with growing pauses. */
  readonly restart?: boolean;
  /** Longest pause before it is started again. Default 10 s. */
  readonly longestPauseMs?: number;
  /** Told of each unexpected end, and of each time the child is usable again. */
  readonly onChange?: (state: 'down' | 'up', why: string) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** What the child said with `ready()`, the latest time. */
  readonly info: ReadyInfo;
  /** Says one word to the child over IPC; it is lost when the child is down. */
  tell(word: string): void;
  /** Sends SIGTERM once, waits, and ends what is still there after {@link STOP_WITHIN_MS}. */
  stop(withinMs?: number): Promise<void>;
  /** Starts it again after `stop`. Rejects as starting it did. */
  restart(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;
const MAX_LOG_BYTES = 5 * 1024 * 1024; // one old file is kept beside it, so 10 MiB a child at most
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000; // a ward that waits longer looks dead to the person in front of it
const STEADY_AFTER_MS = 60_000; // after a minute of work the next failure is a new story

/**
 * Starts a Node child, waits for its `ready()`. Rejects with one sentence and the end of its output when it ends
 * or stays silent. The child has a process group of its own, so that a Ctrl-C in the terminal reaches it only
 * through its parent, in order; it ends by itself when the parent's IPC channel closes.
 */
export async function startChild(spec: ChildSpec): Promise<Child> {
  let stopped = false;
  let pause: NodeJS.Timeout | undefined;
  let failures = 0;
  let running = spawnChild(spec);
  let info = await readiness(running, spec);

  const watch = (): void => {
    const since = Date.now();
    running.child.once('exit', (code, signal) => {
      if (stopped) return;
      spec.onChange?.('down', `ended with ${signal ?? `code ${code}`}`);
      if (spec.restart !== true) return;
      failures = Date.now() - since > STEADY_AFTER_MS ? 0 : failures + 1;
      again();
    });
  };
  const again = (): void => {
    const longest = spec.longestPauseMs ?? LONGEST_PAUSE_MS;
    pause = setTimeout(() => void relaunch(), Math.min(longest, FIRST_PAUSE_MS * 2 ** failures));
  };
  const relaunch = async (): Promise<void> => {
    try {
      running = spawnChild(spec);
      info = await readiness(running, spec);
      watch();
      spec.onChange?.('up', 'started again');
    } catch (error) {
      if (stopped) return;
      failures += 1;
      spec.onChange?.('down', error instanceof Error ? error.message : String(error));
      again();
    }
  };
  watch();

  return {
    name: spec.name,
    get pid() {
      return running.child.pid;
    },
    get info() {
      return info;
    },
    tell(word) {
      if (running.child.connected) running.child.send(word);
    },
    async stop(withinMs = STOP_WITHIN_MS) {
      stopped = true;
      clearTimeout(pause);
      await end(running.child, withinMs);
    },
    async restart() {
      stopped = false;
      failures = 0;
      running = spawnChild(spec);
      info = await readiness(running, spec);
      watch();
    },
  };
}

interface Spawned {
  readonly child: ChildProcess;
  /** Where this run's output begins in the log file. */
  readonly logFrom: number;
}

function spawnChild(spec: ChildSpec): Spawned {
  const { log, size } = openLogFile(spec.logFile);
  try {
    const child = fork(spec.entry, [...(spec.args ?? [])], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      execArgv: [],
      env: { ...process.env, ...spec.env },
    });
    return { child, logFrom: size };
  } finally {
    closeSync(log);
  }
}

async function readiness(spawned: Spawned, spec: ChildSpec): Promise<ReadyInfo> {
  try {
    return await firstMessage(spawned, spec);
  } catch (error) {
    await end(spawned.child, 0);
    throw error;
  }
}

function firstMessage({ child, logFrom }: Spawned, spec: ChildSpec): Promise<ReadyInfo> {
  const within = spec.readyWithinMs ?? READY_WITHIN_MS;
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
    };
    const fault = (why: string): void => {
      settle();
      reject(new Error(`${spec.name} ${why}${lastWords(spec.logFile, logFrom)} (log: ${spec.logFile})`));
    };
    const onMessage = (message: unknown): void => {
      const info = readyInfo(message);
      if (info === undefined) return;
      settle();
      resolve(info);
    };
    const onExit = (code: number | null, signal: string | null): void =>
      fault(`ended with ${signal ?? `code ${code}`} before it was ready`);
    const onError = (error: Error): void => fault(`could not be started: ${error.message}`);
    const timer = setTimeout(() => fault(`was not ready after ${within} ms`), within);
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
  });
}

function readyInfo(message: unknown): ReadyInfo | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('ready' in message) || message.ready !== true) return undefined;
  const info: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(message)) {
    if (typeof value === 'string' || typeof value === 'number') info[key] = value;
  }
  return info;
}

function end(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

function openLogFile(file: string): { log: number; size: number } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  const log = openSync(file, 'a', 0o600);
  return { log, size: fstatSync(log).size };
}

/** The child's own complaint, which is the last line without JSON of what it printed. */
function lastWords(file: string, from: number): string {
  const lines = readFileSync(file).subarray(from).toString('utf8').split('\n');
  const words = lines.findLast((line) => line.trim() !== '' && !line.startsWith('{'));
  return words === undefined ? '' : `: ${words.trim()}`;
}
