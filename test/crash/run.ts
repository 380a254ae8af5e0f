import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startProcesses, type ProcessWard } from '../support/processes.ts';
import { auditAll, auditNow, type Kept } from './audit.ts';
import { Clinic, Stuck } from './clinic.ts';
import { Killer, nfcIsSpared, schedule, type Victim, VICTIMS } from './killer.ts';
import { Ledger } from './ledger.ts';
import { round } from './rounds.ts';
import { seeded, type Seeded } from './seeded.ts';
import { Wishes } from './wishes.ts';

export interface CrashOptions {
  readonly kills: number;
  /** At least this many; they go on until the last kill is over. */
  readonly ceremonies: number;
  readonly seed: number;
  /** An empty folder that is kept; a temporary one when left out. */
  readonly folder?: string;
  readonly say: (line: string) => void;
}

export interface CrashReport {
  readonly seed: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly ceremonies: number;
  /** Ceremonies by how they ended: applied, refused, turned-away, never, abandoned. */
  readonly ends: Readonly<Record<string, number>>;
  /** Outcomes that were in doubt, and were settled without sending anything again. */
  readonly settled: number;
  readonly logEntries: number;
  readonly seconds: number;
  readonly withoutNfc: string | undefined;
  readonly violations: readonly string[];
}

const PUMPS = 4;
const POLICY = new URL('../support/quick-policy.json', import.meta.url);
/** Ceremonies this far ahead of the kills slow down: a device takes only so many changes an hour. */
const AHEAD = 20;
const SLOWLY_MS = 300;
/** A minute or so for each ten kills; whoever waits longer waits for nothing. */
const secondsFor = (kills: number): number => 120 + 8 * kills;

/**
 * Kills real processes with SIGKILL while real ceremonies run, on several devices at once, and holds what devices,
 * journal and log say against what people were told. Throws only when the ward cannot be started at all.
 */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cs-crash-')));
  const abort = new AbortController();
  const stop = (): void => abort.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const trace: string[] = [];
  const log = (line: string): void => void trace.push(line);
  let ward: ProcessWard | undefined;
  try {
    ward = await startProcesses({ folder, pumps: PUMPS, policy: POLICY, say: log, signal: abort.signal });
    if (ward.withoutNfc !== undefined) options.say(`without card reader and pacemaker: ${ward.withoutNfc}`);
    return await crash(ward, options, abort);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    await ward?.stop();
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function crash(ward: ProcessWard, options: CrashOptions, abort: AbortController): Promise<CrashReport> {
  const { kills, ceremonies, seed, say } = options;
  const started = performance.now();
  const timer = setTimeout(() => abort.abort(new Stuck('the run takes too long')), secondsFor(kills) * 1000);
  const random = seeded(seed);
  const ledger = new Ledger();
  const clinic = new Clinic(ward, abort.signal);
  const killer = new Killer(ward);
  const kept: Kept = new Map();
  const counts: Record<Victim, number> = { gateway: 0, witness: 0, device: 0, station: 0 };
  const killing = new AbortController();
  let entries = 0;
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!abort.signal.aborted) ledger.violation(error instanceof Error ? error.message : String(error));
      abort.abort(error);
    }
  };
  const killAll = async (): Promise<void> => {
    for (const [i, kill] of schedule(random.fork('kills'), kills, ward.withoutNfc === undefined).entries()) {
      await dueAt(Math.floor((i * ceremonies) / kills), ledger, abort.signal);
      await auditNow(ward, ledger, kept);
      const spare = nfcIsSpared(i, kills) ? ['pacemaker-1'] : [];
      const name = await killer.kill(kill, spare);
      abort.signal.throwIfAborted();
      counts[kill.victim]++;
      const at = Math.round((performance.now() - started) / 1000);
      const when = `${kill.delayMs} ms after ${kill.stage}`;
      say(
        `${String(at).padStart(4)} s  kill ${i + 1}/${kills}  ${name}, ${when}; ${ledger.ceremonies.length} ceremonies`,
      );
    }
    for (const name of ward.running.pids.keys()) await killer.back(name);
    killing.abort();
  };
  const work = (device: string, own: Seeded) => async (): Promise<void> => {
    const wishes = new Wishes(own);
    const reached = killer.reached.bind(killer);
    while (!killing.signal.aborted || ledger.ceremonies.length < ceremonies) {
      abort.signal.throwIfAborted();
      if (ledger.ceremonies.length > begun(counts) * (ceremonies / kills) + AHEAD) await pause(SLOWLY_MS);
      await round(device, wishes, { ward, clinic, ledger, reached });
    }
  };
  try {
    const workers = ward.devices.map((device) => guarded(work(device, random.fork(device))));
    await Promise.all([guarded(killAll).finally(() => killing.abort()), ...workers]);
    if (!abort.signal.aborted)
      await guarded(async () => {
        ({ entries } = await auditAll(ward, clinic, ledger, kept));
      });
  } finally {
    clearTimeout(timer);
    clinic.close();
  }
  return {
    seed,
    kills: counts,
    ceremonies: ledger.ceremonies.length,
    ends: tally(ledger),
    settled: ledger.told.filter(({ end }) => end && 'by' in end && end.by !== 'answer').length,
    logEntries: entries,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    withoutNfc: ward.withoutNfc,
    violations: ledger.violations,
  };
}

const begun = (counts: Readonly<Record<Victim, number>>): number =>
  1 + Object.values(counts).reduce((sum, n) => sum + n, 0);

/** Kills are spread over the ceremonies: each waits until enough of them have begun. */
async function dueAt(count: number, { ceremonies }: Ledger, signal: AbortSignal): Promise<void> {
  while (ceremonies.length < count) {
    signal.throwIfAborted();
    await pause(10);
  }
}

function tally({ ceremonies }: Ledger): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { end } of ceremonies) {
    const kind = end ? (end.kind === 'turned-away' ? `turned away ${end.code}` : end.kind) : 'open';
    ends[kind] = (ends[kind] ?? 0) + 1;
  }
  return ends;
}

/** The report as people read it. */
export function reportText(report: CrashReport): string {
  const { kills, ends, violations } = report;
  const total = Object.values(kills).reduce((sum, n) => sum + n, 0);
  return [
    `${total} kills (${VICTIMS.map((victim) => `${victim} ${kills[victim]}`).join(', ')}) over ${report.ceremonies} ceremonies in ${report.seconds} s`,
    ...Object.entries(ends).map(([kind, n]) => `  ${String(n).padStart(5)}  ${kind}`),
    `  ${String(report.settled).padStart(5)}  of them were in doubt, and settled by asking`,
    `  ${String(report.logEntries).padStart(5)}  entries in the log`,
    violations.length === 0
      ? 'No acknowledged outcome was lost, nothing was applied twice, the log verifies.'
      : `${violations.length} VIOLATIONS:`,
    ...violations.slice(0, 20).map((what) => `  ✘ ${what}`),
    `Repeat it with --seed ${report.seed}`,
  ].join('\n');
}
