import { logKeysOf } from './anchors.ts';
import { type Bytes, equal } from './encoding/bytes.ts';
import type { Crypto, Sha256 } from './crypto.ts';
import { entryTime } from './log/entry-form.ts';
import { emptyRoot, leafHash, nodeHash } from './log/merkle.ts';
import { type Checkpoint, NoteError, parseCheckpoint, parseNote, verifyCheckpoint } from './log/note.ts';
import type { LogTrust } from './log/prove.ts';
import { Refusal } from './refusal.ts';
import { TILE_WIDTH } from './log/tiles.ts';
import { Pin, type ReadTile } from './verify/pin.ts';

/** Everything a log publishes, as far as the verifier could fetch it. */
export interface LogMaterial {
  /** Every entry in order, all at once or in lots. May throw DamagedEntries where a bundle of entries cannot be read. */
  readonly entries: readonly Bytes[] | AsyncIterable<readonly Bytes[]>;
  /** The latest checkpoint, and any older ones somebody kept: they tell where a rewritten log still agreed. */
  readonly checkpoints: readonly string[];
  /** Checkpoints whose signatures the reader verified when they came: only what they say of the log is compared. */
  readonly remembered?: readonly string[];
  /** Log key and witnesses, from the anchors. Without them nothing shows whose log this is. */
  readonly trust?: LogTrust;
  /** The same from anchors before those: keys that older checkpoints may still bear. */
  readonly before?: readonly LogTrust[];
  /** The published tiles of leaf hashes (level 0), by number: with them a fault is pinned to one entry. */
  readonly hashTile?: ReadTile;
}

/** What follows entry number `index - 1` cannot be read as entries. */
export class DamagedEntries extends Error {}

export type LogFault =
  | 'changed'
  | 'deleted'
  | 'inserted'
  | 'truncated'
  | 'damaged'
  | 'malformed'
  | 'signature'
  | 'witness'
  | 'root';

export interface LogProblem {
  readonly fault: LogFault;
  /** First entry this is about, where it is about entries. */
  readonly index?: number;
  readonly what: string;
}

export interface LogReport {
  /** INCOMPLETE when nothing is wrong but nobody said whose log it should be. */
  readonly verdict: 'VERIFIED' | 'FAILED' | 'INCOMPLETE';
  /** Entries read, and entries promised by the latest checkpoint. */
  readonly entries: number;
  readonly size: number;
  readonly problems: readonly LogProblem[];
  readonly warnings: readonly string[];
}

/** A damaged log could have one problem per entry; nobody reads more than these. */
const MAX_PROBLEMS = 20;

/** Roots of a growing tree from its complete subtrees, at most 40 hashes in memory. */
export class Frontier {
  readonly #sha256: Sha256;
  readonly #nodes: Bytes[] = [];
  #size = 0;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** The same tree, to be grown on trial. */
  copy(): Frontier {
    const same = new Frontier(this.#sha256);
    same.#nodes.push(...this.#nodes);
    same.#size = this.#size;
    return same;
  }

  push(leaf: Bytes): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.#sha256, this.#nodes.pop() ?? node, node);
    }
    this.#nodes.push(node);
    this.#size++;
  }

  root(): Bytes {
    let root: Bytes | undefined;
    for (const node of [...this.#nodes].reverse()) root = root ? nodeHash(this.#sha256, node, root) : node;
    return root ?? emptyRoot(this.#sha256);
  }
}

/**
 * Verifies a whole log from its published bytes: signatures and witnesses of every checkpoint, every entry's
 * form, all leaf hashes, and the root at each checkpoint's size. Never throws for a bad log; what `entries` and
 * `hashTile` throw besides DamagedEntries passes through.
 */
export async function verifyLog(crypto: Crypto, material: LogMaterial): Promise<LogReport> {
  const { sha256 } = crypto;
  const problems: LogProblem[] = [];
  const report: Report = (problem) => {
    if (problems.length < MAX_PROBLEMS || problem.fault !== 'malformed') problems.push(problem);
  };
  const checkpoints = await openCheckpoints(crypto, material, report);
  const size = Math.max(0, ...checkpoints.map((checkpoint) => checkpoint.size));
  const walk = new Walk(sha256, checkpoints, new Pin(material.hashTile), report);
  const { pin, roots, times } = walk;
  try {
    for await (const lot of lotsOf(material.entries)) {
      for (const entry of lot) {
        // Nothing else waits in here: a promise for each entry would cost more than its hashes.
        if (walk.count % TILE_WIDTH === 0) await pin.turnTo(walk.count / TILE_WIDTH);
        walk.take(entry);
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedEntries)) throw error;
    const what = `entries from ${walk.count} on cannot be read: ${error.message}`;
    report({ fault: 'damaged', index: walk.count, what });
  }
  const { count } = walk;
  if (count < size && !pin.found && !problems.some(({ fault }) => fault === 'damaged')) {
    const what = `the log ends after ${count} entries, but a checkpoint promises ${size}: its tail was cut, or entries were taken out after entry ${roots.goodUpTo}`;
    report({ fault: 'truncated', index: count, what });
  }
  const pinned = await pin.problem();
  if (pinned) report(pinned);
  problems.sort((a, b) => (a.index ?? -1) - (b.index ?? -1));
  const verdict = problems.length > 0 ? 'FAILED' : material.trust ? 'VERIFIED' : 'INCOMPLETE';
  const warnings = times.warnings();
  if (count > size) warnings.push(`${count - size} entries are not under a checkpoint yet`);
  if (!material.trust) warnings.unshift('no anchors given: nobody vouches for the log key and the witnesses');
  return { verdict, entries: count, size, problems, warnings };
}

type Report = (problem: LogProblem) => void;

/** One entry after the other: its leaf, its form, its time, and the root where a checkpoint has one to compare. */
class Walk {
  readonly pin: Pin;
  readonly roots: RootChecks;
  readonly times = new Times();
  count = 0;
  readonly #sha256: Sha256;
  readonly #tree: Frontier;
  readonly #report: Report;

  constructor(sha256: Sha256, checkpoints: readonly Checkpoint[], pin: Pin, report: Report) {
    this.#sha256 = sha256;
    this.#tree = new Frontier(sha256);
    this.#report = report;
    this.pin = pin;
    this.roots = new RootChecks(checkpoints, report);
    this.roots.compare(0, this.#tree, pin);
  }

  take(entry: Bytes): void {
    const index = this.count++;
    const leaf = leafHash(this.#sha256, entry);
    this.pin.compare(index, leaf);
    try {
      this.times.see(index, entryTime(entry));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#report({ fault: 'malformed', index, what: `entry ${index} does not read: ${error.why}` });
    }
    this.#tree.push(leaf);
    this.roots.compare(this.count, this.#tree, this.pin);
  }
}

async function* lotsOf(entries: LogMaterial['entries']): AsyncGenerator<readonly Bytes[]> {
  if (Symbol.asyncIterator in entries) yield* entries;
  else yield entries;
}

async function openCheckpoints(
  crypto: Crypto,
  { checkpoints, remembered = [], trust, before = [] }: LogMaterial,
  report: Report,
): Promise<Checkpoint[]> {
  const read: Checkpoint[] = [];
  for (const [i, note] of checkpoints.entries()) {
    try {
      // Read before it is believed: sizes and roots are compared even when a signature is wrong.
      read.push(parseCheckpoint(parseNote(note).body));
      if (!trust) continue;
      // The latest has to hold under the anchors of now; an older one may be from before a key was replaced.
      const held = i > 0 && (await heldBefore(crypto, note, before));
      if (!held) await checkSealed(crypto, note, trust);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      const which =
        checkpoints.length === 1 ? 'the checkpoint' : `checkpoint ${i + 1} of ${checkpoints.length}`;
      const fault = error.reason === 'quorum' ? 'witness' : 'signature';
      report({ fault, what: `${which} is not to be trusted: ${error.message}` });
    }
  }
  if (checkpoints.length === 0) report({ fault: 'signature', what: 'the log has no checkpoint' });
  for (const note of remembered) {
    try {
      read.push(parseCheckpoint(parseNote(note).body));
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      report({ fault: 'signature', what: `the checkpoint remembered here does not read: ${error.message}` });
    }
  }
  return read;
}

/** Throws NoteError for a checkpoint that log and witnesses did not sign. */
async function checkSealed(crypto: Crypto, note: string, { log, witnesses }: LogTrust): Promise<void> {
  const policy = { k: witnesses.k, witnesses: witnesses.vkeys };
  const { origin } = await verifyCheckpoint(crypto, { note, logKeys: logKeysOf(log), policy });
  if (origin !== log.origin) throw new NoteError('origin', 'a checkpoint of another log');
}

async function heldBefore(crypto: Crypto, note: string, before: readonly LogTrust[]): Promise<boolean> {
  for (const trust of before) {
    const fault = await checkSealed(crypto, note, trust).catch((error: unknown) => error);
    if (fault === undefined) return true;
    if (!(fault instanceof NoteError)) throw fault;
  }
  return false;
}

/** Compares the tree with every checkpoint as it reaches their sizes. */
class RootChecks {
  readonly #checkpoints: readonly Checkpoint[];
  readonly #report: Report;
  /** Entries up to the largest checkpoint whose root agreed. */
  goodUpTo = 0;

  constructor(checkpoints: readonly Checkpoint[], report: Report) {
    this.#checkpoints = checkpoints;
    this.#report = report;
  }

  compare(size: number, tree: Frontier, pin: Pin): void {
    for (const checkpoint of this.#checkpoints) {
      if (checkpoint.size !== size) continue;
      if (equal(checkpoint.root, tree.root())) {
        this.goodUpTo = size;
        pin.acquit();
      } else if (!pin.found) {
        const index = this.goodUpTo;
        const what = `entries ${index} to ${size - 1} are not those of the checkpoint over ${size}: one of them was changed, added or taken out`;
        this.#report({ fault: 'root', index, what });
      }
    }
  }
}

/** Entries whose time is before that of the entry they follow: a clock that was set back, or a lie. */
class Times {
  #last = 0;
  #count = 0;
  #first = 0;

  see(index: number, time: number): void {
    if (time < this.#last && this.#count++ === 0) this.#first = index;
    this.#last = time;
  }

  warnings(): string[] {
    if (this.#count === 0) return [];
    return [
      `${this.#count} entries are dated before the entry they follow; the first is entry ${this.#first}`,
    ];
  }
}
