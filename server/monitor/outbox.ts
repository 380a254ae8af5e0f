import type { Store } from '../store/store.ts';
import type { Keeper } from './keeper.ts';
import type { Delivered } from './mllp.ts';

export interface OutboxParts {
  readonly keeper: Pick<Keeper, 'write'>;
  readonly store: Pick<Store, 'reader'>;
  readonly now: () => number;
  readonly send: (id: string, message: string) => Promise<Delivered>;
  /** A message was given up: somebody has to look at it. */
  readonly dead: (id: number, why: string) => void;
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** With growing pauses this is most of a day. */
const MAX_TRIES = 100;
/** While the engine is away for long, the newest say all that matters; the oldest are given up. */
const MAX_WAITING = 10_000;

/**
 * Messages on their way to the hospital, kept on the disk until the engine has said that it took them. One that it refuses,
 * or that could not be delivered for a day, becomes a dead letter: kept, told, and never sent again by itself.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  #next: number;
  #sending = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#next = Number(parts.store.reader('SELECT max(id) AS n FROM outbox').get()?.['n'] ?? 0) + 1;
  }

  /** Takes a message; `make` is given its number. */
  add(make: (id: string) => string): void {
    const { keeper, store, now } = this.#parts;
    const id = this.#next++;
    const sql =
      "INSERT INTO outbox (id, made, tries, next, dead, reason, message) VALUES (?, ?, 0, ?, 0, '', ?)";
    keeper.write([{ sql, params: [id, now(), now(), make(`CS${id}`)] }]);
    const waiting = Number(store.reader('SELECT count(*) AS n FROM outbox WHERE dead = 0').get()?.['n']);
    if (waiting <= MAX_WAITING) return;
    const oldest =
      "UPDATE outbox SET dead = 1, reason = 'too many waited' WHERE id = (SELECT min(id) FROM outbox WHERE dead = 0)";
    keeper.write([{ sql: oldest, params: [] }]);
  }

  /** Sends what is due, one after the other; to be called every few seconds. */
  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      const { store, now } = this.#parts;
      const sql = 'SELECT id, tries, message FROM outbox WHERE dead = 0 AND next <= ? ORDER BY id LIMIT 100';
      for (const { id, tries, message } of store.reader(sql).all(now()))
        if (!(await this.#deliver(Number(id), Number(tries), String(message)))) return;
    } finally {
      this.#sending = false;
    }
  }

  /** Gives false when the engine is away: the others would wait just as long. */
  async #deliver(id: number, tries: number, message: string): Promise<boolean> {
    const { keeper, now, send, dead } = this.#parts;
    const delivered = await send(`CS${id}`, message);
    if (delivered.kind === 'yes') {
      await new Promise<void>((resolve) =>
        keeper.write([{ sql: 'DELETE FROM outbox WHERE id = ?', params: [id] }], resolve),
      );
      return true;
    }
    const over = delivered.kind === 'no' || tries + 1 >= MAX_TRIES;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries, 20));
    const sql = 'UPDATE outbox SET tries = ?, next = ?, dead = ?, reason = ? WHERE id = ?';
    const params = [tries + 1, now() + pause, over ? 1 : 0, delivered.why, id];
    await new Promise<void>((resolve) => keeper.write([{ sql, params }], resolve));
    if (over) dead(id, delivered.why);
    return delivered.kind === 'no';
  }
}
