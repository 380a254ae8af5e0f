import { type Bytes, equal, hex, text } from '../../server/protocol/encoding/bytes.ts';
import { parseEntry } from '../../server/protocol/log/entry.ts';
import { HASH_SIZE } from '../../server/protocol/log/merkle.ts';
import type { Checkpoint } from '../../server/protocol/log/note.ts';
import { type LogTrust, verifyOwnSeal, verifySeal } from '../../server/protocol/log/prove.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { meaningOf } from '../../server/protocol/refusal-says.ts';
import { TILE_WIDTH, tilePath, tileWidth } from '../../server/protocol/log/tiles.ts';
import { checkContinuity, checkpointIn } from '../../server/protocol/verify/continuity.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';
import { Frontier } from '../../server/protocol/verify-log.ts';
import type { SeenCheckpoints } from '../common/evidence/seen-checkpoints.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { pathFromTiles } from '../common/evidence/consistency.ts';
import { type ReadResource, readEntries } from './log-source.ts';

/** What a monitor calls people for. */
export type AlarmKind =
  'unreachable' | 'signature' | 'fork' | 'rewrite' | 'rolled-back' | 'split-view' | 'stalled';

export interface Alarm {
  readonly kind: AlarmKind;
  readonly says: string;
}

/** One look at a log. */
export interface Look {
  readonly size: number;
  readonly alarms: readonly Alarm[];
  /** Entries signed with the passkey that is watched for, since the last look. */
  readonly uses: readonly { readonly index: number; readonly time: number; readonly says: string }[];
}

export interface WatchOptions {
  readonly trust: () => LogTrust;
  readonly seen: SeenCheckpoints;
  /** Where others say they see the same log: their copies, or its witnesses. */
  readonly others: readonly { readonly name: string; readonly read: () => Promise<string | undefined> }[];
  /** Seconds without a newer cosignature after which the log counts as stalled. */
  readonly stallSeconds: number;
  /** Key id to watch for, where the log shows its entries. */
  readonly kid?: Bytes | undefined;
}

/**
 * Follows a log from outside, over its public tiles, and believes none of it: every new leaf hash goes into a tree of its
 * own, whose root has to be the one that log and witnesses signed. So no entry that was once seen can change or vanish.
 */
export class LogWatch {
  readonly #read: ReadResource;
  readonly #options: WatchOptions;
  #tree = new Frontier(nodeCrypto.sha256);
  #size = 0;
  #entries = 0;

  constructor(read: ReadResource, options: WatchOptions) {
    this.#read = read;
    this.#options = options;
  }

  /** Looks once; `now` in Unix seconds. Throws nothing for a bad log. */
  async look(now: number): Promise<Look> {
    const alarms: Alarm[] = [];
    const alarm = (kind: AlarmKind, says: string): void => void alarms.push({ kind, says });
    const note = await this.#note().catch((error: unknown) => {
      alarm(
        'unreachable',
        `the log does not answer: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    });
    if (note === undefined) {
      if (alarms.length === 0) alarm('unreachable', 'the log has no checkpoint');
      return { size: this.#size, alarms, uses: [] };
    }
    const checkpoint = checkpointIn(note);
    const sealed = checkpoint && (await this.#sealed(note, alarm));
    if (!checkpoint || sealed === undefined) {
      if (!checkpoint) alarm('signature', 'the checkpoint does not read');
      return { size: this.#size, alarms, uses: [] };
    }
    if (now - sealed > this.#options.stallSeconds)
      alarm(
        'stalled',
        `no witness has seen the log for ${now - sealed} s; it has ${checkpoint.size} entries`,
      );
    await this.#compare(checkpoint, note, alarm);
    await this.#compareOthers(checkpoint, alarm);
    const uses = alarms.length === 0 ? await this.#uses(checkpoint.size) : [];
    return { size: checkpoint.size, alarms, uses };
  }

  async #note(): Promise<string | undefined> {
    const bytes = await this.#read('checkpoint');
    try {
      return bytes && text(bytes);
    } catch {
      return '';
    }
  }

  /** Unix seconds at which enough witnesses had seen it; undefined, with an alarm, when it is not signed as it should be. */
  async #sealed(note: string, alarm: (kind: AlarmKind, says: string) => void): Promise<number | undefined> {
    try {
      return await verifySeal(nodeCrypto, note, this.#options.trust());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      alarm('signature', `the checkpoint is not to be trusted: ${error.why}`);
      return undefined;
    }
  }

  /** Against what this computer remembers, and against every leaf hash it has read itself. */
  async #compare(
    now: Checkpoint,
    note: string,
    alarm: (kind: AlarmKind, says: string) => void,
  ): Promise<void> {
    const { seen } = this.#options;
    const remembered = seen.of(now.origin);
    const before = remembered === undefined ? undefined : checkpointIn(remembered);
    const path = (from: number, to: number) =>
      pathFromTiles(nodeCrypto.sha256, this.#read, from, to).catch(() => undefined);
    if (before && before.size > now.size)
      return alarm(
        'rolled-back',
        `the log shows ${now.size} entries and had ${before.size} before: its end was cut, or an old copy is served`,
      );
    const same = await checkContinuity(nodeCrypto.sha256, now, remembered, path);
    if (same.verdict === 'FAIL') return alarm('fork', same.says);
    if (same.verdict === 'NOT CHECKED')
      return alarm(
        'rewrite',
        `the published hashes do not lead from what was seen to what is shown now: ${same.says}`,
      );
    const grown = await this.#grow(now);
    if (grown !== undefined) return alarm('rewrite', grown);
    return seen.keep({ origin: now.origin, size: now.size, note });
  }

  /** Takes the new leaf hashes into a tree of its own; a sentence when they do not give the signed root. */
  async #grow(now: Checkpoint): Promise<string | undefined> {
    const tree = this.#tree.copy();
    let size = this.#size;
    while (size < now.size) {
      const index = Math.floor(size / TILE_WIDTH);
      const width = tileWidth(now.size, 0, index);
      const bytes = (await this.#tile(index, width)) ?? new Uint8Array();
      if (bytes.length < width * HASH_SIZE) return `the hash tile ${index} is missing or too short`;
      for (let at = size % TILE_WIDTH; at < width; at++, size++)
        tree.push(bytes.slice(at * HASH_SIZE, (at + 1) * HASH_SIZE));
    }
    if (!equal(tree.root(), now.root))
      return `the published hashes of ${now.size} entries do not give the root that was signed`;
    this.#tree = tree;
    this.#size = size;
    return undefined;
  }

  async #tile(index: number, width: number): Promise<Bytes | undefined> {
    const read = (w: number) => this.#read(tilePath({ level: 0, index, width: w })).catch(() => undefined);
    return (await read(width)) ?? (width === TILE_WIDTH ? undefined : read(TILE_WIDTH));
  }

  /** Two heads of one log that are not one history, shown to two people, are the proof that it lies. */
  async #compareOthers(now: Checkpoint, alarm: (kind: AlarmKind, says: string) => void): Promise<void> {
    const path = (from: number, to: number) =>
      pathFromTiles(nodeCrypto.sha256, this.#read, from, to).catch(() => undefined);
    for (const { name, read } of this.#options.others) {
      const note = await read().catch(() => undefined);
      const theirs = note === undefined ? undefined : checkpointIn(note);
      // What the log did not sign says nothing about it; two heads under its key accuse it, whoever witnessed them.
      if (note === undefined || theirs?.origin !== now.origin || !(await this.#signed(note))) continue;
      // Somebody who is ahead is compared at the next look: the log has to have caught up with what it signed.
      if (theirs.size > now.size) continue;
      const same = await checkContinuity(nodeCrypto.sha256, now, note, path);
      if (same.verdict === 'FAIL') alarm('split-view', `${name} sees another log: ${same.says}`);
    }
  }

  async #signed(note: string): Promise<boolean> {
    return verifyOwnSeal(nodeCrypto, note, this.#options.trust()).then(
      () => true,
      () => false,
    );
  }

  async #uses(size: number): Promise<Look['uses']> {
    const { kid } = this.#options;
    if (!kid) return [];
    const uses: { index: number; time: number; says: string }[] = [];
    const first = Math.floor(this.#entries / TILE_WIDTH);
    let index = first * TILE_WIDTH;
    for await (const bundle of readEntries(this.#read, size, first)) {
      for (const bytes of bundle) {
        if (index++ < this.#entries) continue;
        const entry = parseEntry(bytes);
        if (!entry.kids?.some((one) => equal(one, kid))) continue;
        const says = `your passkey ${hex(kid).slice(0, 8)}: ${tellEntry(entry, meaningOf)}`;
        uses.push({ index: index - 1, time: entry.time, says });
      }
    }
    this.#entries = index;
    return uses;
  }
}
