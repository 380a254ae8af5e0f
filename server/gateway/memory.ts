import type { Sequencer } from '../audit/sequencer.ts';
import { logEntry, proofOf } from '../audit/log-writer.ts';
import type { KeptStatus, ProveIssuance } from '../authenticate/directory.ts';
import type { Op } from '../store/batch.ts';
import type { Store } from '../store/store.ts';
import { parseProof, type Proof, proofValue } from '../protocol/bundle.ts';
import { type Bytes, hex } from '../protocol/bytes.ts';
import { encode } from '../protocol/cbor.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/entry.ts';
import { decodeStrict } from '../protocol/fields.ts';
import type { Witnessing } from './witnessing.ts';
import { Refusal } from '../protocol/refusal.ts';

const REMEMBER =
  'INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value';

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

  /** Announces an artefact under a name, unless it was before; durable, but does not wait for the witnesses. */
  async announceDurably(name: string, entry: Omit<Entry, 'time'>): Promise<void> {
    if (this.recall(name)) return;
    const mark = { sql: REMEMBER, params: [name, new Uint8Array()] };
    await this.#log.appendDurable([logEntry({ ...entry, time: this.#now() })], [mark]);
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
  async keepLogged(name: string, value: Bytes, entry: Omit<Entry, 'time'>): Promise<void> {
    const mark = { sql: REMEMBER, params: [name, value] };
    await this.#log.appendDurable([logEntry({ ...entry, time: this.#now() })], [mark]);
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

  /** Logs the issuance of a credential once and keeps its earliest proof that present witnesses stand behind. */
  readonly proveIssuance: ProveIssuance = async (certificate, serial) => {
    const digest = this.#sha256(certificate);
    const name = `credential ${hex(digest)}`;
    const proof = await this.announceOnce(name, { type: 'credential', digest, number: serial });
    return (await this.#witnessing.vouched(proof)) ? proof : this.#proveAnew(name, proof);
  };

  /**
   * A proof under a checkpoint of present witnesses, for an entry whose proof only those before stand behind: devices
   * will not know these for long. Until it is there, the one before is used.
   */
  async #proveAnew(name: string, before: Proof): Promise<Proof> {
    this.#seenAnew ??= this.#log.append([
      logEntry({ type: 'anchors', ...this.#witnessing.anchors(), time: this.#now() }),
    ]);
    await this.#seenAnew.catch(() => (this.#seenAnew = undefined));
    const fresh = this.proofOf(before.index);
    if (!(await this.#witnessing.vouched(fresh))) return before;
    await this.keep(name, encode(proofValue(fresh)));
    return fresh;
  }

  /** Proof of an entry under the newest checkpoint that witnesses cosigned. */
  proofOf(index: number): Proof {
    const entry = this.#log.entry(index);
    const { path, checkpoint } = this.#log.proofOf(index);
    if (!entry || checkpoint === null)
      throw new Refusal('E_DRAFT', 'the outcome is not witnessed yet: ask again in a moment', 'command');
    return { entry: entry.bytes, index, path, checkpoint };
  }
}
