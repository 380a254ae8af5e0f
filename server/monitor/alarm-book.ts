import { unhex } from '../protocol/encoding/bytes.ts';
import type { Entry } from '../protocol/log/entry.ts';
import type { Store } from '../store/store.ts';
import type { AlarmEvent } from './alarm-watch.ts';
import type { Keeper } from './keeper.ts';

export interface AlarmRow {
  readonly number: number;
  readonly at: number;
  readonly change: string;
  readonly priority: string;
  readonly kind: string;
  readonly owner: string;
  readonly says: string;
}

/** Puts every alarm event into the history, and into the log under the same number, without what it was about. */
export class AlarmBook {
  readonly #keeper: Keeper;
  readonly #store: Pick<Store, 'reader'>;
  readonly #log: (entry: Entry) => void;
  #next: number;

  constructor(keeper: Keeper, store: Pick<Store, 'reader'>, log: (entry: Entry) => void) {
    this.#keeper = keeper;
    this.#store = store;
    this.#log = log;
    this.#next = Number(store.reader('SELECT max(id) AS n FROM alarm').get()?.['n'] ?? 0) + 1;
  }

  write({ device, at, change, priority, kind, owner, says, frame, to, count }: AlarmEvent): void {
    const number = this.#next++;
    const sql =
      'INSERT INTO alarm (id, device, at, change, priority, kind, owner, says) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.#keeper.write([{ sql, params: [number, device, at, change, priority, kind, owner, says] }]);
    this.#log({
      type: 'alarm',
      time: at,
      code: `alarm.${change}`,
      device,
      detail: `${priority} ${kind}, by the ${owner}${to === undefined ? '' : `, calls ${to}`}${count === undefined ? '' : `, ${count} more`}`,
      number,
      ...(frame && { digest: frame }),
    });
  }

  /** Events of a device, the newest first. */
  read(device: string, since: number, until: number): readonly AlarmRow[] {
    const sql =
      'SELECT * FROM alarm WHERE device = ? AND at >= ? AND at < ? ORDER BY at DESC, id DESC LIMIT 1000';
    return this.#store
      .reader(sql)
      .all(unhex(device), since, until)
      .map((row) => ({
        number: Number(row['id']),
        at: Number(row['at']),
        change: String(row['change']),
        priority: String(row['priority']),
        kind: String(row['kind']),
        owner: String(row['owner']),
        says: String(row['says']),
      }));
  }
}
