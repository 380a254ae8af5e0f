import { setTimeout as pause } from 'node:timers/promises';
import { attestationOf, type Bedside } from '../../broker/bedside.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { CardRefused } from '../../protocol/link/apdu-exchange.ts';
import { readAttestation } from '../../protocol/attestation.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import type { Channel } from '../../protocol/link/station.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { TapPhase } from '../../protocol/link/tap-phase.ts';
import { Conversation } from '../../transport/conversation.ts';
import { type DeviceLink, LinkLost } from '../../transport/link.ts';
import { openNfcLink } from '../../transport/nfc-link.ts';
import { openTapLink, type Tapping } from '../../transport/tap-link.ts';
import type { ForEmergencies } from './rescue.ts';
import { type CardSession, openStationLink, type StationLink } from '../../transport/station-link.ts';
import { splitTelemetry } from '../../transport/telemetry-lane.ts';
import { webSocketLink } from '../../transport/websocket-link.ts';
import type { Monitoring } from '../watch/monitoring.ts';
import { readOutOnSchedule } from './read-outs.ts';

export interface ContactParts {
  readonly crypto: Crypto;
  readonly now: () => number;
  readonly exchangeMs: number;
  /** What this gateway shows a device that is tapped now. */
  readonly tapping: () => Tapping;
  /** Takes what devices send by themselves. */
  readonly monitoring: Pick<Monitoring, 'arrived' | 'receive' | 'readOut' | 'strayed'>;
  /** The device with an id; undefined when it is not enrolled here. */
  readonly bedside: (id: string) => Bedside | undefined;
  /** A device with an open command is back on its own link, and was asked nothing yet. */
  readonly returned: (bedside: Bedside) => Promise<void>;
  /** A device came into contact and proved who it is. */
  readonly arrived: (bedside: Bedside) => Promise<void>;
  readonly left: (bedside: Bedside) => void;
  /** Brings the anchors of a device up to date. Throws Refusal when it keeps those it has. */
  readonly renew: (bedside: Bedside, conversation: Conversation) => Promise<void>;
  readonly refused: (refusal: Refusal, place: string, message?: Bytes) => void;
  /** What a reader station has to know for the day when this gateway is not there. */
  readonly forEmergencies: () => ForEmergencies;
  /** Puts into the log what an emergency door did; resolves with the record's digest. Throws Refusal. */
  readonly acted: (record: Bytes) => Promise<Bytes>;
  /** Told how far each device on a reader is. */
  readonly tapped: (news: TapNews) => void;
  /** Told of failures that nobody foresaw. */
  readonly surprised: (error: unknown) => void;
}

/** Refusals that time may heal: an answer was lost, or the device was asked more often than it can afford. */
const PASSING: readonly (string | undefined)[] = ['E_LINK', 'E_CHANNEL', 'E_RATE', 'E_LOG_PROOF'];
const AGAIN_MS = 1_000;
/** A device earns an answer to strangers every ten seconds: asked more seldom than that, it always recovers. */
const SELDOM_MS = 30_000;

/** A device on a reader, from the moment something lies there; `at` once it proved who it is. */
export interface TapNews {
  readonly card: CardSession;
  readonly phase: Exclude<TapPhase, 'mismatch' | 'elsewhere' | 'two'>;
  readonly at: Bedside | undefined;
  readonly step: number;
  readonly of: number;
}

/** After it proved who it is, a device is brought up to date (anchors) and accounted for (receipts). */
const STEPS = 2;

/** What went wrong with a device, as a code; undefined for what nobody foresaw and for cards that are no devices. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof LinkLost) return 'E_LINK';
  return error instanceof Refusal ? error.code : undefined;
}

/** How a session with a card ended, for whoever holds the card. */
function endOf(error: unknown): TapNews['phase'] {
  if (error instanceof CardRefused) return 'not-a-device';
  const code = codeOf(error);
  if (code === 'E_NOT_ENROLLED') return 'unknown';
  return code === 'E_DEVICE_IDENTITY' || code === 'E_CHANNEL' ? 'not-genuine' : 'lost';
}

const closed = (link: DeviceLink): Promise<void> => new Promise((resolve) => link.onClose(resolve));

/** Turns connections into devices in contact: each proves who it is before anything else is said about it. */
export class Contacts {
  readonly #parts: ContactParts;
  /** Stations, and what each was told last; at most as many as the edge lets in. */
  readonly #stations = new Map<StationLink, string>();
  /** What a card answered last, for who wants to know why it was refused. */
  readonly #heard = new WeakMap<CardSession, Bytes>();

  constructor(parts: ContactParts) {
    this.#parts = parts;
  }

  /** An enrolled device knocked at a door that is not for it. */
  strayed(device: Bytes): void {
    this.#parts.monitoring.strayed(device);
  }

  /** A bedside device on its own mutual-TLS socket; the certificate already said which one. */
  onDevice(id: string, channel: Channel): void {
    const bedside = this.#parts.bedside(id);
    if (!bedside) return channel.close();
    const { monitoring } = this.#parts;
    const left = monitoring.arrived(id, (message) => channel.send(message));
    const commands = splitTelemetry(channel, (message) => monitoring.receive(id, message), left);
    const { site } = bedside.device;
    const unasked = (frame: Bytes): void =>
      this.#parts.refused(new Refusal('E_CMD_SCHEMA', 'nobody asked for it', 'message'), site, frame);
    const link = webSocketLink(commands, site, unasked);
    const conversation = this.#converse(link);
    this.#meet(bedside, conversation).catch((error: unknown) => {
      link.close();
      if (error instanceof Refusal) this.#parts.refused(error, link.place, conversation.lastAnswer);
      else if (!(error instanceof LinkLost)) this.#parts.surprised(error);
    });
  }

  /** A reader station: every card on it is a device until it shows otherwise. */
  onStation(label: string, channel: Channel): void {
    const station = openStationLink(channel, {
      label,
      exchangeMs: this.#parts.exchangeMs,
      now: this.#parts.now,
      onCard: (session) => void this.#meetCard(session),
      onClose: () => this.#stations.delete(station),
      onActed: (record) => void this.#log(station, record, label),
      onRefused: (refusal, frame) => this.#parts.refused(refusal, label, frame),
    });
    this.#stations.set(station, '');
    this.#prepare(station);
  }

  /** Tells every station who may rescue, when somebody was certified or revoked since it was told last. */
  prepareStations(): void {
    for (const station of this.#stations.keys()) this.#prepare(station);
  }

  /** Stations in contact now, by label. */
  station(label: string): StationLink | undefined {
    return [...this.#stations.keys()].find(({ state }) => state.label === label);
  }

  #prepare(station: StationLink): void {
    const { mark, messages } = this.#parts.forEmergencies();
    if (this.#stations.get(station) === mark) return;
    this.#stations.set(station, mark);
    for (const message of messages) station.tell(message);
  }

  /** A record is confirmed once it is in the log; until then the station keeps it, and brings it again. */
  async #log(station: StationLink, record: Bytes, label: string): Promise<void> {
    try {
      station.tell({ kind: 'logged', digest: await this.#parts.acted(record) });
    } catch (error) {
      if (error instanceof Refusal) this.#parts.refused(error, label, record);
      else this.#parts.surprised(error);
    }
  }

  /** A device that answers what is no answer loses its link, and is heard of. */
  #converse(link: DeviceLink): Conversation {
    return new Conversation(link, this.#parts.exchangeMs, (refusal, answer) =>
      this.#parts.refused(refusal, link.place, answer),
    );
  }

  /**
   * A card is met for as long as it lies there: what was only passing (an answer lost, a device that asks for
   * patience) is tried again by itself, because nobody is there to lift an implant and tap it anew.
   */
  async #meetCard(session: CardSession): Promise<void> {
    let wait = AGAIN_MS;
    let said: string | undefined;
    while (!session.gone) {
      const end = await this.#meetOnce(session);
      if (end === 'elsewhere') return;
      if (end === 'left') wait = AGAIN_MS;
      else {
        const code = codeOf(end);
        if (end instanceof Refusal && code !== said)
          this.#parts.refused(end, session.reader, this.#heard.get(session));
        said = code;
        if (!PASSING.includes(code)) return;
      }
      await pause(wait, undefined, { ref: false });
      wait = Math.min(2 * wait, SELDOM_MS);
    }
  }

  /** One session with a card, to its end: `left`, `elsewhere` when the device now speaks by another way, or why not. */
  async #meetOnce(session: CardSession): Promise<unknown> {
    let link: DeviceLink | undefined;
    let at: Bedside | undefined;
    let conversation: Conversation | undefined;
    const tell = (phase: TapNews['phase'], step = 0): void =>
      this.#parts.tapped({ card: session, phase, at, step, of: phase === 'reading' ? STEPS : 0 });
    try {
      tell('found');
      const plain = await openNfcLink(session);
      link = plain;
      link = await openTapLink(plain, this.#parts.tapping(), this.#parts.exchangeMs);
      conversation = this.#converse(link);
      const attestation = await attestationOf(conversation);
      // A card says who it is with its first attestation; the enrolled key decides whether that is true.
      const bedside = this.#parts.bedside(hex(readAttestation(attestation).device));
      if (!bedside) throw new Refusal('E_NOT_ENROLLED', 'not a device of this hospital', 'device');
      await this.#meet(bedside, conversation, attestation, (phase, step) => {
        at = bedside;
        tell(phase, step);
      });
      await closed(link);
      tell('lost');
      return bedside.conversation === undefined ? 'left' : 'elsewhere';
    } catch (error) {
      link?.close();
      if (conversation?.lastAnswer) this.#heard.set(session, conversation.lastAnswer);
      tell(endOf(error));
      if (codeOf(error) === undefined && !(error instanceof CardRefused)) this.#parts.surprised(error);
      return error;
    }
  }

  /** Lets a device in that shows who it is. Rejects with Refusal or LinkLost, and has let nobody in then. */
  async #meet(
    bedside: Bedside,
    conversation: Conversation,
    said?: Bytes,
    tell: (phase: 'authenticated' | 'reading' | 'read', step?: number) => void = () => undefined,
  ): Promise<void> {
    const { crypto, now } = this.#parts;
    const { link } = conversation;
    if (link.kind === 'websocket') await this.#askFirst(bedside, conversation);
    // An implant that said who it is was opened by that: it pays for each opening, and is not asked for a second.
    await bedside.see(said ?? (await attestationOf(conversation)), crypto, now, link.channel);
    tell('authenticated');
    tell('reading', 1);
    await this.#renew(bedside, conversation);
    this.#enter(bedside, conversation);
    tell('reading', 2);
    await this.#parts.arrived(bedside);
    if (link.kind === 'nfc')
      void readOutOnSchedule({
        there: () => !link.closed,
        busy: () => bedside.busy,
        readOut: () => this.#parts.monitoring.readOut(bedside, conversation),
        pause: (ms) => pause(ms, undefined, { ref: false }),
        surprised: this.#parts.surprised,
      });
    tell('read');
  }

  /** A device that keeps older anchors is still watched; what it will not believe any more, it refuses by itself. */
  async #renew(bedside: Bedside, conversation: Conversation): Promise<void> {
    try {
      await this.#parts.renew(bedside, conversation);
    } catch (error) {
      if (error instanceof Refusal) this.#parts.refused(error, conversation.link.place);
      else if (!(error instanceof LinkLost)) this.#parts.surprised(error);
    }
  }

  /**
   * A device that comes back is asked about an open command before it is opened. When it lost its power it has no
   * nonce until then, and can say for certain that the command will never act; afterwards only time could show that.
   */
  async #askFirst(bedside: Bedside, conversation: Conversation): Promise<void> {
    const present = bedside.conversation && !bedside.conversation.link.closed;
    if (!bedside.unknown || present) return; // A live conversation gives way only to a device that proved itself.
    this.#enter(bedside, conversation);
    await this.#parts.returned(bedside);
  }

  #enter(bedside: Bedside, conversation: Conversation): void {
    const before = bedside.conversation;
    if (before === conversation) return;
    bedside.conversation = conversation;
    before?.link.close();
    conversation.link.onClose(() => {
      if (bedside.conversation !== conversation) return;
      bedside.conversation = undefined;
      this.#parts.left(bedside);
    });
  }
}
