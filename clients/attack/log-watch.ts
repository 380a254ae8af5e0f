import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Bytes, equal, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type Entry, parseEntry } from '../../server/protocol/log/entry.ts';
import { parseCheckpoint, parseNote } from '../../server/protocol/log/note.ts';
import { verifyLog } from '../../server/protocol/verify-log.ts';
import { askHttp } from '../common/link/http.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { copyLog } from '../ward/demo-ward.ts';
import type { Violation } from './invariants.ts';
import type { Lab } from './lab.ts';
import { StolenDatabase } from './stolen-database.ts';

/** Every entry, and a checkpoint that witnesses have signed. */
interface Copy {
  readonly entries: readonly Bytes[];
  readonly checkpoint: string;
}

/** Where the log is read: by an auditor from the gateway, or from the disk of a gateway that is stopped. */
export type Source = 'gateway' | 'disk';

/** Of refusals of one kind the gateway writes the first, and counts the rest of a minute under it. */
const COUNTED_MS = 70_000;
/** Of forged, foreign and stolen tokens and proofs the gateway writes; one that only ran out is nobody’s attack. */
const ALWAYS_TOLD = /^E_(?:TOKEN_(?!EXPIRED)|DPOP_(?!NONCE)|ORIGIN)/u;
const TOLD_MS = 3_000;

/** Holds the log against what it was (I3), and against what the witness remembers of it. */
export class LogWatch {
  #entries: readonly Bytes[] | undefined;
  /** The longest log that the witness told of. */
  #told: { readonly note: string; readonly size: number } | undefined;
  #copies = 0;

  #refusals: readonly { readonly index: number; readonly entry: Entry }[] = [];

  /** What the log is before anything happens; only the first time: after that it is what the last look saw. */
  async begin(at: Lab, from: Source): Promise<void> {
    this.#entries ??= (await this.#read(at, from)).entries;
  }

  /** Nothing that was there is gone, it verifies, and the witness has seen no other one. */
  async faults(at: Lab, from: Source): Promise<Violation[]> {
    const { entries, checkpoint } = await this.#read(at, from);
    const old = this.#entries ?? [];
    const kept = old.every((entry, i) => equal(entry, entries[i] ?? new Uint8Array()));
    const told = await this.#ask(at);
    // What the witness has seen and nobody here has yet is compared when it is here.
    const remembered = told.notes.filter((note) => sizeOf(note) <= entries.length);
    const trust = at.honest.anchors;
    const report = await verifyLog(nodeCrypto, { entries, checkpoints: [checkpoint], remembered, trust });
    this.#take(entries);
    return [
      ...(kept ? [] : [fault('entries that were there are gone or changed')]),
      ...(told.fault === undefined ? [] : [fault(told.fault)]),
      ...report.problems.map(({ what }) => fault(what)),
    ];
  }

  /**
   * Index of the entry that tells of a refusal with one of these codes, or under which it was counted; null without one. A
   * copy ends with what witnesses have signed: what is always told of is waited for.
   */
  async tells(at: Lab, from: Source, codes: ReadonlySet<string>): Promise<number | null> {
    const waits = from === 'gateway' && [...codes].some((code) => ALWAYS_TOLD.test(code));
    for (const end = Date.now() + (waits ? TOLD_MS : 0); ; await pause(250)) {
      const told = this.#refusals.findLast(
        ({ entry: { code, time } }) =>
          code !== undefined && codes.has(code) && Date.now() - time < COUNTED_MS,
      );
      if (told || Date.now() >= end) return told?.index ?? null;
      this.#take((await this.#read(at, from)).entries);
    }
  }

  #take(entries: readonly Bytes[]): void {
    const known = this.#entries?.length ?? 0;
    const fresh = entries.slice(known).map((bytes, i) => ({ index: known + i, entry: parseEntry(bytes) }));
    this.#refusals = [...this.#refusals, ...fresh.filter(({ entry }) => entry.type === 'refused')];
    this.#entries = entries;
  }

  async #read(at: Lab, from: Source): Promise<Copy> {
    if (from === 'disk') return onDisk(at);
    const folder = at.path('copies', String(++this.#copies));
    const entries = await copyLog(await at.person('auditor'), folder);
    return { entries, checkpoint: readFileSync(`${folder}/checkpoint`, 'utf8') };
  }

  /** What the witness signed last, and what it had signed before. */
  async #ask(at: Lab): Promise<{ readonly notes: readonly string[]; readonly fault?: string }> {
    const before = this.#told;
    const note = await lastOfWitness(at);
    const size = note === undefined ? 0 : sizeOf(note);
    const notes = [...(before ? [before.note] : []), ...(note === undefined ? [] : [note])];
    if (size < (before?.size ?? 1)) return { notes, fault: 'the witness has forgotten what it signed' };
    if (note !== undefined) this.#told = { note, size };
    return { notes };
  }
}

const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).body).size;

/** The log as it lies in the database of a gateway that does not run. */
function onDisk(at: Lab): Copy {
  const database = new StolenDatabase(at.path('gateway'));
  try {
    const checkpoint = database.checkpoint();
    return { entries: database.entries().slice(0, sizeOf(checkpoint)), checkpoint };
  } finally {
    database.close();
  }
}

/** The last checkpoint that the witness signed, asked for as the gateway may; undefined when it does not say. */
async function lastOfWitness(at: Lab): Promise<string | undefined> {
  const file = (name: string): string => readFileSync(at.path('keys', name), 'utf8');
  const id = hex(nodeCrypto.sha256(utf8(at.honest.anchors.log.origin)));
  const tls = {
    key: file('gateway/witness-client.key.pem'),
    cert: file('gateway/witness-client.cert.pem'),
    ca: file('public/ca/service-ca.cert.pem'),
  };
  const url = `https://127.0.0.1:${at.ward.port('witness')}/${id}/checkpoint`;
  const answer = await askHttp(url, { tls }).catch(() => undefined);
  return answer?.status === 200 ? answer.body : undefined;
}

const fault = (what: string): Violation => ({ invariant: 'I3', what });
