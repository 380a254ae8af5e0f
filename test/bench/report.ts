import { short } from './stats.ts';

/** What a benchmark found: ratios and times with a goal, and numbers that only inform. */
export type Findings = Readonly<Record<string, number>>;

interface Goal {
  readonly says: string;
  readonly met: (value: number, all: Findings) => boolean;
  readonly title: string;
}

/** The goals of speed. A value that misses its goal is shown as missed; the run does not fail for it. */
const GOALS: Readonly<Record<string, Goal>> = {
  ceremonyVsCryptoCeiling: {
    title: 'R1 ceremony / crypto ceiling, 256 in flight',
    says: '>= 0.6, aim 0.75',
    met: (v) => v >= 0.6,
  },
  ceremonyP50VsRelay: {
    title: 'R1 ceremony / bare relay, alone, p50',
    says: '<= 2.5',
    met: (v) => v <= 2.5,
  },
  ceremonyP99VsRelay: {
    title: 'R1 ceremony / bare relay, alone, p99',
    says: '<= 3',
    met: (v) => v <= 3,
  },
  ceremonyP99UnderFloodVsIdle: {
    title: 'R1 ceremony under a flood of strangers / without, alone, p99',
    says: '<= 2',
    met: (v) => v <= 2,
  },
  nfcP95Ms: {
    title: 'last signature to sealed receipt on NFC, p95 (ms)',
    says: '<= 150',
    met: (v) => v <= 150,
  },
  logBeforeActP95Ms: {
    title: 'intent durable, checkpointed, witnessed, proven, p95 (ms)',
    says: '<= 10',
    met: (v) => v <= 10,
  },
  appendsVsSqlite: {
    title: 'log appends / plain SQLite group commit, 32 callers',
    says: '>= 0.5',
    met: (v) => v >= 0.5,
  },
  appendsVsSqlite128: {
    title: 'log appends / plain SQLite group commit, 128 callers',
    says: '>= 0.8',
    met: (v) => v >= 0.8,
  },
  inclusionProofMsAt1e6: {
    title: 'inclusion proof in 1,000,000 entries, p99 (ms)',
    says: '<= 0.5',
    met: (v) => v <= 0.5,
  },
  idleDeviceMemoryVsWs: {
    title: 'idle device / bare ws connection, memory',
    says: '<= 1.15',
    met: (v) => v <= 1.15,
  },
  auditFilterP95MsAt1e6: {
    title: 'auditor’s filters over 1,000,000 entries, p95 (ms)',
    says: '<= 300',
    met: (v) => v <= 300,
  },
  offlineVsHashLimit: {
    title: '100,000 entries verified from disk / their hashes and signatures alone',
    says: '>= 0.5',
    met: (v) => v >= 0.5,
  },
  monitorP99Ms: {
    title: 'source to screen, 2,000 devices and 50 with waveforms, p99 (ms)',
    says: '<= 1000',
    met: (v) => v <= 1_000,
  },
  ceremonyP99UnderTelemetryVsIdle: {
    title: 'R1 ceremony while all of them report / idle, p99',
    says: '<= 2',
    met: (v) => v <= 2,
  },
  tabletScriptsKb: {
    title: 'scripts that the tablet needs to stand, compressed (kB)',
    says: '<= 60',
    met: (v) => v <= 60,
  },
  tabletStylesKb: {
    title: 'styles of the tablet, compressed (kB)',
    says: '<= 12',
    met: (v) => v <= 12,
  },
  tabletStageUpdateP95Ms: {
    title: 'the gateway’s word to the stage on the tablet, p95 (ms)',
    says: '<= 500',
    met: (v) => v <= 500,
  },
  tabletFirstScreenWarmP95Ms: {
    title: 'the tablet’s first screen from what the browser keeps, p95 (ms)',
    says: '<= 1000',
    met: (v) => v <= 1_000,
  },
  sixWavesFps: {
    title: 'six waveforms of 250 Hz on the tablet, frames a second',
    says: '>= 59',
    met: (v) => v >= 59,
  },
  sixWavesCoreShare: {
    title: 'the same, share of a core that the page takes',
    says: '< 0.25',
    met: (v) => v < 0.25,
  },
  waveformBytesVsRaw16: {
    title: 'stored waveforms / samples of 16 bits',
    says: '<= 0.6',
    met: (v) => v <= 0.6,
  },
  startupSecondsAt1e6: {
    title: 'gateway start with 1,000,000 log entries (s)',
    says: '<= 5',
    met: (v) => v <= 5,
  },
};

/** The names of the values every full run reports. */
export const GOAL_NAMES = Object.keys(GOALS);

/** A table for people: goals first, then what only informs. */
export function tableOf(found: Findings): string {
  const rows = Object.entries(GOALS).map(([name, { title, says, met }]) => {
    const value = found[name];
    if (value === undefined) return [title, 'not measured', says, ''];
    return [title, String(short(value)), says, met(value, found) ? 'met' : 'MISSED'];
  });
  const info = Object.entries(found)
    .filter(([name]) => !(name in GOALS))
    .map(([name, value]) => `  ${name.padEnd(34)} ${short(value)}`);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...lines,
    '',
    'For information (they depend on the machine and on what else it does):',
    ...info,
  ].join('\n');
}
