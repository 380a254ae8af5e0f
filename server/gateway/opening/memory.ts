import type { Sequencer } from '../../audit/sequencer.ts';
import { logEntry, proofOf } from '../../audit/log-writer.ts';
import type { Issuance, KeptStatus } from '../../authenticate/directory.ts';
import type { Op } from '../../store/batch.ts';
import type { Store } from '../../store/store.ts';
import { parseProof, type Proof, proofValue } from '../../protocol/bundle.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import type { Entry } from '../../protocol/log/entry.ts';
import { decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import type { Witnessing } from '../watch/witnessing.ts';
import { Refusal } from '../../protocol/refusal.ts';

const REMEMBER =
  'INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value';

/** What goes with an announcement. */
interface Beside {
  /** The device it is about, where the entry itself names none: it is found in the history of that one. */
  readonly device?: Bytes;
  /** Kept in the same transaction. */
  readonly kept?: readonly Op[];
}

/** What the gateway has announced in the log before, so that it announces each thing once. */
export class Memory {
  readonly #store: Store;
  readonly #log: Sequencer;
  readonly #sha256: Sha256;
  readonly #now: () => number;
  readonly #witnessing: Witnessing;
  #seenAnew: Promise<unknown> | undefined;

  constructor(store: Store, log: Sequencer, sha256: Sha256, now: () => number, witnessing: Witnessing) {
    this.#witnessing = witnessing;
    this.#store = store;
    this.#log = log;
    this.#sha256 = sha256;
    this.#now = now;
  }

  recall(name: string): Bytes | undefined {
    const row = this.#store.reader('SELECT value FROM kv WHERE name = ?').get(name);
    return row?.['value'] instanceof Uint8Array ? new Uint8Array(row['value']) : undefined;
  }

  /**
   * Announces an artefact under a name, unless it was before; resolves with the earliest proof, which is kept:
   * how long something has been known is counted from there.
   */
  async announceOnce(name: string, entry: Omit<Entry, 'time'>): Promise<Proof> {
    const before = this.recall(name);
    if (before) return parseProof(decodeStrict(before, name, 65_536), name);
    const stored = logEntry({ ...entry, time: this.#now() });
    const [appended] = await this.#log.append([stored]);
    if (!appended) throw new Error(`the log gave no place for ${name}`);
    const proof = proofOf(stored.bytes, appended);
    await this.#store.write([{ sql: REMEMBER, params: [name, encode(proofValue(proof))] }]);
    return proof;
  }

  /**
   * Announces an artefact under a name, unless it was before; durable, but does not wait for the witnesses. Kept with the
   * name is how long the log was then.
   */
  async announceDurably(
    name: string,
    entry: Omit<Entry, 'time'>,
    { device, kept = [] }: Beside = {},
  ): Promise<void> {
    if (this.recall(name)) return;
    const marks = [{ sql: REMEMBER, params: [name, encode(this.#log.latest().size)] }, ...kept];
    const logged = logEntry({ ...entry, time: this.#now() });
    await this.#log.appendDurable([device ? { ...logged, device } : logged], marks);
  }

  /** Everything that is kept under a name with this beginning. */
  named(prefix: string): ReadonlyMap<string, Bytes> {
    const rows = this.#store
      .reader('SELECT name, value FROM kv WHERE name >= ? AND name < ?')
      .all(prefix, `${prefix}\u{10ffff}`);
    return new Map(
      rows.flatMap(({ name, value }) =>
        typeof name === 'string' && value instanceof Uint8Array ? [[name, new Uint8Array(value)]] : [],
      ),
    );
  }

  /** What keeps a value under a name, for a transaction of somebody else. */
  mark(name: string, value: Bytes): Op {
    return { sql: REMEMBER, params: [name, value] };
  }

  /** Keeps a value under a name, durably. */
  async keep(name: string, value: Bytes): Promise<void> {
    await this.#store.write([{ sql: REMEMBER, params: [name, value] }]);
  }

  /** Keeps a value under a name and logs what changed it, in one transaction. */
  async keepLogged(
    name: string,
    value: Bytes,
    entry: Omit<Entry, 'time'>,
    kept: readonly Op[] = [],
  ): Promise<void> {
    const mark = { sql: REMEMBER, params: [name, value] };
    await this.#log.appendDurable([logEntry({ ...entry, time: this.#now() })], [mark, ...kept]);
  }

  /** The newest revocation list: kept, and announced in the log. */
  readonly keptStatus: KeptStatus = {
    load: () => this.recall('status list'),
    save: async (bytes, { version }) => {
      await this.keep('status list', bytes);
      const digest = this.#sha256(bytes);
      await this.announceDurably(`status ${hex(digest)}`, { type: 'status', digest, number: version });
    },
  };

  /** Logs the issuance of a credential once and keeps its earliest proof that the keys of now stand behind. */
  readonly issuance: Issuance = {
    under: () => this.#witnessing.under(),
    prove: async (certificate, serial) => {
      const digest = this.#sha256(certificate);
      const name = `credential ${hex(digest)}`;
      const proof = await this.announceOnce(name, { type: 'credential', digest, number: serial });
      return (await this.#witnessing.vouched(proof))
        ? { proof, lasting: true }
        : this.#proveAnew(name, proof);
    },
  };

  /**
   * A proof under a checkpoint of the log key and the witnesses of now, for an entry whose proof only those before stand
   * behind: devices will not know these for long. Until it is there, the one before is used.
   */
  async #proveAnew(
    name: string,
    before: Proof,
  ): Promise<{ readonly proof: Proof; readonly lasting: boolean }> {
    this.#seenAnew ??= this.#log.append([
      logEntry({ type: 'anchors', ...this.#witnessing.anchors(), time: this.#now() }),
    ]);
    await this.#seenAnew.catch(() => (this.#seenAnew = undefined));
    const fresh = this.proofOf(before.index);
    if (!(await this.#witnessing.vouched(fresh))) return { proof: before, lasting: false };
    await this.keep(name, encode(proofValue(fresh)));
    return { proof: fresh, lasting: true };
  }

  /** The version of the anchors that was in force when an entry was appended; undefined when none came while it ran. */
  anchorsAt(index: number): number | undefined {
    const since = [...this.named('anchors ')].map(([name, value]) => ({
      version: Number(name.slice('anchors '.length)),
      size: uint(decodeStrict(value, name, 16), name),
    }));
    if (since.length === 0) return undefined;
    return Math.max(0, ...since.filter(({ size }) => size <= index).map(({ version }) => version));
  }

  /** Proof of an entry under the first checkpoint with it that witnesses cosigned: as it was proven at that time. */
  proofThen(index: number): Proof {
    const row = this.#store.reader('SELECT min(size) AS size FROM checkpoint WHERE size > ?').get(index)?.[
      'size'
    ];
    return typeof row === 'number' ? this.#proof(index, row) : this.proofOf(index);
  }

  /** Proof of an entry under the newest checkpoint that witnesses cosigned. */
  proofOf(index: number): Proof {
    return this.#proof(index);
  }

  #proof(index: number, size?: number): Proof {
    const entry = this.#log.entry(index);
    const { path, checkpoint } = this.#log.proofOf(index, size);
    if (!entry || checkpoint === null)
      throw new Refusal('E_DRAFT', 'the outcome is not witnessed yet: ask again in a moment', 'command');
    return { entry: entry.bytes, index, path, checkpoint };
  }
}
