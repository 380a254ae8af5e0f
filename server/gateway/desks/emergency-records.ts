import type { CommandView } from '../../edge/desks/desk.ts';
import { parseEmergency } from '../../protocol/bundle.ts';
import { type Bytes, equal, hex, unhex } from '../../protocol/encoding/bytes.ts';
import { readCredential } from '../../protocol/credential.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { encodeEmergencyEvidence } from '../../protocol/evidence/emergency-evidence.ts';
import { ENTRY, type Entry, parseEntry } from '../../protocol/log/entry.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { RecordsParts } from './records.ts';
import { vouched } from '../trust/vouched.ts';

interface Placed {
  readonly index: number;
  readonly entry: Entry;
}

const ANNOUNCED = /^emergency [0-9a-f]{64}$/u;
const STATES = ['unknown', 'applied', 'applied-modified', 'refused'];
/** The entry follows the moment at which its announcement was kept at once: others may come between. */
const NEAR = 1_000;

/**
 * What the emergency door did, as the log and the stations' records have it. It stands in no journal, because no gateway had a
 * part in it; people look for it among the commands all the same.
 */
export class EmergencyRecords {
  readonly #parts: RecordsParts & { readonly crypto: Crypto };

  constructor(parts: RecordsParts & { readonly crypto: Crypto }) {
    this.#parts = parts;
  }

  /** Every use of the door, in no order. */
  all(): readonly CommandView[] {
    return this.#parts.store
      .reader("SELECT name, value FROM kv WHERE name >= 'emergency ' AND name < 'emergency!'")
      .all()
      .flatMap(({ name, value }) => {
        if (!ANNOUNCED.test(String(name)) || !(value instanceof Uint8Array)) return [];
        const placed = this.#announced(unhex(String(name).slice(10)), uint(decodeStrict(value, 'emergency', 16), 'emergency'));
        return placed ? [this.#view(placed.entry)] : [];
      });
  } // prettier-ignore

  view(hash: string): CommandView | undefined {
    const placed = this.#of(hash);
    return placed && this.#view(placed.entry);
  }

  /** Throws Refusal E_DRAFT while the station has not brought what was signed there. */
  evidence(hash: string): Bytes {
    const placed = this.#of(hash);
    const device = placed?.entry.device && this.#parts.registry.byId(hex(placed.entry.device));
    const record = this.#record(hash);
    if (!placed || !device || !record)
      throw new Refusal('E_DRAFT', 'the station has not brought what was signed there yet', 'command');
    const { bytes: anchors, present } = this.#parts.anchors(placed.index);
    const { log } = this.#parts;
    return encodeEmergencyEvidence({
      anchors,
      profile: device.profileBytes,
      message: record.message,
      receipt: record.receipt,
      entry: present ? log.proofOf(placed.index) : log.proofThen(placed.index),
      deviceKey: device.identityKey,
      listing: vouched(device.listing, anchors),
    });
  }

  #view(entry: Entry): CommandView {
    const hash = hex(entry.command ?? new Uint8Array());
    const record = this.#record(hash);
    return {
      hash,
      device: hex(entry.device ?? new Uint8Array()),
      state: STATES[entry.result ?? 0] ?? 'unknown',
      tier: 0,
      people: record ? [this.#rescuer(record.message)] : [],
      updated: entry.time,
      code: entry.code,
    };
  }

  #rescuer(message: Bytes): string {
    return hex(readCredential(this.#parts.crypto, parseEmergency(message).credential.credential).said.subject);
  } // prettier-ignore

  #record(hash: string): { readonly message: Bytes; readonly receipt: Bytes } | undefined {
    const sql = 'SELECT value FROM kv WHERE name = ?';
    const value = this.#parts.store.reader(sql).get(`emergency record ${hash}`)?.['value'];
    if (!(value instanceof Uint8Array)) return undefined;
    const [message, receipt] = arrayOf(decodeStrict(value, 'record', 32_768), 'record', 2, 2);
    return { message: bytesOf(message, 'record.message'), receipt: bytesOf(receipt, 'record.receipt') };
  }

  #of(hash: string): Placed | undefined {
    const sql = 'SELECT idx, bytes FROM log_entry WHERE command = ? AND type = ? LIMIT 1';
    return placedIn(this.#parts.store.reader(sql).get(unhex(hash), ENTRY.emergency.number));
  }

  #announced(digest: Bytes, from: number): Placed | undefined {
    const sql = 'SELECT idx, bytes FROM log_entry WHERE idx >= ? AND idx < ? AND type = ? ORDER BY idx';
    const rows = this.#parts.store.reader(sql).all(from, from + NEAR, ENTRY.emergency.number);
    return rows
      .map(placedIn)
      .find((one) => one?.entry.digest !== undefined && equal(one.entry.digest, digest));
  }
}

function placedIn(row: Readonly<Record<string, unknown>> | undefined): Placed | undefined {
  const bytes = row?.['bytes'];
  return bytes instanceof Uint8Array ? { index: Number(row?.['idx']), entry: parseEntry(bytes) } : undefined;
}
