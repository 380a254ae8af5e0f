import type { Bedside } from '../../broker/bedside.ts';
import { LIMITS } from '../../limits.ts';
import type { Sign, SignKind } from '../../monitor/signs.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import type { Store } from '../../store/store.ts';

export interface SuspectParts {
  readonly now: () => number;
  /** Signs after which a device takes no commands for a while; by policy. */
  readonly monitorOnly: () => readonly SignKind[];
  readonly bedside: (id: string) => Bedside | undefined;
}

/** Devices that a sign of trouble keeps from commands, for an hour after the last one; also over a restart. */
export class Suspects {
  readonly #parts: SuspectParts;
  readonly #until = new Map<string, number>();

  constructor(parts: SuspectParts, store: Pick<Store, 'reader'>) {
    this.#parts = parts;
    const since = parts.now() - LIMITS.suspect.max;
    const rows = store.reader('SELECT device, at, kind FROM sign WHERE at > ? ORDER BY id').all(since);
    for (const { device, at, kind } of rows)
      if (device instanceof Uint8Array) this.#hold(device, Number(at), String(kind));
  }

  found({ device, at, kind }: Sign): void {
    this.#hold(device, at, kind);
  }

  /** Lets go of those whose time is over; to be called once a second. */
  look(): void {
    const now = this.#parts.now();
    for (const [id, until] of this.#until) {
      const bedside = this.#parts.bedside(id);
      if (bedside) bedside.suspect = now < until;
      if (now >= until) this.#until.delete(id);
    }
  }

  #hold(device: Bytes, at: number, kind: string): void {
    const { monitorOnly, bedside } = this.#parts;
    if (!monitorOnly().some((name) => name === kind)) return;
    this.#until.set(hex(device), at + LIMITS.suspect.max);
    const held = bedside(hex(device));
    if (held) held.suspect = true;
  }
}
