import { readFileSync } from 'node:fs';

/** The recording: see recordings/README.md for its source. */
const FILE = new URL('../recordings/ecg-208-mlii-360hz.i16le', import.meta.url);
const RATE = 360;
const UNITS_PER_MV = 200;
/** Least height of an R wave above its surroundings (mV), and least time between two (s). */
const PEAK_MV = 0.6;
const REFRACTORY_S = 0.25;

interface Recording {
  readonly millivolts: Float32Array;
  /** Seconds into the recording at which each beat has its peak. */
  readonly beats: readonly number[];
}

let loaded: Recording | undefined;

/** The recording in millivolts, with its beats; read once. */
function recording(): Recording {
  if (loaded) return loaded;
  const bytes = readFileSync(FILE);
  const millivolts = new Float32Array(bytes.length / 2);
  for (let i = 0; i < millivolts.length; i++) millivolts[i] = bytes.readInt16LE(2 * i) / UNITS_PER_MV;
  loaded = { millivolts, beats: beatsIn(millivolts) };
  return loaded;
}

/** Peaks that stand out from the quarter of a second around them. */
function beatsIn(signal: Float32Array): number[] {
  const beats: number[] = [];
  const around = Math.round(RATE / 8);
  for (let i = around; i < signal.length - around; i++) {
    const here = signal[i] ?? 0;
    const near = signal.subarray(i - around, i + around);
    if (here < Math.max(...near) || here - Math.min(...near) < PEAK_MV) continue;
    if (i / RATE - (beats.at(-1) ?? -1) >= REFRACTORY_S) beats.push(i / RATE);
  }
  return beats;
}

/**
 * A real electrocardiogram, played over and over. Each patient starts at another place of it, and has a heart of their
 * own pace.
 */
export class Ecg {
  readonly #start: number;
  readonly #pace: number;

  /** @param start seconds into the recording @param pace 1 plays it as it was recorded */
  constructor(start: number, pace: number) {
    this.#start = start;
    this.#pace = pace;
  }

  /** Millivolts at a time (s), between two samples of the recording by a straight line. */
  at(seconds: number): number {
    const { millivolts } = recording();
    const exact = this.#place(seconds) * RATE;
    const left = Math.floor(exact);
    const a = millivolts[left % millivolts.length] ?? 0;
    const b = millivolts[(left + 1) % millivolts.length] ?? a;
    return a + (b - a) * (exact - left);
  }

  /** Beats per minute over the last beats before a time (s): from the recording's own R waves. */
  rate(seconds: number): number {
    const { beats } = recording();
    const place = this.#place(seconds);
    const before = beats.filter((beat) => beat <= place).slice(-8);
    const [first, last] = [before[0] ?? 0, before.at(-1) ?? 0];
    const gaps = before.length - 1;
    // Just after the recording began anew there are too few beats: the mean of all of it stands in.
    if (gaps < 4) return ((beats.length - 1) / ((beats.at(-1) ?? 1) - (beats[0] ?? 0))) * 60 * this.#pace;
    return (gaps / (last - first)) * 60 * this.#pace;
  }

  /** Seconds since the last beat, of the patient's own time. */
  sinceBeat(seconds: number): number {
    const { beats } = recording();
    const place = this.#place(seconds);
    const last = beats.findLast((beat) => beat <= place) ?? 0;
    return (place - last) / this.#pace;
  }

  #place(seconds: number): number {
    const length = recording().millivolts.length / RATE;
    return (this.#start + seconds * this.#pace) % length;
  }
}
