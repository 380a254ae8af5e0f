import type { HistoryAsked, HistoryEntry, SaidEntry } from '../../edge/desks/history-desk.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { ENTRY, type Entry, parseEntry } from '../../protocol/log/entry.ts';
import { arrayOf, decodeStrict, textOf, uint } from '../../protocol/encoding/fields.ts';
import { parseSigned } from '../../protocol/statement.ts';
import type { Store } from '../../store/store.ts';

export interface HistoryParts {
  readonly store: Pick<Store, 'reader'>;
  /** Where an entry stands in the newest checkpoint that witnesses cosigned; no checkpoint where none has it yet. */
  readonly log: {
    proofOf(index: number): { readonly path: readonly Bytes[]; readonly checkpoint: string | null };
  };
  /** What was kept beside the log when an entry was made. */
  readonly recall: (name: string) => Bytes | undefined;
  /** Whose passkey it is; undefined for one that is not certified here any more. */
  readonly personOf: (kid: Bytes) => Pick<Person, 'subject'> | undefined;
  readonly nameOf: (subject: string) => string | undefined;
}

/** The log's entries about one device, newest first, each with its bytes and its place, and people by name where they have one. */
export function historyOf(
  parts: HistoryParts,
  device: Bytes,
  { before = Number.MAX_SAFE_INTEGER, limit, alarms }: HistoryAsked,
): {
  readonly entries: readonly HistoryEntry[];
  readonly more: boolean;
  readonly checkpoint: string | undefined;
} {
  const { store, log, personOf, nameOf } = parts;
  const among =
    alarms === undefined ? '' : `AND type ${alarms === 'only' ? '=' : '<>'} ${ENTRY.alarm.number}`;
  const sql = `SELECT idx, bytes FROM log_entry WHERE device = ? AND idx < ? ${among} ORDER BY idx DESC LIMIT ?`;
  const rows = store.reader(sql).all(device, before, limit + 1);
  let witnessed: string | undefined;
  const entries = rows.slice(0, limit).flatMap((row): readonly HistoryEntry[] => {
    const { idx, bytes } = row;
    if (typeof idx !== 'number' || !(bytes instanceof Uint8Array)) return [];
    const entry = new Uint8Array(bytes);
    const read = parseEntry(entry);
    const { type, time, command, index, result, code, number, tier, detail, kids = [] } = read;
    const people = kids.map((kid) => {
      const subject = personOf(kid)?.subject;
      const name = subject === undefined ? undefined : nameOf(subject);
      return { kid: hex(kid), subject, name };
    });
    const { path, checkpoint } = log.proofOf(idx);
    if (checkpoint !== null) witnessed ??= checkpoint;
    // All paths lead to one root: what came after that checkpoint has none yet.
    const placed = checkpoint !== null && checkpoint === witnessed ? path : undefined;
    const said = { type, time, result, code, number, tier, detail, people, ...saidOf(parts, read) };
    return [{ ...said, index: idx, command: command && hex(command), answers: index, entry, path: placed }];
  });
  return { entries, more: rows.length > limit, checkpoint: witnessed };
}

/** Name of what a person signed about a device: kept beside the log, which has its digest alone. */
export const saidName = (digest: Bytes): string => `said ${hex(digest)}`;
/** Name of until when (Unix ms) and why somebody was let see a patient they do not care for. */
export const glassName = (digest: Bytes): string => `glass ${hex(digest)}`;

function saidOf({ recall }: HistoryParts, { type, digest }: Entry): SaidEntry {
  if (digest && type === 'statement') {
    const kept = recall(saidName(digest));
    return kept ? { statement: parseSigned(kept).statement } : {};
  }
  if (digest && type === 'breakGlass') {
    const kept = recall(glassName(digest));
    if (!kept) return {};
    const [until, reason] = arrayOf(decodeStrict(kept, 'glass', 128), 'glass', 2, 2);
    return { until: uint(until, 'glass'), reason: textOf(reason, 'glass', 40) };
  }
  return {};
}
