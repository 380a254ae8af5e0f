import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmergencyCache } from '../../clients/reader/emergency/cache.ts';
import { EmergencyDoor } from '../../clients/reader/emergency/door.ts';
import { KeptReceipts } from '../../clients/reader/emergency/receipts.ts';
import type { ReaderEvents } from '../../clients/reader/reader.ts';
import { ExchangeFailed } from '../../clients/reader/reader.ts';
import { type Station, startStation } from '../../clients/reader/station.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { type Air, airOf, linkHolder } from '../edhoc/air.ts';
import { type Bench, switchOn } from '../support/device.ts';
import type { World } from '../support/fixtures.ts';

export const CARD = 7;

/** A station with its emergency door and a device on its reader; no gateway anywhere. */
export interface Place {
  readonly bench: Bench;
  readonly station: Station;
  readonly door: EmergencyDoor;
  readonly cache: EmergencyCache;
  readonly receipts: KeptReceipts;
  readonly folder: string;
  readonly air: Air;
  /** The device is taken off the reader, and stays off. */
  leave(): void;
  /** The next answer of the card takes until this is settled. Resolves when the card was asked. */
  hold(until: Promise<void>): Promise<void>;
  /** Loses the next answer of the card on its way back. */
  loseAnswer(of: number): void;
  end(): void;
}

export async function placeOf(world: World, bench?: Bench): Promise<Place> {
  const device = bench ?? (await switchOn(world));
  const folder = mkdtempSync(join(tmpdir(), 'cs-e-'));
  const air = airOf(device);
  let there = true;
  let events: ReaderEvents | undefined;
  let losing = -1;
  let count = 0;
  let held: Promise<void> | undefined;
  let asked: (() => void) | undefined;
  let busy = false;
  const station = startStation({
    label: 'Ward 3',
    onGone: (card) => door.forget(card),
    reader: {
      listen(listener) {
        events = listener;
        listener.onReaders(['One']);
        listener.onCard({ session: CARD, reader: 'One', atr: new Uint8Array([0x3b, 0x80]) });
      },
      async transmit(_card, command) {
        if (!there) throw new ExchangeFailed('card-removed');
        if (busy) throw new ExchangeFailed('busy'); // As every reader says.
        busy = true;
        try {
          const answer = await air.applet.process(command);
          if (held !== undefined) asked?.();
          await held;
          if (++count === losing) throw new ExchangeFailed('no-answer');
          return answer;
        } finally {
          busy = false;
        }
      },
      signal: () => Promise.resolve('shown'),
      close: () => Promise.resolve(),
    },
  });
  const cache = await EmergencyCache.open(folder, world.anchors);
  const receipts = new KeptReceipts(join(folder, 'receipts'));
  const door: EmergencyDoor = new EmergencyDoor({
    identity: await linkHolder(world.authority, { roles: ROLE.station }),
    cache,
    transmit: (card, command) => station.transmit(card, command),
    take: (card) => station.take(card),
    acted: (record: Bytes) => receipts.keep(record),
  });
  return {
    bench: device,
    station,
    door,
    cache,
    receipts,
    folder,
    air,
    leave() {
      there = false;
      events?.onGone(CARD);
    },
    hold(until) {
      held = until.finally(() => (held = undefined));
      return new Promise((resolve) => (asked = resolve));
    },
    loseAnswer(of) {
      count = 0;
      losing = of;
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
