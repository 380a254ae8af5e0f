import { Applet, type AppletBehaviour } from '../../../server/protocol/link/applet.ts';
import type { Anchors } from '../../../server/protocol/anchors.ts';
import type { Proof } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { checkInForce, openCredential, ROLE } from '../../../server/protocol/credential.ts';
import { verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import {
  encodeFromStation,
  type FromStation,
  parseToStation,
  type ToStation,
} from '../../../server/protocol/link/station.ts';
import { TapEnd } from '../../../server/protocol/tap/device-end.ts';
import { parseRequest, type Request } from '../../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { tapCrypto } from '../../common/process/tap-crypto.ts';
import { CaseFault } from '../faults.ts';
import { GatewayLink, knock } from '../links/gateway-door.ts';
import { type GatewayBench, STATION_DOOR } from './bench.ts';
import { PlayedDevice } from './played-device.ts';

const READER = 'Conformance reader 0';
const ATR = Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01);
/** Sessions rise by one for each card within a station's life. */
let sessions = 0;

/** A reader station that the kit plays, with one reader. */
export class StationPlay {
  readonly link: GatewayLink;
  /** What the gateway told it besides requests. */
  readonly told: ToStation[] = [];
  /** Commands for cards, oldest first. */
  readonly commands: Bytes[] = [];
  /** What it said that no gateway may say. */
  fault: CaseFault | undefined;
  readonly #note: GatewayBench['note'];
  #card: ((command: Bytes) => Promise<Bytes>) | undefined;
  #session = 0;

  private constructor(link: GatewayLink, note: GatewayBench['note']) {
    this.link = link;
    this.#note = note;
    link.listener = (message) => this.#hear(message);
  }

  /** Lets a station in and has it say who it is. Throws CaseFault when it is turned down. */
  static async open(bench: GatewayBench): Promise<StationPlay> {
    const { station, door } = bench.parts.declared;
    if (!station) throw new Error('declared, or the case was skipped');
    const link = await knock(door, { tls: station, ...STATION_DOOR });
    if (!(link instanceof GatewayLink))
      throw new CaseFault('a station with its certificate is let in', { expected: 'a WebSocket', got: link });
    const play = new StationPlay(link, (sent, got) => bench.note(sent, got));
    play.say({ kind: 'hello', label: station.label, readers: [READER] });
    return play;
  }

  say(message: FromStation): void {
    this.send(encodeFromStation(message));
  }

  send(message: Bytes | string): void {
    this.link.send(message);
    if (typeof message !== 'string') this.#note(message, undefined);
  }

  /** A card is laid on the reader; it answers each command APDU. */
  lay(card: (command: Bytes) => Promise<Bytes>): number {
    this.#card = card;
    this.#session = ++sessions;
    this.say({ kind: 'card', session: this.#session, reader: 0, atr: ATR });
    return this.#session;
  }

  lift(): void {
    this.#card = undefined;
    this.say({ kind: 'gone', session: this.#session });
  }

  close(): void {
    this.link.close();
  }

  #hear(bytes: Bytes): void {
    let message: ToStation;
    try {
      message = parseToStation(bytes);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#note(bytes, undefined);
      this.fault = new CaseFault('what a station is told is one of section 6', {
        expected: 'a message',
        got: error.message,
        field: error.field ?? '',
      });
      return;
    }
    if (message.kind !== 'request') return void this.told.push(message);
    this.commands.push(message.command);
    const { request, session, command } = message;
    if (session !== this.#session || !this.#card)
      return this.say({ kind: 'failed', request, reason: 'not-this-card' });
    void this.#card(command).then((response) => {
      this.#note(response, command);
      this.link.send(encodeFromStation({ kind: 'answer', request, response }));
    });
  }
}

/** An implant on the kit's reader: what it is asked behind the encrypted tap, and how it answers. */
export class PlayedImplant {
  readonly device: PlayedDevice;
  /** What the gateway asked, oldest first. */
  readonly asked: Request[] = [];
  readonly transmit: (command: Bytes) => Promise<Bytes>;
  /** What is wrong with whoever began the tap. */
  stranger: string | undefined;

  /** @param instead answers in place of the implant */
  constructor(
    bench: GatewayBench,
    instead: (request: Request, channel: Bytes) => Promise<Bytes | undefined>,
  ) {
    const { declared } = bench.parts;
    if (!declared.card) throw new Error('declared, or the case was skipped');
    this.device = new PlayedDevice(declared.card);
    const end = new TapEnd({
      crypto: tapCrypto,
      afford: () => true,
      admit: async (certificate) => {
        try {
          const credential = await openCredential(nodeCrypto, certificate, declared.anchors.authorities);
          checkInForce(credential, Math.floor(Date.now() / 1000));
          if ((credential.roles & ROLE.gateway) === 0)
            throw new Refusal('E_ROLE', 'not a gateway’s credential');
          return { x: credential.key.raw.slice(0, 32), as: 'gateway' };
        } catch (error) {
          this.stranger = error instanceof Error ? error.message : String(error);
          throw error;
        }
      },
      prove: (shown, proof) =>
        issuedInTheOpen(shown, proof, declared.anchors).catch((error: unknown) => {
          this.stranger = error instanceof Error ? error.message : String(error);
          return declared.anchors.version;
        }),
      answer: async (message, { channel }) => {
        const request = parseRequest(message);
        this.asked.push(request);
        return (await instead(request, channel)) ?? this.device.answer(request, channel);
      },
    });
    const behaviour: AppletBehaviour = {
      onSelect: () => end.reset(),
      onMessage: (message) => end.receive(message),
      onPowerLoss: () => end.reset(),
    };
    const applet = new Applet(behaviour);
    this.transmit = (command) => applet.process(command);
  }
}

/** Throws Refusal E_LOG_PROOF unless the log that its witnesses saw announces this very credential. */
async function issuedInTheOpen(credential: Bytes, proof: Proof, anchors: Anchors): Promise<undefined> {
  const { entry } = await verifyProof(nodeCrypto, proof, anchors);
  const digest = entry.type === 'credential' ? entry.digest : undefined;
  if (!digest || !equal(digest, nodeCrypto.sha256(credential)))
    throw new Refusal('E_LOG_PROOF', 'its link credential was not issued in the open', 'proof');
}
