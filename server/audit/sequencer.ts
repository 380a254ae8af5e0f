import type { Bytes } from '../protocol/encoding/bytes.ts';
import { type ManyProof, proveMany } from '../protocol/log/many-proof.ts';
import type { Signer } from '../protocol/crypto.ts';
import { parseNote } from '../protocol/log/note.ts';
import { LIMITS } from '../limits.ts';
import type { Op } from '../store/batch.ts';
import { CommitQueue, type CommitOptions } from './commit-queue.ts';
import { type Complaint, Cosigning } from './cosigning.ts';
import type { LogInconsistent } from './errors.ts';
import {
  type CosignedCheckpoint,
  type LogEntry as RowEntry,
  LogRows,
  type StoredEntry,
  cosignedOp,
} from './log-rows.ts';
import { type LogKeyOptions, LogKeys } from './log-keys.ts';
import { type Opened, openLog } from './open-log.ts';
import { checkPolicy } from './quorum-policy.ts';
import { QuorumQueue } from './quorum-queue.ts';
import type { Appended, Durable, LogHealth, LogState } from './sequenced.ts';
import type { Tree } from './tree.ts';
import type { Witness } from './witness-client.ts';

/** An entry as it is appended. */
export type LogEntry = RowEntry;

export interface SequencerOptions extends Omit<CommitOptions, 'keys'>, LogKeyOptions {
  readonly witnesses: readonly Witness[];
  /** `k` distinct witnesses make a quorum. */
  readonly policy: { readonly k: number };
  /** Longest wait for a quorum, in ms. */
  readonly quorumWait?: number;
}

/** How long a cosigned checkpoint may wait to be written along with the next entries, in ms. */
const COSIGNED_IDLE_MS = 100;

/** The one writer of the log: witnesses cosign the newest checkpoint while the next batch commits. */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #keys: LogKeys;
  readonly #rows: LogRows;
  readonly #tree: Tree;
  readonly #commits: CommitQueue;
  readonly #quorum: QuorumQueue;
  readonly #cosigning: Cosigning;
  #cosigned: CosignedCheckpoint | null;
  #unwritten: Op | null = null;
  #timer: NodeJS.Timeout | null = null;
  #inconsistency: LogInconsistent | null;
  #evidence: string | null = null;
  #hasQuorum = false;

  /** Use `openSequencer`. */
  constructor(options: SequencerOptions, rows: LogRows, keys: LogKeys, opened: Opened) {
    this.#options = options;
    this.#keys = keys;
    this.#rows = rows;
    this.#tree = opened.tree;
    this.#inconsistency = opened.inconsistency;
    this.#cosigned = rows.cosigned();
    this.#commits = new CommitQueue({ ...options, keys }, rows, opened, {
      grown: () => this.#publish(),
      fenced: (error) => this.#breakOff(error, null),
      along: () => this.#unwritten,
      wrote: (op) => this.#wrote(op),
    });
    this.#quorum = new QuorumQueue(options.quorumWait ?? LIMITS.quorumWait.max, () => this.complaints);
    const log = {
      keys,
      origin: options.origin,
      size: () => this.#tree.size,
      rootAt: (size: number) => this.#tree.rootAt(size),
      pathBetween: (from: number, to: number) => this.#tree.pathBetween(from, to),
    };
    this.#cosigning = new Cosigning(options.crypto, log, options.witnesses, options.policy.k, {
      quorum: (size, note) => this.#gotQuorum(size, note),
      failed: () => (this.#hasQuorum = false),
      inconsistent: (error, evidence) => this.#breakOff(error, evidence),
    });
  }

  /** Asks the witnesses what they have seen, and has the newest checkpoint cosigned. */
  async start(): Promise<void> {
    if (this.#inconsistency !== null) return;
    const answered = await this.#cosigning.examine();
    this.#hasQuorum = answered >= this.#options.policy.k;
    if (this.#commits.head.size > 0) this.#publish();
  }

  /** Signs with another key from the next checkpoint on: the same log goes on. */
  signWith(signer: Signer): void {
    this.#keys.replace(signer);
  }

  /** Has other witnesses cosign from now on. Throws RangeError or Error, and asks those before, when they will not do. */
  async follow(witnesses: readonly Witness[]): Promise<void> {
    checkPolicy(witnesses, this.#options.policy.k, this.#keys);
    await this.#cosigning.follow(witnesses);
  }

  get health(): LogHealth {
    if (this.#inconsistency !== null) return 'inconsistent';
    return this.#hasQuorum ? 'ok' : 'no-quorum';
  }

  /** Why the log is inconsistent, and the witnessed checkpoint that shows it; null while it is not. */
  get inconsistency(): { error: LogInconsistent; evidence: string | null } | null {
    return this.#inconsistency && { error: this.#inconsistency, evidence: this.#evidence };
  }

  /** What witnesses failed with in the round under way or the last one. */
  get complaints(): readonly Complaint[] {
    return this.#cosigning.complaints;
  }

  /** What each witness is known to have seen. */
  get witnesses(): readonly { readonly name: string; readonly seen: number | null }[] {
    return this.#cosigning.peers;
  }

  /**
   * Appends entries, and the ops alongside, in one transaction; resolves when a checkpoint that holds them has its
   * quorum. Rejects with LogInconsistent (found before: nothing was done), StoreUnavailable or StoreConflict (nothing
   * was stored), QuorumUnavailable (stored, not witnessed in time), RangeError (entries beyond their bounds).
   */
  async append(entries: readonly LogEntry[], alongside: readonly Op[] = []): Promise<readonly Appended[]> {
    if (this.#inconsistency !== null) throw this.#inconsistency;
    const { first, leaves } = await this.#commits.add(entries, alongside, false);
    if (first === null) throw new Error('entries that need a quorum never stand aside');
    const { size, note } = await this.#quorumOver(first + leaves.length);
    return this.#placed(first, leaves, size, note);
  }

  /** Waits until an entry that `appendSigned` has placed is witnessed. Rejects with QuorumUnavailable or LogInconsistent. */
  async witnessed({ index, leafHash }: Pick<Appended, 'index' | 'leafHash'>): Promise<Appended> {
    const { size, note } = await this.#quorumOver(index + 1);
    return { index, leafHash, path: this.#tree.pathTo(index, size), checkpoint: note, size };
  }

  /**
   * Appends entries, and the ops alongside, in one transaction; resolves when it is on the disk, under a checkpoint
   * that only the log has signed. Rejects as `append` does, but never for a quorum.
   */
  async appendSigned(
    entries: readonly LogEntry[],
    alongside: readonly Op[] = [],
  ): Promise<readonly Appended[]> {
    if (this.#inconsistency !== null) throw this.#inconsistency;
    const { first, leaves } = await this.#commits.add(entries, alongside, false);
    if (first === null) throw new Error('entries that need a proof never stand aside');
    const { size, note } = this.#commits.head;
    return this.#placed(first, leaves, size, note);
  }

  /**
   * Appends entries, and the ops alongside, in one transaction; resolves when it is on the disk. Goes on while the
   * log is inconsistent: the entries are then kept beside it. Rejects as `append` does, but never for a quorum.
   */
  async appendDurable(
    entries: readonly LogEntry[],
    alongside: readonly Op[] = [],
  ): Promise<readonly Durable[]> {
    const { first, leaves } = await this.#commits.add(entries, alongside, true);
    return leaves.map((leaf, i) => ({ index: first === null ? null : first + i, leafHash: leaf }));
  }

  /** Proof of an entry in the first `size` entries; without `size`, in the newest cosigned checkpoint that has it. */
  proofOf(index: number, size?: number): Omit<Appended, 'checkpoint'> & { checkpoint: string | null } {
    const cosigned = this.#cosigned !== null && this.#cosigned.size > index ? this.#cosigned : null;
    const at = size ?? cosigned?.size ?? this.#commits.head.size;
    this.#within(at);
    const known = at === cosigned?.size ? cosigned : this.#rows.cosigned(at);
    const path = this.#tree.pathTo(index, at);
    return { index, leafHash: this.#tree.node(0, index), path, size: at, checkpoint: known?.note ?? null };
  }

  /** One proof of many entries under the newest cosigned checkpoint. Throws RangeError when it does not have them all. */
  proveMany(indexes: readonly number[]): { readonly proof: ManyProof; readonly checkpoint: string } {
    if (this.#cosigned === null) throw new RangeError('nothing is witnessed yet');
    const { size, note } = this.#cosigned;
    const { sha256 } = this.#options.crypto;
    return { proof: proveMany(sha256, this.#tree.node, indexes, size), checkpoint: note };
  }

  /** A stored entry, or null. */
  entry(index: number): StoredEntry | null {
    return this.#rows.entry(index);
  }

  /** Consistency path between two sizes of this log. Throws RangeError. */
  consistency(from: number, to: number): Bytes[] {
    this.#within(to);
    return this.#tree.pathBetween(from, to);
  }

  latest(): LogState {
    const { size, note } = this.#commits.head;
    return { size, root: this.#commits.root, note, cosigned: this.#cosigned };
  }

  /** Commits what is queued; whoever still waits for witnesses is told so. */
  async stop(): Promise<void> {
    await this.#commits.stop();
    this.#cosigning.stop();
    this.#quorum.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#writeCosigned();
  }

  #placed(first: number, leaves: readonly Bytes[], size: number, checkpoint: string): readonly Appended[] {
    return leaves.map((leafHash, i) => {
      const index = first + i;
      return { index, leafHash, path: this.#tree.pathTo(index, size), checkpoint, size };
    });
  }

  #within(size: number): void {
    if (size > this.#commits.head.size) throw new RangeError('the log is not that long');
  }

  #quorumOver(end: number): Promise<CosignedCheckpoint> {
    return new Promise((resolve, reject) => {
      if (this.#inconsistency !== null) reject(this.#inconsistency);
      else this.#quorum.wait({ end, proven: resolve, reject });
    });
  }

  #publish(): void {
    if (this.#inconsistency !== null) return;
    const { size, note } = this.#commits.head;
    this.#cosigning.publish(size, parseNote(note));
  }

  #gotQuorum(size: number, note: string): void {
    if (this.#inconsistency !== null) return;
    this.#hasQuorum = true;
    this.#cosigned = { size, note };
    this.#unwritten = cosignedOp(size, note);
    this.#timer ??= setTimeout(() => void this.#writeCosigned(), COSIGNED_IDLE_MS);
    this.#quorum.reached({ size, note });
  }

  async #writeCosigned(): Promise<void> {
    this.#timer = null;
    const op = this.#unwritten;
    if (op === null) return;
    try {
      await this.#options.store.write([op]);
      this.#wrote(op);
    } catch {
      // Lost, it is only asked for again; if nothing at all can be stored, the next entry says so.
    }
  }

  #wrote(op: Op): void {
    if (this.#unwritten === op) this.#unwritten = null;
  }

  #breakOff(error: LogInconsistent, evidence: string | null): void {
    if (this.#inconsistency !== null) return;
    this.#inconsistency = error;
    this.#evidence = evidence;
    this.#commits.breakOff(error);
    this.#cosigning.stop();
    this.#quorum.fail(error);
  }
}

/**
 * Opens the log in `store`, begins it when there is none, and takes it over from any sequencer before. Reads the right
 * edge only, then asks the witnesses. Look at `health` before relying on it. Throws RangeError on a policy that
 * cannot work, StoreUnavailable or StoreConflict when the log cannot be taken.
 */
export async function openSequencer(options: SequencerOptions): Promise<Sequencer> {
  const keys = new LogKeys(options);
  checkPolicy(options.witnesses, options.policy.k, keys);
  const rows = new LogRows(options.store);
  const sequencer = new Sequencer(options, rows, keys, await openLog({ ...options, keys }, rows));
  await sequencer.start();
  return sequencer;
}
