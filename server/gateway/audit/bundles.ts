import type { Sequencer } from '../../audit/sequencer.ts';
import type { BundleWish } from '../../edge/desks/audit-desk.ts';
import { LIMITS } from '../../limits.ts';
import { type Bytes, equal, hex, unhex, utf8 } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { type Entry, parseEntry } from '../../protocol/log/entry.ts';
import { parseCheckpoint, parseNote } from '../../protocol/log/note.ts';
import { SHOWN } from '../../protocol/primed.ts';
import { Refusal } from '../../protocol/refusal.ts';
import {
  encodeContinuations,
  encodeEntries,
  encodeOpenings,
  FILE,
  sealFiles,
} from '../../protocol/verify/bundle-files.ts';
import type { Store } from '../../store/store.ts';
import type { Records } from '../desks/records.ts';
import { keptFields } from './openings.ts';
import type { PatientVault } from './patient-vault.ts';
import type { PolicyHistory, PolicyThen } from './policy-history.ts';
import { SIMULATION } from '../../protocol/verify/cover.ts';
import { README } from './readme.ts';
import { storyOf } from './story.ts';
import { packZip } from './zip.ts';

export interface BundleParts {
  readonly crypto: Crypto;
  readonly log: Sequencer;
  readonly store: Pick<Store, 'reader'>;
  readonly records: Records;
  readonly vault: PatientVault;
  readonly anchors: () => Bytes;
  readonly simulated: () => boolean;
  /** The signed policy's file, and those before it. */
  readonly policy: Bytes;
  readonly policies: Pick<PolicyHistory, 'at' | 'file'>;
  /** The page that verifies a bundle offline, where it was built. */
  readonly page: () => Bytes | undefined;
}

const NONE = new Uint8Array();
/** Entries that others can have logged between the moment that is kept of a policy and its own entry. */
const MAX_BETWEEN = 64;

interface Placed {
  readonly index: number;
  readonly bytes: Bytes;
  readonly entry: Entry;
}

/** Makes evidence bundles: everything a stranger needs, as it stands in the log, and nothing that asks for belief. */
export class Bundles {
  readonly #parts: BundleParts;

  constructor(parts: BundleParts) {
    this.#parts = parts;
  }

  /** The bundle's zip file. Throws Refusal E_SCOPE for a command or period nothing is known of, E_DRAFT for one not witnessed yet. */
  async make(wish: BundleWish): Promise<Bytes> {
    const { log } = this.#parts;
    const { cosigned } = log.latest();
    if (!cosigned) throw new Refusal('E_DRAFT', 'nothing is witnessed yet', 'log');
    const indexes = wish.covers === 'period' ? this.#period(wish, cosigned.size) : this.#about(wish.commands);
    if (indexes.some((index) => index >= cosigned.size))
      throw new Refusal('E_DRAFT', 'its newest entry is not witnessed yet; ask again in a moment', 'log');
    const placed = await this.#withPolicies(await this.#read(indexes));
    const announced = placed.flatMap(({ entry }) =>
      (entry.type === 'intent' || entry.type === 'emergency') && entry.command ? [hex(entry.command)] : [],
    );
    // Read at one moment, so that all proofs end at one checkpoint.
    const { proof, checkpoint } = log.proveMany(placed.map(({ index }) => index));
    const commands = [...new Set(announced)];
    const marked = (text: string): string => (this.#parts.simulated() ? `${SIMULATION}\n\n${text}` : text);
    const files = new Map<string, Bytes>([
      [FILE.readme, utf8(marked(README))],
      [FILE.anchors, this.#parts.anchors()],
      [FILE.checkpoint, utf8(checkpoint)],
      [FILE.policy, this.#parts.policy],
      [FILE.entries, encodeEntries({ proof, entries: placed.map(({ bytes }) => bytes) })],
    ]);
    for (const command of commands) this.#addCommand(files, command, wish.names);
    for (const { entry } of placed) this.#addPolicy(files, entry);
    const paths = this.#continuations(wish.since, proof.size);
    if (paths.size > 0) files.set(FILE.consistency, encodeContinuations(paths));
    files.set(FILE.story, utf8(marked(await storyOf(this.#parts.crypto, placed, files, commands))));
    const page = this.#parts.page();
    if (page) files.set(FILE.page, page);
    const { origin } = parseCheckpoint(parseNote(checkpoint).body);
    const said = { covers: wish.covers, origin, commands, masked: !wish.names };
    return packZip(sealFiles(this.#parts.crypto.sha256, files, said));
  }

  #about(commands: readonly string[]): readonly number[] {
    const sql = 'SELECT idx FROM log_entry WHERE device = ? AND command = ?';
    const found = new Set<number>();
    for (const command of commands) {
      const device = this.#parts.records.deviceOf(command);
      const rows = device ? this.#parts.store.reader(sql).all(device, unhex(command)) : [];
      if (rows.length === 0) throw new Refusal('E_SCOPE', 'no such command', 'command');
      for (const row of rows) found.add(Number(row['idx']));
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Every entry between two times, by the order of the log: entries are looked for where their time should stand. */
  #period({ from = 0, to = Number.MAX_SAFE_INTEGER }: BundleWish, size: number): readonly number[] {
    const first = this.#firstAfter(from - 1, size);
    const last = this.#firstAfter(to, size) - 1;
    if (last < first) throw new Refusal('E_SCOPE', 'nothing was logged in this period', 'from');
    if (last - first >= LIMITS.bundleEntries.max) {
      const why = `${last - first + 1} entries are too many for one bundle (${LIMITS.bundleEntries.max}): ask for a shorter period, or copy the whole log`;
      throw new Refusal('E_CMD_LIMIT', why, 'from');
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  /** The first entry dated after a time; `size` when there is none. */
  #firstAfter(time: number, size: number): number {
    const reader = this.#parts.store.reader('SELECT time FROM log_entry WHERE idx = ?');
    let [low, high] = [0, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (Number(reader.get(middle)?.['time']) > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #read(indexes: readonly number[]): Promise<readonly Placed[]> {
    const placed: Placed[] = [];
    for (const index of indexes) {
      const stored = this.#parts.log.entry(index);
      if (!stored) throw new Refusal('E_SCOPE', 'not in the log', 'log');
      placed.push({ index, bytes: stored.bytes, entry: parseEntry(stored.bytes) });
      // Others want the thread as well.
      if (placed.length % LIMITS.logBatch.max === 0)
        await new Promise((resolve) => void setImmediate(resolve));
    }
    return placed;
  }

  /** With the entry of the policy that let a second person be shown values, where one was: it is held against it. */
  async #withPolicies(placed: readonly Placed[]): Promise<readonly Placed[]> {
    const missing = new Map<string, PolicyThen>();
    for (const { index, entry } of placed) {
      const then = entry.type === 'intent' && entry.result === SHOWN && this.#parts.policies.at(index);
      if (then) missing.set(hex(then.digest), then);
    }
    for (const { entry } of placed) if (entry.type === 'policy') missing.delete(hex(entry.digest ?? NONE));
    const found: Placed[] = [];
    for (const { from, digest } of missing.values()) {
      const near = Array.from(
        { length: Math.min(MAX_BETWEEN, this.#parts.log.latest().size - from) },
        (_, i) => from + i,
      );
      const isIt = ({ entry }: Placed): boolean =>
        entry.type === 'policy' && equal(entry.digest ?? NONE, digest);
      found.push(...(await this.#read(near)).filter(isIt));
    }
    return [...placed, ...found].toSorted((a, b) => a.index - b.index);
  }

  #addPolicy(files: Map<string, Bytes>, { type, digest }: Entry): void {
    const json = type === 'policy' && digest && this.#parts.policies.file(digest);
    if (json) files.set(FILE.policyOf(hex(digest)), json);
  }

  #addCommand(files: Map<string, Bytes>, command: string, names: boolean): void {
    const evidence = this.#parts.records.evidenceIfAny(command);
    if (evidence) files.set(FILE.evidence(command), evidence);
    const kept = names ? this.#parts.vault.openings(unhex(command)) : undefined;
    if (kept?.kind === 'there') files.set(FILE.openings(command), encodeOpenings(keptFields(kept.openings)));
  }

  #continuations(since: readonly number[], size: number): ReadonlyMap<number, readonly Bytes[]> {
    const { log } = this.#parts;
    return new Map(
      since.flatMap((from) =>
        from > 0 && from < size ? [[from, log.consistency(from, size)] as const] : [],
      ),
    );
  }
}
