import type { Sequencer } from '../../audit/sequencer.ts';
import type { Directory } from '../../authenticate/directory.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Health, HealthPart } from '../../edge/desks/desk.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Store } from '../../store/store.ts';

/** An outcome that is missing this long is overdue: the longest delivery ends within a minute. */
const OVERDUE_MS = 15 * 60_000;
/** One patient who left the room stops only that device; this many at once, and a quarter of all, is not about patients. */
const OVERDUE_MANY = 3;
/** Revocation lists come daily; a week without one means that nobody can be sure who was revoked. */
const STATUS_OLD_S = 36 * 3_600;
const STATUS_TOO_OLD_S = 7 * 86_400;
/** Looks at the disk and at idle witnesses this often: one small write, and one question each. */
const LOOK_MS = 15_000;
const LOOK_AGAIN_MS = 2_000;

export interface EvidenceParts {
  readonly log: Sequencer;
  readonly store: Pick<Store, 'write' | 'reader'>;
  readonly directory: Pick<Directory, 'status'>;
  readonly bedsides: () => Iterable<Bedside>;
  /** Unix ms. */
  readonly now: () => number;
  /** How many witnesses have to cosign. */
  readonly quorum: number;
  /** Development anchors: nobody publishes daily lists for them. */
  readonly development: boolean;
}

/** Health is evidence health: when it is bad, the gateway reads, alarms and opens the emergency door, and does not command. */
export class Evidence {
  readonly #parts: EvidenceParts;
  #disk: HealthPart = ok('store', 'not yet tried');
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #more: (() => readonly HealthPart[]) | undefined;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
    this.#again(LOOK_AGAIN_MS);
  }

  /** Everything the gateway's word rests on, part by part. */
  health(): Health {
    const { log, now } = this.#parts;
    const { unknown, overdue, devices } = this.#outcomes();
    const parts = [
      this.#log(),
      ...this.#witnesses(),
      this.#disk,
      this.#receipts(overdue, devices),
      this.#locks(),
      this.#status(),
      ...(this.#more?.() ?? []),
    ];
    const bad = parts.some(({ state }) => state === 'bad');
    return {
      ready: !bad,
      posture: bad ? 'monitoring-only' : 'ready',
      evidence: log.health === 'ok' && this.#disk.state === 'bad' ? 'unavailable' : log.health,
      checkpointAgeSeconds: Math.max(0, Math.floor(now() / 1000) - witnessedAt(log.latest().cosigned?.note)),
      logSize: log.latest().size,
      unknownOutcomes: unknown,
      parts,
    };
  }

  /**
   * Holds a command against the evidence. Too few witnesses and a full disk are not asked here: the log itself refuses
   * the intent. A command that lowers risk waits for nothing but a log that is whole. Throws Refusal E_LOG_INCONSISTENT,
   * E_STATUS, E_EVIDENCE.
   */
  check(lowersRisk: boolean): void {
    const { log } = this.#parts;
    if (log.health === 'inconsistent')
      throw new Refusal('E_LOG_INCONSISTENT', 'the log disagrees with its witnesses', 'log');
    if (lowersRisk) return;
    if (this.#status().state === 'bad')
      throw new Refusal('E_STATUS', 'the revocation list is too old', 'status');
    const { overdue, devices } = this.#outcomes();
    if (this.#receipts(overdue, devices).state === 'bad')
      throw new Refusal('E_EVIDENCE', 'too many outcomes are overdue', 'receipts');
  }

  /** What is told beside it, and decides nothing about commands. */
  also(more: () => readonly HealthPart[]): void {
    this.#more = more;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at what says nothing by itself: a disk without writes, and witnesses without a new checkpoint. */
  async look(): Promise<void> {
    const { store, log, now } = this.#parts;
    const sql =
      'INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value';
    try {
      await store.write([{ sql, params: ['written', new TextEncoder().encode(String(now()))] }]);
      this.#disk = ok('store', 'can be written');
    } catch {
      this.#disk = bad('store', 'cannot be written', 'make room, or check the rights of the data folder');
    }
    const { size, cosigned } = log.latest();
    // While a checkpoint waits for its quorum, the round under way knows better.
    if (!this.#stopped && (size === 0 || cosigned?.size === size)) await log.start();
  }

  #again(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.look()
        .catch(() => undefined) // Whatever it was, the parts above say it.
        .then(() => this.#again(this.health().ready ? LOOK_MS : LOOK_AGAIN_MS));
    }, ms);
    this.#timer.unref();
  }

  #outcomes(): { unknown: number; overdue: number; devices: number } {
    let [unknown, overdue, devices] = [0, 0, 0];
    for (const bedside of this.#parts.bedsides()) {
      devices++;
      if (!bedside.unknown) continue;
      unknown++;
      if (this.#parts.now() - bedside.unknown.updated > OVERDUE_MS) overdue++;
    }
    return { unknown, overdue, devices };
  }

  #log(): HealthPart {
    const { log, now } = this.#parts;
    if (log.health === 'inconsistent')
      return bad(
        'log',
        'does not agree with its witnesses',
        'follow the log runbook; nothing repairs itself',
      );
    const { size, cosigned } = log.latest();
    const age = Math.max(0, Math.floor(now() / 1000) - witnessedAt(cosigned?.note));
    if (cosigned === null) return ok('log', `${size} entries, none witnessed yet`);
    return ok('log', `${size} entries, ${size - cosigned.size} not witnessed, checkpoint ${age} s old`);
  }

  #witnesses(): HealthPart[] {
    const { log, quorum } = this.#parts;
    const { size } = log.latest();
    const failing = new Map(log.complaints.map(({ witness, why }) => [witness, why]));
    const each = log.witnesses.map(({ name, seen }): HealthPart => {
      const part = `witness ${name}`;
      const why = failing.get(name);
      if (why !== undefined)
        return warning(part, why.slice(0, 120), 'start the witness, or mend the way to it');
      return ok(part, seen === null ? 'not yet asked' : `${Math.max(0, size - seen)} entries behind`);
    });
    const mend = `${quorum} of ${each.length} have to cosign: start witnesses, or mend the way to them`;
    const all =
      log.health === 'no-quorum'
        ? bad('witness quorum', 'too few witnesses cosign', mend)
        : ok('witness quorum', `${quorum} of ${each.length} cosign`);
    return [all, ...each];
  }

  #receipts(overdue: number, devices: number): HealthPart {
    if (overdue === 0) return ok('receipts', 'none is overdue');
    const mend = 'bring the devices into contact and read them';
    const says = `${overdue} overdue for more than ${OVERDUE_MS / 60_000} minutes`;
    const many = overdue >= OVERDUE_MANY && overdue * 4 >= devices;
    return many ? bad('receipts', says, mend) : warning('receipts', says, mend);
  }

  #locks(): HealthPart {
    try {
      const row = this.#parts.store.reader('SELECT count(*) AS n, max(since) AS at FROM lock').get();
      const at = typeof row?.['at'] === 'number' ? row['at'] : undefined;
      const age =
        at === undefined ? '' : `, newest ${Math.max(0, Math.round((this.#parts.now() - at) / 1000))} s old`;
      return ok('locks', `${Number(row?.['n'])} kept${age}`);
    } catch {
      return bad('locks', 'cannot be read', 'check the data folder');
    }
  }

  #status(): HealthPart {
    const { directory, now, development } = this.#parts;
    try {
      const { list } = directory.status;
      const age = Math.max(0, Math.floor(now() / 1000) - list.issued);
      const says = `list ${list.version}, ${age} s old`;
      const mend = 'have the authority publish a new list, and check the way to it';
      if (age > STATUS_TOO_OLD_S && !development) return bad('revocation list', says, mend);
      return age > STATUS_OLD_S ? warning('revocation list', says, mend) : ok('revocation list', says);
    } catch {
      return bad('revocation list', 'none was read', 'put status.bin into the trust folder');
    }
  }
}

const ok = (name: string, says: string): HealthPart => ({ name, state: 'ok', says });
const warning = (name: string, says: string, mend: string): HealthPart => ({
  name,
  state: 'warning',
  says,
  mend,
});
const bad = (name: string, says: string, mend: string): HealthPart => ({ name, state: 'bad', says, mend });

/** Unix seconds of the newest cosignature of a checkpoint; 0 when there is none. A cosignature begins with its time. */
function witnessedAt(note: string | undefined): number {
  if (note === undefined) return 0;
  const times = parseNote(note)
    .signatures.filter(({ payload }) => payload.length === 72)
    .map(({ payload }) => Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0)));
  return Math.max(0, ...times);
}
