import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { z } from 'zod';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { keepFile } from '../common/process/keep-file.ts';

/** What outlives a restart: nobody is signed out by one. Requests and codes are for the moment, and are not kept. */
const LASTING: ReadonlySet<string> = new Set(['Session', 'Grant', 'RefreshToken']);
/** Of each kind; when there are more, the oldest go. */
const MOST = 20_000;
const ID = /^[A-Za-z0-9_-]{1,128}$/u;

interface Held {
  readonly payload: AdapterPayload;
  /** Unix seconds. */
  readonly until: number;
}

const HELD = z.strictObject({
  payload: z.custom<AdapterPayload>((value) => typeof value === 'object' && value !== null),
  until: z.number(),
});

/** What the provider remembers: in memory, and what lasts also in a folder, a file for each. */
export class Shelf {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #kinds = new Map<string, Map<string, Held>>();

  /** @param now Unix ms */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    for (const kind of LASTING) this.#load(kind);
  }

  /** Forgets what has ended. */
  sweep(): void {
    for (const [kind, all] of this.#kinds)
      for (const [id, { until }] of all) if (until < this.#now() / 1000) this.#drop(kind, id);
  }

  adapter(kind: string): Adapter {
    const all = this.#of(kind);
    const find = (id: string): AdapterPayload | undefined => {
      const held = all.get(id);
      return held && held.until >= this.#now() / 1000 ? held.payload : undefined;
    };
    return {
      upsert: async (id, payload, seconds) => this.#put(kind, id, payload, seconds ?? 0),
      find: async (id) => find(id),
      findByUid: async (uid) => {
        for (const [id, { payload }] of all) if (payload.uid === uid) return find(id);
        return undefined;
      },
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const held = all.get(id);
        if (held) this.#keep(kind, id, { ...held, payload: { ...held.payload, consumed: this.#seconds() } });
      },
      destroy: async (id) => this.#drop(kind, id),
      revokeByGrantId: async (grant) => {
        for (const [id, { payload }] of all) if (payload.grantId === grant) this.#drop(kind, id);
      },
    };
  }

  #put(kind: string, id: string, payload: AdapterPayload, seconds: number): void {
    if (!ID.test(id)) throw new Error('not an id');
    const all = this.#of(kind);
    const oldest = all.keys().next();
    if (all.size >= MOST && !all.has(id) && !oldest.done) this.#drop(kind, oldest.value);
    this.#keep(kind, id, { payload, until: this.#seconds() + seconds });
  }

  #keep(kind: string, id: string, held: Held): void {
    this.#of(kind).set(id, held);
    if (LASTING.has(kind)) keepFile(this.#at(kind, id), utf8(JSON.stringify(held)));
  }

  #drop(kind: string, id: string): void {
    this.#of(kind).delete(id);
    if (LASTING.has(kind) && ID.test(id)) rmSync(this.#at(kind, id), { force: true });
  }

  #load(kind: string): void {
    mkdirSync(join(this.#folder, kind), { recursive: true, mode: 0o700 });
    for (const name of readdirSync(join(this.#folder, kind))) {
      if (!name.endsWith('.json')) continue;
      const held = HELD.parse(JSON.parse(readFileSync(join(this.#folder, kind, name), 'utf8')));
      this.#of(kind).set(name.slice(0, -5), held);
    }
    this.sweep();
  }

  #of(kind: string): Map<string, Held> {
    const found = this.#kinds.get(kind) ?? new Map<string, Held>();
    this.#kinds.set(kind, found);
    return found;
  }

  #at(kind: string, id: string): string {
    return join(this.#folder, kind, `${id}.json`);
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
