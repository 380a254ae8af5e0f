import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { EntryType } from '../../../server/protocol/log/entry.ts';
import type { PastEntry, Signer } from './past.ts';

/** What became of something, in one word that every language has. */
export type What =
  | 'signed'
  | 'differs'
  | 'underway'
  | 'applied'
  | 'modified'
  | 'refused'
  | 'unknown'
  | 'lost'
  | 'cancelled'
  | 'emergency'
  | 'attempt'
  | 'alarm'
  | 'admitted'
  | 'off'
  | 'glass'
  | 'review'
  | 'reason';

/** One thing that happened to a device: a command from its first signature to its end, or an event. */
export interface Line {
  readonly key: string;
  readonly what: What;
  /** The entry that tells how it ended, or how far it is. */
  readonly at: PastEntry;
  /** Hash of a command whose evidence can be asked for, hexadecimal. */
  readonly hash: string | undefined;
  readonly first: Signer | undefined;
  readonly second: Signer | undefined;
  /** The second person entered the values on their own, and they were the same. */
  readonly blind: boolean;
  /** The second person was shown the values, and entered none: the log says so, and the device demands that it does. */
  readonly primed: boolean;
  /** Of an emergency, once somebody has reviewed it. */
  readonly review: PastEntry | undefined;
  /** Of an emergency, once its rescuer has said why. */
  readonly why: PastEntry | undefined;
  /** An emergency came after this one, before anybody reviewed it: one review is for both. */
  readonly followed: boolean;
}

/** Of one command's entries, the one that tells most stands first. */
const TELLING: readonly EntryType[] = [
  'emergency',
  'outcome',
  'lost',
  'cancelled',
  'receipt',
  'unknown',
  'refused',
  'intent',
  'secondEntry',
  'signed',
];
const EVENTS: readonly EntryType[] = ['alarm', 'refused', 'enrolment', 'breakGlass', 'statement'];
/** Entries that say how the second person checked. */
const KINDS_TOLD: readonly EntryType[] = ['secondEntry', 'intent'];
/** PROTOCOL.md section 5.1. */
const SHOWN = 3;
const RESULTS: readonly What[] = ['underway', 'applied', 'modified', 'refused'];

/** What happened, newest first: all entries of one command are one line, and so are an emergency, its reason and its review. */
export function linesOf(entries: readonly PastEntry[]): readonly Line[] {
  const commands = Map.groupBy(entries, ({ entry }) => commandOf(entry.type, entry.command));
  const events = commands.get(undefined) ?? [];
  commands.delete(undefined);
  const reviews = new Map(events.flatMap((one) => (one.review ? [[one.review.command, one]] : [])));
  const whys = new Map(events.flatMap((one) => (one.why ? [[one.why.command, one]] : [])));
  const lines = [...commands].map(([hash = '', of]) => {
    const line = commandLine(hash, of);
    if (line.what !== 'emergency') return line;
    const [review, why] = [reviews.get(hash), whys.get(hash)];
    reviews.delete(hash);
    whys.delete(hash);
    const followed =
      !review && entries.some(({ entry, index }) => entry.type === 'emergency' && index > line.at.index);
    return { ...line, review, why, followed };
  });
  const left = events.filter(
    ({ review, why }) => (!review || reviews.has(review.command)) && (!why || whys.has(why.command)),
  );
  return [...lines, ...left.flatMap(eventLine)].toSorted((a, b) => b.at.index - a.at.index);
}

const commandOf = (type: EntryType, command: Uint8Array | undefined): string | undefined =>
  command && TELLING.includes(type) ? hex(command) : undefined;

function commandLine(hash: string, entries: readonly PastEntry[]): Line {
  const rank = ({ entry }: PastEntry): number => TELLING.indexOf(entry.type);
  const of = (type: EntryType): PastEntry | undefined => entries.find(({ entry }) => entry.type === type);
  const [at] = entries.toSorted((a, b) => rank(a) - rank(b) || b.index - a.index);
  if (!at) throw new Error('a command without an entry');
  const { entry } = at;
  const matched = of('secondEntry');
  const [first, second] = (of('intent') ?? of('emergency') ?? of('signed') ?? at).people;
  const asked = entry.type === 'outcome' || entry.type === 'emergency' || entry.type === 'receipt';
  return {
    key: hash,
    what: whatOf(at, entries.length === 1 || entries.every((one) => one.entry.type === 'refused')),
    at,
    hash: asked ? hash : undefined,
    first,
    second: second ?? matched?.people[0],
    blind: matched?.entry.result === 1,
    primed: entries.some(({ entry: { type, result } }) => KINDS_TOLD.includes(type) && result === SHOWN),
    review: undefined,
    why: undefined,
    followed: false,
  };
}

/** @param alone nothing but the refusal is known of the command */
function whatOf({ entry: { type, result } }: PastEntry, alone: boolean): What {
  switch (type) {
    case 'emergency':
    case 'lost':
    case 'cancelled':
    case 'unknown':
    case 'signed':
      return type;
    case 'secondEntry':
      return result === 1 || result === SHOWN ? 'signed' : 'differs';
    case 'refused':
      return alone ? 'attempt' : 'refused';
    case 'outcome':
    case 'receipt':
      return RESULTS[result ?? 0] ?? 'unknown';
    default:
      return 'underway';
  }
}

function eventLine(at: PastEntry): readonly Line[] {
  const { type, result } = at.entry;
  if (!EVENTS.includes(type)) return [];
  const what: What =
    type === 'alarm'
      ? 'alarm'
      : type === 'refused'
        ? 'attempt'
        : type === 'enrolment'
          ? result === 0
            ? 'off'
            : 'admitted'
          : type === 'breakGlass'
            ? 'glass'
            : at.why
              ? 'reason'
              : 'review';
  const [first, second] = at.people;
  const about = { what, at, first, second, hash: undefined, blind: false, primed: false };
  return [{ ...about, key: String(at.index), review: undefined, why: undefined, followed: false }];
}
