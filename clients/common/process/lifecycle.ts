import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { ConfigFault, readConfigFile } from './config.ts';
import { openLog } from './log.ts';
import type { Log } from './log.ts';

/** Everything has to be down this long after the first signal; the ward allows each child exactly this. */
export const STOP_WITHIN_MS = 5_000;

/** What a process tells its parent once it can be used: addresses and names, never secrets. */
export type ReadyInfo = Readonly<Record<string, string | number>>;

export interface ProcessContext {
  /** The path given with `--config`; undefined when the process was started without one. */
  readonly configFile: string | undefined;
  /** Reads `--config` and checks it. Throws {@link ConfigFault} with every fault, also when it is missing. */
  readConfig<T>(schema: z.ZodType<T>): T;
  readonly log: Log;
  /** Aborted as soon as the process begins to stop. */
  readonly stopping: AbortSignal;
  /** Registers what has to be done at the end. Runs in reverse order, whatever the others throw. */
  onStop(what: string, stop: () => void | Promise<void>): void;
  /** Tells the parent (if there is one) that the process can be used now. */
  ready(info?: ReadyInfo): void;
  /** Ends the process because it cannot go on; `why` is the one line a person will read. */
  fail(why: string): void;
}

export interface ProcessDescription {
  readonly name: string;
  /** Shown for `--help`; says what the process does and what its configuration holds. */
  readonly help: string;
  main(ctx: ProcessContext): Promise<void> | void;
}

/**
 * Runs one long-lived process of the project: options, one readable line on failure, and an orderly end on
 * SIGINT, SIGTERM, or when the parent that started it is gone (its IPC channel closes when it dies).
 */
export async function runProcess(description: ProcessDescription): Promise<void> {
  const { name } = description;
  const options = readOptions(description);
  if (options === undefined) return;

  const log = openLog({ name });
  const stops: { what: string; stop: () => void | Promise<void> }[] = [];
  const controller = new AbortController();
  let ending = false;

  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    controller.abort();
    setTimeout(() => {
      complain(name, `did not stop within ${STOP_WITHIN_MS} ms; leaving`);
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    void runStops(name, stops).then((clean) => process.exit(clean ? code : 1));
  };
  const fail = (why: string): void => {
    complain(name, why);
    end(1);
  };

  // A terminal and npm may both deliver the same Ctrl-C: only the first one counts.
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  process.on('disconnect', () => end(0));
  process.on('uncaughtException', (error) => fail(oneLine(error)));
  process.on('unhandledRejection', (error) => fail(oneLine(error)));

  try {
    await description.main({
      configFile: options.config,
      readConfig: (schema) => {
        if (options.config === undefined) throw new ConfigFault(name, ['--config FILE is missing']);
        return readConfigFile(options.config, schema);
      },
      log,
      stopping: controller.signal,
      onStop: (what, stop) => stops.push({ what, stop }),
      ready: (info) => {
        if (process.connected) process.send?.({ ready: true, ...info });
        log.info('ready', { pid: process.pid });
      },
      fail,
    });
  } catch (error) {
    fail(oneLine(error));
  }
}

function readOptions({ name, help }: ProcessDescription): { config: string | undefined } | undefined {
  try {
    const { values } = parseArgs({
      options: { config: { type: 'string' }, help: { type: 'boolean' }, version: { type: 'boolean' } },
    });
    if (values.help === true) process.stdout.write(`${help.trimEnd()}\n`);
    else if (values.version === true) process.stdout.write(`${name} ${programVersion()}\n`);
    else return { config: values.config };
  } catch (error) {
    complain(name, `${oneLine(error)} Try --help.`);
    process.exitCode = 1;
  }
  return undefined;
}

async function runStops(
  name: string,
  stops: readonly { what: string; stop: () => void | Promise<void> }[],
): Promise<boolean> {
  let clean = true;
  for (const { what, stop } of stops.toReversed()) {
    try {
      await stop();
    } catch (error) {
      clean = false;
      complain(name, `stopping ${what}: ${oneLine(error)}`);
    }
  }
  return clean;
}

/** The program's version, from package.json. */
export function programVersion(): string {
  const raw: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = typeof raw === 'object' && raw !== null && 'version' in raw ? raw.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

/** An error as people read it: its message without the stack. A configuration's list of faults keeps its lines. */
export function oneLine(error: unknown): string {
  if (error instanceof ConfigFault) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

function complain(name: string, why: string): void {
  process.stderr.write(`${name}: ${why}\n`);
}
