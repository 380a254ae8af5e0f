import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Usage } from './probe.ts';

/** A process under measurement. */
export interface Measured {
  readonly name: string;
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Milliseconds from the fork until it was ready. */
  readonly startMs: number;
  usage(): Promise<Usage>;
  /** Has the process do a piece of work (see `answering`); rejects with what it said. */
  ask(call: string, args?: object): Promise<unknown>;
  stop(): Promise<void>;
}

export interface Launch {
  readonly name: string;
  /** Module from the project's root. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Folder of its log file and, with BENCH_PROFILE, of its processor profile. */
  readonly logs: string;
  readonly flags?: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROBE = new URL('./probe.ts', import.meta.url).href;
const READY_WITHIN_MS = 120_000; // keys of hundreds of devices are read, and verified, at start
const STOP_WITHIN_MS = 8_000;

const USAGE = z.object({
  usage: z.object({
    es256Sign: z.number(),
    es256Verify: z.number(),
    ed25519Sign: z.number(),
    ed25519Verify: z.number(),
    cpu: z.number(),
    rss: z.number(),
  }),
});
const ANSWER = z.object({ answer: z.number(), result: z.unknown().optional(), error: z.string().optional() });
const READY = z.looseObject({ ready: z.literal(true) });

/** Starts a process with the probe in it and waits until it is ready. */
export async function launch({ name, entry, args = [], logs, flags = [] }: Launch): Promise<Measured> {
  mkdirSync(logs, { recursive: true });
  const file = join(logs, `${name}.log`);
  const log = openSync(file, 'a');
  const profiled = process.env['BENCH_PROFILE'] === name;
  const started = performance.now();
  const child = fork(join(ROOT, entry), [...args], {
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [
      ...flags,
      ...(profiled ? ['--cpu-prof', `--cpu-prof-dir=${logs}`, `--cpu-prof-name=${name}.cpuprofile`] : []),
      '--import',
      PROBE,
    ],
  });
  closeSync(log);
  let asked = 0;
  try {
    const ready = await first(child, (message) => READY.safeParse(message).data, READY_WITHIN_MS);
    const startMs = performance.now() - started;
    return {
      name,
      pid: child.pid ?? 0,
      ready,
      startMs,
      async usage() {
        const answer = first(child, (message) => USAGE.safeParse(message).data, READY_WITHIN_MS);
        child.send('usage');
        return (await answer).usage;
      },
      async ask(call, argument = {}) {
        const id = ++asked;
        const answer = first(child, (message) => {
          const { data } = ANSWER.safeParse(message);
          return data?.answer === id ? data : undefined;
        });
        child.send({ ask: id, call, args: argument });
        const { result, error } = await answer;
        if (error !== undefined) throw new Error(`${name}: ${error}`);
        return result;
      },
      stop: () => end(child),
    };
  } catch (error) {
    await end(child);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: ${why}\n${readFileSync(file, 'utf8').slice(-2_000)}`, { cause: error });
  }
}

/** The first message that `pick` takes. Rejects when the process ends, or stays silent for too long. */
function first<T>(
  child: ChildProcess,
  pick: (message: unknown) => T | undefined,
  withinMs?: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      child.off('message', look).off('exit', over);
    };
    const look = (message: unknown): void => {
      const found = pick(message);
      if (found === undefined) return;
      settle();
      resolve(found);
    };
    const over = (code: number | null, signal: string | null): void => {
      settle();
      reject(new Error(`it ended with ${signal ?? `code ${code}`}`));
    };
    const timer = setTimeout(
      () => {
        settle();
        reject(new Error('it did not answer in time'));
      },
      withinMs ?? 10 * READY_WITHIN_MS,
    );
    child.on('message', look).on('exit', over);
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

const CALL = z.object({ ask: z.number(), call: z.string(), args: z.unknown() });

/** The other side: a process of the benchmark that does pieces of work when asked, until its parent stops it. */
export function answering(
  calls: Readonly<Record<string, (args: unknown) => Promise<unknown>>>,
  ready: object = {},
): void {
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: unknown) => {
    const { data } = CALL.safeParse(message);
    if (data === undefined) return;
    const work = calls[data.call];
    const done = work === undefined ? Promise.reject(new Error(`no ${data.call} here`)) : work(data.args);
    done.then(
      (result) => process.send?.({ answer: data.ask, result }),
      (error: unknown) => process.send?.({ answer: data.ask, error: String(error) }),
    );
  });
  process.send?.({ ready: true, ...ready });
}
