import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildDriver } from '../../../clients/reader/driver/build.mjs';
import { type Station, startStation } from '../../../clients/reader/station.ts';
import { superviseReader } from '../../../clients/reader/supervised-reader.ts';
import {
  startVirtualReader,
  type VirtualReader,
  virtualReaderMissing,
} from '../../../clients/reader/virtual-pcscd.ts';
import type { ReaderTrouble } from '../../../server/protocol/link/station.ts';
import {
  type CardSession,
  openStationLink,
  type StationLink,
} from '../../../server/transport/station-link.ts';
import { channelPair } from './channel-pair.ts';

const CARD = fileURLToPath(new URL('./card-process.ts', import.meta.url));
const WITHIN_MS = 20_000;

/** The driver's path, or why there can be no virtual reader here. */
export function ready(): { driver: string } | { missing: string } {
  const missing = virtualReaderMissing();
  return missing === undefined ? buildDriver() : { missing };
}

/** Waits until `found` gives something. Rejects with `what` when it does not. */
export async function eventually<Found>(
  what: string,
  found: () => Found | undefined | false,
): Promise<Found> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const result = found();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`still waiting after ${WITHIN_MS} ms: ${what}`);
    await pause(5);
  }
}

/** A card on the virtual reader, steered from here. */
export class TestCard {
  readonly events: string[] = [];
  readonly #child: ChildProcess;

  constructor(cardSocket: string) {
    this.#child = fork(CARD, [cardSocket], { execArgv: [] });
    this.#child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'event' in message) {
        this.events.push(String(message.event));
      }
    });
  }

  async insert(): Promise<void> {
    const before = this.count('inserted');
    this.#child.send('insert');
    await eventually('the card connects', () => this.count('inserted') > before);
  }

  async remove(): Promise<void> {
    const before = this.count('removed');
    this.#child.send('remove');
    await eventually('the card leaves', () => this.count('removed') > before);
  }

  count(event: string): number {
    return this.events.filter((each) => each === event).length;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

export interface RigOptions {
  readonly driver: string;
  readonly cardMs?: number;
  readonly exchangeMs?: number;
}

/** pcscd, driver, nfc-pcsc in its process, station and the gateway's side of it, joined as in production. */
export class Rig {
  readonly troubles: (ReaderTrouble | undefined)[] = [];
  readonly sessions: CardSession[] = [];
  readonly #options: RigOptions;
  readonly #stations: Station[] = [];
  readonly #cards: TestCard[] = [];
  readonly #folder: string;
  pcscd: VirtualReader;

  private constructor(options: RigOptions, folder: string, pcscd: VirtualReader) {
    this.#options = options;
    this.#folder = folder;
    this.pcscd = pcscd;
  }

  static async start(options: RigOptions): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'nfc-'));
    return new Rig(options, folder, await Rig.#pcscd(options, folder));
  }

  static #pcscd({ driver, cardMs = 5_000 }: RigOptions, folder: string): Promise<VirtualReader> {
    return startVirtualReader({ folder, name: 'Virtual NFC', driver, cardMs });
  }

  async restartPcscd(): Promise<void> {
    this.pcscd = await Rig.#pcscd(this.#options, this.#folder);
  }

  card(): TestCard {
    const card = new TestCard(this.pcscd.cardSocket);
    this.#cards.push(card);
    return card;
  }

  /** A station of its own with its gateway end. `seen` collects sessions, `troubles` what it reports. */
  station(
    label: string,
    seen: CardSession[] = this.sessions,
    troubles: (ReaderTrouble | undefined)[] = this.troubles,
  ): StationLink {
    const { exchangeMs } = this.#options;
    const reader = superviseReader({
      pcscSocket: this.pcscd.socket,
      ...(exchangeMs === undefined ? {} : { exchangeMs }),
    });
    const station = startStation({ label, reader });
    this.#stations.push(station);
    const [near, far] = channelPair();
    const link = openStationLink(near, {
      label,
      exchangeMs: 10_000,
      now: () => performance.now(),
      onCard: (session) => seen.push(session),
      onState: (state) => troubles.push(state.trouble),
    });
    station.attach(far);
    return link;
  }

  /** The newest session, once there are more than `before`. */
  async session(before = 0, seen: CardSession[] = this.sessions): Promise<CardSession> {
    return eventually('a card session', () => (seen.length > before ? seen.at(-1) : undefined));
  }

  /** Every station lets go of the reader. */
  async leave(): Promise<void> {
    for (const station of this.#stations.splice(0)) await station.close();
  }

  async stop(): Promise<void> {
    for (const card of this.#cards) await card.stop();
    await this.leave();
    await this.pcscd.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
