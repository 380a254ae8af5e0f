import type { Note, NoteKind } from '../../edge/desks/audit-desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { arrayOf, decodeStrict, Fields, textOf, uint } from '../../protocol/encoding/fields.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { encodeSigned, PURPOSE, type SignedStatement, type Statement } from '../../protocol/statement.ts';
import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { Store } from '../../store/store.ts';

const KINDS: readonly NoteKind[] = ['note', 'tag', 'sign-off', 'hold', 'release'];
const isKind = (text: string): text is NoteKind => KINDS.some((kind) => kind === text);
/** Names of cases and hashes; no space, so that one name is never the beginning of another. */
const ABOUT = /^[A-Za-z0-9._-]{1,64}$/u;
const MAX_TEXT = 1_000;
/** Notes of one case that are read at one time. */
const MAX_NOTES = 1_000;

export interface CaseParts {
  readonly store: Pick<Store, 'reader'>;
  readonly log: LogWriter;
  readonly sha256: Sha256;
  readonly now: () => number;
}

/** Notes, tags and sign-offs: each a signed statement, kept as it is, its digest in the log. Nothing is ever changed. */
export class CaseFile {
  readonly #parts: CaseParts;

  constructor(parts: CaseParts) {
    this.#parts = parts;
  }

  /** Keeps a note that `by` has signed. Throws Refusal E_CMD_SCHEMA. */
  async add(
    signed: SignedStatement,
    { detail }: Statement,
    by: { readonly subject: string; readonly kid: Bytes },
  ): Promise<Note> {
    const { sha256, log, now } = this.#parts;
    const f = Fields.of(detail, 'statement.5', [1, 2, 3], [], 'E_CMD_SCHEMA');
    const [about, kind, text] = [f.text(1, 64), f.text(2, 16), f.text(3, MAX_TEXT)];
    if (!ABOUT.test(about))
      throw new Refusal(
        'E_CMD_SCHEMA',
        'a case is named by 1 to 64 letters, digits, . _ or -',
        'statement.5.1',
      );
    if (!isKind(kind)) throw new Refusal('E_CMD_SCHEMA', 'no such kind of note', 'statement.5.2');
    const bytes = encodeSigned(signed);
    const digest = sha256(bytes);
    const time = now();
    const value = encode([time, by.subject, kind, text, bytes]);
    const entry = logEntry({ type: 'statement', time, digest, kids: [by.kid], number: PURPOSE.note });
    const name = `${prefixOf(about)}${String(time).padStart(16, '0')} ${hex(digest).slice(0, 16)}`;
    const keep = [{ sql: 'INSERT INTO kv(name, value) VALUES(?, ?)', params: [name, value] }];
    if (kind === 'hold') keep.push({ sql: HOLD, params: [`${HELD}${about}`, value] });
    if (kind === 'release') keep.push({ sql: 'DELETE FROM kv WHERE name = ?', params: [`${HELD}${about}`] });
    await log.appendDurable([entry], keep);
    return { id: time, time, about, kind, text, by: by.subject };
  }

  /** Everything noted about a case, the oldest first. */
  list(about: string): readonly Note[] {
    if (!ABOUT.test(about)) return [];
    const from = prefixOf(about);
    return this.#parts.store
      .reader('SELECT value FROM kv WHERE name >= ? AND name < ? ORDER BY name LIMIT ?')
      .all(from, `${from}~`, MAX_NOTES)
      .flatMap(({ value }) => (value instanceof Uint8Array ? [readNote(about, value)] : []));
  }

  /** Is there a legal hold that was not released? */
  held(about: string): boolean {
    const sql = 'SELECT 1 FROM kv WHERE name = ?';
    return this.#parts.store.reader(sql).get(`${HELD}${about}`) !== undefined;
  }

  /** Every hold in force. */
  holds(): readonly Note[] {
    return this.#parts.store
      .reader('SELECT name, value FROM kv WHERE name >= ? AND name < ? ORDER BY name LIMIT ?')
      .all(HELD, `${HELD}~`, MAX_NOTES)
      .flatMap(({ name, value }) =>
        value instanceof Uint8Array ? [readNote(String(name).slice(HELD.length), value)] : [],
      );
  }
}

/** Holds in force stand beside the notes, so that nobody has to read every case to know them. */
const HELD = 'hold ';
const HOLD =
  'INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value';

const prefixOf = (about: string): string => `note ${about} `;

function readNote(about: string, value: Bytes): Note {
  const [time, by, kind, text] = arrayOf(decodeStrict(value, 'note', 16_384, 'E_STORAGE'), 'note', 5, 5);
  const said = textOf(kind, 'note', 16);
  const at = uint(time, 'note');
  return {
    id: at,
    time: at,
    about,
    kind: isKind(said) ? said : 'note',
    text: textOf(text, 'note', MAX_TEXT),
    by: textOf(by, 'note', 200),
  };
}
