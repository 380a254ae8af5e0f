import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import { isOpen, journalOp, parseJournal } from '../../broker/journal.ts';
import { type Bytes, concat, hex, unhex } from '../../protocol/encoding/bytes.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Fields } from '../../protocol/encoding/fields.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { encodeSigned, PURPOSE, type SignedStatement, type Statement } from '../../protocol/statement.ts';
import type { Op } from '../../store/batch.ts';
import type { Store } from '../../store/store.ts';
import type { CaseFile } from './case-file.ts';
import type { PatientVault } from './patient-vault.ts';
import { type Retention, yearsOf } from './retention.ts';
import type { AuditIndex } from './search.ts';

export interface ErasureParts {
  readonly store: Store;
  readonly log: LogWriter;
  readonly sha256: Sha256;
  readonly now: () => number;
  readonly index: AuditIndex;
  readonly vault: PatientVault;
  readonly cases: CaseFile;
  readonly retention: Retention;
}

const NONE = new Uint8Array();
const YEAR_MS = 365.25 * 86_400_000;
/** Commands of one patient and device that are erased at one time. */
const MAX_COMMANDS = 1_000;

/** Erases a person: the key behind names and reasons, and every clinical value of finished commands. The log stays as it is. */
export class Erasures {
  readonly #parts: ErasureParts;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /**
   * Erases what is kept of the patient a signed statement names. Throws Refusal E_SCOPE where nothing is kept, E_LOCKED
   * under a legal hold, E_BUSY while a command is open, E_POLICY before the time of the retention policy is over.
   */
  async erase(
    signed: SignedStatement,
    { detail }: Statement,
    by: { readonly subject: string; readonly kid: Bytes },
  ): Promise<number> {
    const { vault, cases, log, sha256, now } = this.#parts;
    const f = Fields.of(detail, 'statement.5', [1, 2], [], 'E_CMD_SCHEMA');
    const patient = f.bytes(1, 32);
    f.text(2, 200);
    if (!vault.knows(patient))
      throw new Refusal('E_SCOPE', 'nothing is kept of this patient', 'statement.5.1');
    const commands = await this.#finished(patient);
    const held = [patient, ...commands].some((about) => cases.held(hex(about)));
    if (held)
      throw new Refusal('E_LOCKED', 'a legal hold stands; it has to be released first', 'statement.5.1');
    const time = now();
    const entry = logEntry({
      type: 'statement',
      time,
      digest: sha256(encodeSigned(signed)),
      kids: [by.kid],
      number: PURPOSE.erase,
    });
    const scrub = commands.flatMap((command) => this.#scrub(command));
    await log.appendDurable([entry], [vault.erase(patient, by.subject, time), ...scrub]);
    return commands.length;
  }

  /** The patient's commands, all of them finished and old enough. */
  async #finished(patient: Bytes): Promise<readonly Bytes[]> {
    const { index, now, retention } = this.#parts;
    const filter = { rows: 'commands', patient: hex(patient), witnessed: 0 } as const;
    const { rows, total } = await index.ask('search', { ...filter, limit: MAX_COMMANDS });
    if (total > rows.length)
      throw new Refusal('E_CMD_LIMIT', `more than ${MAX_COMMANDS} commands`, 'statement.5.1');
    if (rows.some(({ outcome }) => outcome === 'announced' || outcome === 'unknown' || outcome === 'waiting'))
      throw new Refusal('E_BUSY', 'a command of this patient is not finished', 'statement.5.1');
    const newest = Math.max(0, ...rows.map(({ time, ended }) => ended ?? time));
    const until = newest + yearsOf(retention, 'commands') * YEAR_MS;
    if (until > now())
      throw new Refusal(
        'E_POLICY',
        `kept until ${new Date(until).toISOString().slice(0, 10)} by the retention policy`,
        'statement.5.1',
      );
    return rows.flatMap(({ command }) => (command === undefined ? [] : [unhex(command)]));
  }

  /** What the journal and its receipts hold of one command; that there was one, and what it came to, stays. */
  #scrub(command: Bytes): readonly Op[] {
    const row = this.#parts.store.reader('SELECT * FROM journal WHERE command = ?').get(command);
    const [device, body] = [row?.['device'], row?.['body']];
    if (!row || !(device instanceof Uint8Array) || !(body instanceof Uint8Array)) return [];
    const entry = parseJournal({
      command,
      device,
      state: String(row['state']),
      updated: Number(row['updated']),
      body,
    });
    if (isOpen(entry.state))
      throw new Refusal('E_BUSY', 'a command of this patient is not finished', 'statement.5.1');
    const receipts = entry.receipt
      ? [
          {
            sql: 'DELETE FROM attachment WHERE hash = ?',
            params: [this.#parts.sha256(concat(command, entry.receipt))],
          },
        ]
      : [];
    return [
      journalOp({ ...entry, bundle: NONE, attestation: NONE, receipt: undefined, subjects: [] }),
      ...receipts,
    ];
  }
}
