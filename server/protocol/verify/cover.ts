import { hex } from '../encoding/bytes.ts';
import type { Entry } from '../log/entry.ts';
import { isoTime } from '../evidence/evidence-checks.ts';
import type { Covers } from './bundle-files.ts';

/** Said wherever evidence of a hospital is read whose anchors are marked for development (N11). */
export const SIMULATION =
  'SIMULATION: these are the keys of a simulated hospital. What is told here was done to simulated devices, and to nobody.';

interface Placed {
  readonly index: number;
  readonly entry: Entry;
}

/** Receipt numbers of one device, as its entries in the log carry them. */
export interface ReceiptRun {
  readonly device: string;
  readonly first: number;
  readonly last: number;
  readonly missing: readonly number[];
  /** Numbers that two different receipts claim. */
  readonly twice: readonly number[];
}

/** More missing numbers than these are told by their count. */
const MAX_LISTED = 100;
const RECEIPTED: ReadonlySet<Entry['type']> = new Set(['outcome', 'receipt', 'emergency']);

/**
 * The receipts of each device among entries. A device numbers its receipts without a gap, so a number that no entry
 * carries is a receipt that was left out, by the log or by whoever chose the entries.
 */
export function receiptRuns(entries: Iterable<Entry>): readonly ReceiptRun[] {
  const devices = new Map<string, Map<number, string>>();
  const twice = new Map<string, Set<number>>();
  for (const { type, device, number, digest } of entries) {
    if (!RECEIPTED.has(type) || !device || number === undefined || !digest) continue;
    const id = hex(device);
    const seen = devices.get(id) ?? new Map<number, string>();
    devices.set(id, seen);
    const before = seen.get(number);
    // One receipt can stand in the log twice: found at the device after its outcome was already known.
    if (before !== undefined && before !== hex(digest))
      twice.set(id, (twice.get(id) ?? new Set()).add(number));
    seen.set(number, hex(digest));
  }
  return [...devices].map(([device, seen]) => {
    const numbers = [...seen.keys()].sort((a, b) => a - b);
    const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
    const missing: number[] = [];
    for (let n = first; n <= last && missing.length < MAX_LISTED; n++) if (!seen.has(n)) missing.push(n);
    return { device, first, last, missing, twice: [...(twice.get(device) ?? [])] };
  });
}

/** One sentence about a device's receipts. */
export function tellRun({ device, first, last, missing, twice }: ReceiptRun): string {
  if (twice.length > 0)
    return `Device ${device}: two different receipts have the number ${twice.join(', ')}.`;
  if (missing.length > 0)
    return `Device ${device}: receipts ${missing.join(', ')} are missing between ${first} and ${last}.`;
  const start = first === 1 ? '' : ' Those before it are not in here.';
  return `Device ${device}: receipts ${first} to ${last}, none missing.${start}`;
}

const time = (ms: number): string => isoTime(Math.floor(ms / 1000));

/** What a bundle as a whole proves, and what not, in plain sentences. */
export function describeCover(covers: Covers, entries: readonly Placed[], size: number): readonly string[] {
  // The policy of the time is there beside what it is about.
  const [before, next] = entries;
  const apart = before?.entry.type === 'policy' && next && next.index > before.index + 1;
  const told = apart ? entries.slice(1) : entries;
  const [first, last] = [told[0], told.at(-1)];
  if (!first || !last) return [];
  const whole = told.every(({ index }, i) => index === first.index + i);
  const runs = receiptRuns(entries.map(({ entry }) => entry)).map(tellRun);
  if (covers === 'period') {
    const span = `Entries ${first.index} to ${last.index}, ${time(first.entry.time)} to ${time(last.entry.time)}`;
    return [
      whole
        ? `${span}: every entry of the log in this period is here, none is missing.`
        : `${span}: some entries of this period are not here, so nothing is said about what they hold.`,
      `The checkpoint covers ${size} entries; what was logged after it is not in here.`,
      ...runs,
    ];
  }
  const what = covers === 'command' ? 'this command' : 'this incident';
  return [
    `These ${entries.filter(({ entry }) => entry.type !== 'policy').length} entries about ${what} stand in the log. That there are no others about it, only a period or the whole log proves.`,
    ...(covers === 'incident' ? runs : []),
  ];
}
