import { nodeCrypto } from '../../crypto.ts';
import { parseJournal } from '../../broker/journal.ts';
import { readAttestation } from '../../protocol/attestation.ts';
import { type Bytes, concat, equal } from '../../protocol/encoding/bytes.ts';
import { type Entry, ENTRY, parseEntry } from '../../protocol/log/entry.ts';
import { SHOWN } from '../../protocol/primed.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { parseSigned, parseStatement, PURPOSE } from '../../protocol/statement.ts';
import type { openForReading } from '../../store/database.ts';
import { saidName } from '../desks/history.ts';
import { empty, type IndexDatabase } from './index-schema.ts';

export type LogDatabase = ReturnType<typeof openForReading>;

/** Entries taken over at one time. */
const LOT = 2_000;
const NONE = new Uint8Array();

/** What a command came to, as its newest entry tells; `announced` and `unknown` are open. */
const OUTCOMES = ['', 'applied', 'applied-modified', 'refused'];

/** Takes log entries over into the index, in order; what it has taken stands in `mark`. */
export class Follower {
  readonly #log: LogDatabase;
  readonly #index: IndexDatabase;

  constructor(log: LogDatabase, index: IndexDatabase) {
    this.#log = log;
    this.#index = index;
    if (!this.#continues()) empty(index);
  }

  /** Entries in the index, and in the log. */
  get state(): { readonly indexed: number; readonly size: number } {
    const size = Number(this.#log.prepare('SELECT size FROM log_head').get()?.['size'] ?? 0);
    return { indexed: this.#mark().size, size };
  }

  /** Takes one lot over; true while there is more. */
  step(): boolean {
    const { size: from, time } = this.#mark();
    const { size } = this.state;
    if (from >= size) return false;
    const rows = this.#log
      .prepare(
        'SELECT idx, bytes, substr(hashes, 1, 32) AS leaf FROM log_entry WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?',
      )
      .all(from, size, LOT);
    let newest = time;
    let leaf: Bytes = NONE;
    this.#index.exec('BEGIN');
    try {
      for (const row of rows) {
        const index = Number(row['idx']);
        leaf = bytesOr(row['leaf']) ?? NONE;
        const entry = readable(bytesOr(row['bytes']) ?? NONE);
        if (!entry) continue; // No entry of ours; verifying the store says so.
        if (entry.time < newest)
          this.#run('INSERT OR REPLACE INTO backwards VALUES (?, ?)', index, newest - entry.time);
        newest = Math.max(newest, entry.time);
        this.#take(index, entry);
      }
      this.#run('UPDATE mark SET size = ?, leaf = ?, time = ?', from + rows.length, leaf, newest);
      this.#index.exec('COMMIT');
    } catch (error) {
      this.#index.exec('ROLLBACK');
      throw error;
    }
    return rows.length > 0 && from + rows.length < size;
  }

  #mark(): { readonly size: number; readonly leaf: Bytes | undefined; readonly time: number } {
    const row = this.#index.prepare('SELECT size, leaf, time FROM mark').get();
    return {
      size: Number(row?.['size'] ?? 0),
      leaf: bytesOr(row?.['leaf']),
      time: Number(row?.['time'] ?? 0),
    };
  }

  /** Is the log the one this index was made from? A store that was put back from a copy is not. */
  #continues(): boolean {
    const { size, leaf } = this.#mark();
    if (size === 0) return true;
    const row = this.#log
      .prepare('SELECT substr(hashes, 1, 32) AS leaf FROM log_entry WHERE idx = ?')
      .get(size - 1);
    const now = bytesOr(row?.['leaf']);
    return leaf !== undefined && now !== undefined && equal(leaf, now);
  }

  #run(sql: string, ...params: (number | string | Bytes | null)[]): void {
    this.#statement(sql).run(...params);
  }

  readonly #prepared = new Map<string, ReturnType<IndexDatabase['prepare']>>();

  #statement(sql: string): ReturnType<IndexDatabase['prepare']> {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const made = this.#index.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }

  #take(index: number, entry: Entry): void {
    const story = this.#storyOf(index, entry);
    this.#run('INSERT OR IGNORE INTO part VALUES (?, ?)', story, index);
    for (const kid of entry.kids ?? []) this.#run('INSERT OR IGNORE INTO who VALUES (?, ?)', kid, story);
    const { device, number, digest } = entry;
    if (device && digest && number !== undefined && RECEIPTED.has(entry.type))
      this.#run('INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?)', device, number, digest, index);
    if (entry.type === 'statement') this.#saidOfEmergency(index, entry);
    if (entry.command) this.#advance(story, index, entry, entry.command);
  }

  /** The row an entry belongs to; a new one when it is the first about its command, or about none. */
  #storyOf(index: number, entry: Entry): number {
    const known =
      entry.command && this.#statement('SELECT id FROM story WHERE command = ?').get(entry.command)?.['id'];
    if (typeof known === 'number') return known;
    this.#run(
      'INSERT INTO story (id, last, time, command, device, type, action, tier, outcome, code, second, link, place, people) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      index,
      index,
      entry.time,
      entry.command ?? null,
      entry.device ?? null,
      ENTRY[entry.type].number,
      entry.command ? 'command' : entry.type,
      entry.tier ?? null,
      '',
      entry.code ?? null,
      'none',
      entry.link ?? null,
      PLACED.has(entry.type) ? (entry.detail ?? null) : null,
      concat(...(entry.kids ?? [])),
    );
    return index;
  }

  #advance(story: number, index: number, entry: Entry, command: Bytes): void {
    const set = (column: string, value: number | string | Bytes): void =>
      this.#run(`UPDATE story SET ${column} = ? WHERE id = ?`, value, story);
    set('last', index);
    switch (entry.type) {
      case 'signed':
        return set('outcome', 'waiting');
      case 'secondEntry':
        return this.#checked(story, index, entry.result ?? 0);
      case 'intent':
        this.#announced(story, entry, command);
        if (entry.result === SHOWN) this.#checked(story, index, SHOWN);
        return set('outcome', 'announced');
      case 'unknown':
        return set('outcome', 'unknown');
      case 'emergency':
        this.#rescued(story, entry);
        return this.#end(story, entry, OUTCOMES[entry.result ?? 0] ?? '');
      case 'outcome':
      case 'receipt':
        if (entry.number !== undefined) set('receipt', entry.number);
        return this.#end(story, entry, OUTCOMES[entry.result ?? 0] ?? '');
      case 'refused':
        return this.#refused(story, entry);
      case 'cancelled':
      case 'lost':
        return this.#end(story, entry, entry.type);
      default:
        return undefined;
    }
  }

  /** Whoever was shown the values once is independent no more, whatever follows. */
  #checked(story: number, index: number, result: number): void {
    if (result === SHOWN)
      return this.#run("UPDATE story SET second = 'primed', shown = ? WHERE id = ?", index, story);
    if (result !== 1) this.#run('UPDATE story SET differed = differed + 1 WHERE id = ?', story);
    const said = result === 1 ? 'blind' : 'differs';
    this.#run("UPDATE story SET second = ? WHERE id = ? AND second <> 'primed'", said, story);
  }

  /**
   * An emergency names no patient: it is for whoever has the device, which is told by the command before it. One that gave
   * the device to somebody else tells whose it was, so nothing is told then.
   */
  #rescued(story: number, { device, number, kids = [] }: Entry): void {
    const before =
      "SELECT iif(action = 'associate' AND outcome NOT IN ('refused', 'cancelled'), NULL, patient) AS patient FROM story WHERE device = ? AND patient IS NOT NULL AND id < ? ORDER BY id DESC LIMIT 1";
    const patient = device && this.#statement(before).get(device, story)?.['patient'];
    this.#run(
      "UPDATE story SET action = 'safe-mode', tier = 0, receipt = ?, people = ?, patient = ? WHERE id = ?",
      number ?? null,
      concat(...kids),
      bytesOr(patient) ?? null,
      story,
    );
  }

  /** The log has the digest of a review or a reason alone; which emergency it is of stands in what is kept beside it. */
  #saidOfEmergency(index: number, { digest, number }: Entry): void {
    const column = number === PURPOSE.review ? 'review' : number === PURPOSE.reason ? 'reason' : undefined;
    if (!digest || !column) return;
    const row = this.#log.prepare('SELECT value FROM kv WHERE name = ?').get(saidName(digest));
    const command = commandSaid(bytesOr(row?.['value']), digest);
    if (command)
      this.#run(`UPDATE story SET ${column} = ? WHERE command = ? AND action = 'safe-mode'`, index, command);
  }

  #end(story: number, entry: Entry, outcome: string): void {
    this.#run(
      'UPDATE story SET outcome = ?, ended = ?, code = ? WHERE id = ?',
      outcome,
      entry.time,
      entry.code ?? null,
      story,
    );
  }

  /** A command that was refused when it was tried again is still what it was before. */
  #refused(story: number, entry: Entry): void {
    const row = this.#statement('SELECT outcome FROM story WHERE id = ?').get(story);
    if (row?.['outcome'] === '' || row?.['outcome'] === 'waiting') this.#end(story, entry, 'refused');
  }

  /** What the announcement adds, and what only the journal knows: kind of command and patient tag. */
  #announced(story: number, entry: Entry, command: Bytes): void {
    const journal = this.#journal(command);
    this.#run(
      'UPDATE story SET tier = ?, link = ?, place = ?, people = ?, action = ?, patient = ? WHERE id = ?',
      entry.tier ?? null,
      entry.link ?? null,
      entry.detail ?? null,
      concat(...(entry.kids ?? [])),
      journal?.action ?? 'command',
      journal?.patient ?? null,
      story,
    );
  }

  #journal(command: Bytes): { readonly action: string; readonly patient: Bytes | null } | undefined {
    const row = this.#log
      .prepare('SELECT device, state, updated, body FROM journal WHERE command = ?')
      .get(command);
    const body = bytesOr(row?.['body']);
    if (!row || !body) return undefined;
    try {
      const device = bytesOr(row['device']) ?? NONE;
      const { commandClass, attestation } = parseJournal({
        command,
        device,
        state: String(row['state']),
        updated: 0,
        body,
      });
      const patient = attestation.length > 0 ? readAttestation(attestation).patient : null;
      return { action: commandClass, patient };
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
}

/** Its detail is a reader's label; that of others is a purpose, a reason, or what was read. */
const PLACED: ReadonlySet<Entry['type']> = new Set(['intent']);
const RECEIPTED: ReadonlySet<Entry['type']> = new Set(['outcome', 'receipt', 'emergency']);
const bytesOr = (value: unknown): Bytes | undefined => (value instanceof Uint8Array ? value : undefined);

function commandSaid(kept: Bytes | undefined, digest: Bytes): Bytes | undefined {
  if (!kept) return undefined;
  try {
    const { statement } = parseSigned(kept);
    const about = parseStatement(statement).detail.get(2);
    return about instanceof Uint8Array && equal(nodeCrypto.sha256(statement), digest) ? about : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function readable(bytes: Bytes): Entry | undefined {
  try {
    return parseEntry(bytes);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
