import type { HistoryEntry } from '../edge/history-desk.ts';
import type { Person } from '../authenticate/authenticated.ts';
import { type Bytes, hex } from '../protocol/bytes.ts';
import { parseEntry } from '../protocol/entry.ts';
import type { Store } from '../store/store.ts';

export interface HistoryParts {
  readonly store: Pick<Store, 'reader'>;
  /** Whose passkey it is; undefined for one that is not certified here any more. */
  readonly personOf: (kid: Bytes) => Pick<Person, 'subject'> | undefined;
  readonly nameOf: (subject: string) => string | undefined;
}

/** The log's entries about one device, newest first, with people by name where they have one. */
export function historyOf(
  { store, personOf, nameOf }: HistoryParts,
  device: Bytes,
  {
    before = Number.MAX_SAFE_INTEGER,
    limit,
  }: { readonly before: number | undefined; readonly limit: number },
): { readonly entries: readonly HistoryEntry[]; readonly more: boolean } {
  const sql = 'SELECT idx, bytes FROM log_entry WHERE device = ? AND idx < ? ORDER BY idx DESC LIMIT ?';
  const rows = store.reader(sql).all(device, before, limit + 1);
  const entries = rows.slice(0, limit).flatMap(({ idx, bytes }): readonly HistoryEntry[] => {
    if (typeof idx !== 'number' || !(bytes instanceof Uint8Array)) return [];
    const {
      type,
      time,
      command,
      index,
      result,
      code,
      number,
      tier,
      detail,
      kids = [],
    } = parseEntry(new Uint8Array(bytes));
    const people = kids.flatMap((kid) => {
      const subject = personOf(kid)?.subject;
      return subject === undefined ? [] : [{ subject, name: nameOf(subject) }];
    });
    const said = { type, time, result, code, number, tier, detail, people };
    return [{ ...said, index: idx, command: command && hex(command), answers: index }];
  });
  return { entries, more: rows.length > limit };
}
