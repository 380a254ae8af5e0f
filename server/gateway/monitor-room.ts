import { outOfScope } from '../authorize/care-relation.ts';
import type { Session } from '../edge/desk.ts';
import type { MonitorDesk, Trend, TrendWish } from '../edge/monitor-desk.ts';
import type { AlarmBook, AlarmRow } from '../monitor/alarm-book.ts';
import type { Bed } from '../monitor/bed.ts';
import { type LiveHub, wished } from '../monitor/live-hub.ts';
import { trendOf } from '../monitor/trends.ts';
import { hex } from '../protocol/bytes.ts';
import type { BedState, Live, MonitorWish } from '../protocol/live.ts';
import type { Store } from '../store/store.ts';

export interface MonitorRoomParts {
  readonly beds: ReadonlyMap<string, Bed>;
  readonly hub: LiveHub;
  readonly store: Pick<Store, 'reader'>;
  readonly book: AlarmBook;
  readonly maySee: (session: Session, device: string) => boolean;
}

/** What is measured, as the edge may ask for it: everything is held against who may see the device. */
export class MonitorRoom implements MonitorDesk {
  readonly #parts: MonitorRoomParts;

  constructor(parts: MonitorRoomParts) {
    this.#parts = parts;
  }

  watch(session: Session, wish: MonitorWish, tell: (live: Live) => void): () => void {
    for (const device of wish.devices) this.#expect(session, hex(device));
    const may = this.#mine(session).map(({ device }) => device.id);
    return this.#parts.hub.watch(wished(wish, may), tell);
  }

  beds(session: Session): readonly BedState[] {
    return this.#mine(session).map((bed) => this.#parts.hub.state(bed));
  }

  trend(session: Session, wish: TrendWish): Trend {
    this.#expect(session, wish.device);
    return trendOf(this.#parts.store, wish);
  }

  alarms(session: Session, device: string, since: number, until: number): readonly AlarmRow[] {
    this.#expect(session, device);
    return this.#parts.book.read(device, since, until);
  }

  #mine(session: Session): readonly Bed[] {
    return [...this.#parts.beds.values()].filter(({ device }) => this.#parts.maySee(session, device.hex));
  }

  #expect(session: Session, device: string): void {
    if (!this.#parts.beds.has(device) || !this.#parts.maySee(session, device)) throw outOfScope();
  }
}
