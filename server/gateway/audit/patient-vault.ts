import { type Bytes, concat, hex } from '../../protocol/encoding/bytes.ts';
import type { Op } from '../../store/batch.ts';
import type { Store } from '../../store/store.ts';
import { openBox, sealBox } from '../../crypto.ts';

const KEEP_KEY = 'INSERT INTO patient_key(id, patient, key) VALUES(?, ?, ?) ON CONFLICT(id) DO NOTHING';
const KEEP =
  'INSERT INTO opening(command, key, sealed) VALUES(?, ?, ?) ON CONFLICT(command) DO UPDATE SET key = excluded.key, sealed = excluded.sealed';
/** The key, and what of it stands on a page of the file: SQLite overwrites both where `secure_delete` is on. */
const DESTROY =
  'UPDATE patient_key SET key = NULL, erased = ?, "by" = ? WHERE patient = ? AND key IS NOT NULL';

interface PatientKey {
  readonly id: Bytes;
  readonly key: Bytes;
}

/** What a command's commitments open to; or that somebody had it erased, and when (Unix ms). */
export type KeptOpenings =
  | { readonly kind: 'there'; readonly openings: Bytes }
  | { readonly kind: 'erased'; readonly when: number; readonly by: string };

/**
 * The names and reasons behind the log's commitments, each sealed under a key of its patient. A patient is known here by
 * the tag that device and commands carry. Destroying the key erases the person; the log does not change.
 */
export class PatientVault {
  readonly #store: Store;
  readonly #random: (size: number) => Bytes;
  /** Keys in use: two commands of one moment must not make two. */
  readonly #keys = new Map<string, PatientKey>();

  constructor(store: Store, random: (size: number) => Bytes) {
    this.#store = store;
    this.#random = random;
  }

  /** The statements that keep what a command's commitments open to. */
  keep(command: Bytes, patient: Bytes, openings: Bytes): readonly Op[] {
    const { id, key } = this.#keyOf(patient);
    const nonce = this.#random(12);
    const sealed = concat(nonce, sealBox(key, nonce, command, openings));
    return [
      { sql: KEEP_KEY, params: [id, patient, key] },
      { sql: KEEP, params: [command, id, sealed] },
    ];
  }

  /** What a command's commitments open to; undefined where nothing was kept. Throws Error when the store was changed. */
  openings(command: Bytes): KeptOpenings | undefined {
    const sql =
      'SELECT opening.sealed, patient_key.key, patient_key.erased, patient_key."by" FROM opening JOIN patient_key ON patient_key.id = opening.key WHERE command = ?';
    const row = this.#store.reader(sql).get(command);
    const { sealed, key } = row ?? {};
    if (!row || !(sealed instanceof Uint8Array)) return undefined;
    if (!(key instanceof Uint8Array))
      return { kind: 'erased', when: Number(row['erased']), by: String(row['by']) };
    const openings = openBox(key, sealed.subarray(0, 12), command, sealed.subarray(12));
    return { kind: 'there', openings };
  }

  /** Whom somebody had erased, the newest first: tag, when (Unix ms), and by whose word. */
  erased(limit: number): readonly { readonly patient: Bytes; readonly when: number; readonly by: string }[] {
    const sql =
      'SELECT patient, max(erased) AS erased, "by" FROM patient_key WHERE key IS NULL GROUP BY patient ORDER BY erased DESC LIMIT ?';
    return this.#store
      .reader(sql)
      .all(limit)
      .flatMap(({ patient, erased, by }) =>
        patient instanceof Uint8Array ? [{ patient, when: Number(erased), by: String(by) }] : [],
      );
  }

  /** Whether anything of this patient can still be read. */
  knows(patient: Bytes): boolean {
    const sql = 'SELECT 1 FROM patient_key WHERE patient = ? AND key IS NOT NULL LIMIT 1';
    return this.#store.reader(sql).get(patient) !== undefined;
  }

  /** The statement that destroys a patient's keys; `by` is who signed for it. */
  erase(patient: Bytes, by: string, now: number): Op {
    this.#keys.delete(hex(patient));
    return { sql: DESTROY, params: [now, by, patient] };
  }

  #keyOf(patient: Bytes): PatientKey {
    const known = this.#keys.get(hex(patient));
    if (known) return known;
    const sql = 'SELECT id, key FROM patient_key WHERE patient = ? AND key IS NOT NULL LIMIT 1';
    const row = this.#store.reader(sql).get(patient);
    const { id, key } = row ?? {};
    const found =
      id instanceof Uint8Array && key instanceof Uint8Array
        ? { id, key }
        : { id: this.#random(16), key: this.#random(32) };
    this.#keys.set(hex(patient), found);
    return found;
  }
}
