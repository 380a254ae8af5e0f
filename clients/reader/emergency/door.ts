import { exchangeOverApdus, selectApplet } from '../../../server/protocol/link/apdu-exchange.ts';
import type { Approval } from '../../../server/protocol/approval.ts';
import { encodeEmergency } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { encodeCommand, OPERATION, parseCommand } from '../../../server/protocol/command.ts';
import type { Identity } from '../../../server/protocol/edhoc/handshake.ts';
import { type Presence, readPresence } from '../../../server/protocol/link/presence.ts';
import { readReceipt, type Receipt } from '../../../server/protocol/receipt.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { openTap, type Tap } from '../../../server/protocol/tap/reader-end.ts';
import { encodeRequest, parseAnswer, type Answer, type Request } from '../../../server/protocol/link/wire.ts';
import { tapCrypto } from '../../common/process/tap-crypto.ts';
import type { EmergencyCache } from './cache.ts';

export interface DoorParts {
  /** This station's link key and credential. */
  readonly identity: Identity;
  readonly cache: EmergencyCache;
  /** Carries one APDU to a card, before anything the gateway wants of it. */
  readonly transmit: (card: number, command: Bytes) => Promise<Bytes>;
  /** Takes a card from the gateway; the result gives it back. */
  readonly take: (card: number) => () => void;
  /** Told of what a device did, as [emergency message, receipt]. Never throws. */
  readonly acted: (record: Bytes) => void;
}

/** A device that waits for a clinician's signature over these bytes, and over nothing else. */
export interface Offered {
  readonly presence: Presence;
  readonly command: Bytes;
}

const ZERO = (size: number): Bytes => new Uint8Array(size);

/**
 * The emergency door: a device's own safe state, asked for by one clinician in contact with it, while gateway, log and
 * network may all be down. It has no parameters to get wrong, and asking twice does it once.
 */
export class EmergencyDoor {
  readonly #parts: DoorParts;
  readonly #offered = new Map<number, Offered>();
  #busy = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** Opens the device on a reader: which one it is, and the bytes to sign. Throws Refusal E_BUSY, E_CHANNEL, E_LINK. */
  open(card: number): Promise<Offered> {
    return this.#alone(card, async (tap) => {
      const answer = await ask(tap, { kind: 'emergency-open' });
      if (answer.kind !== 'presence') throw new Refusal('E_DEVICE_IDENTITY', 'not a presence', 'device');
      const presence = readPresence(answer.presence);
      if (!equal(presence.channel, tap.channel))
        throw new Refusal('E_CHANNEL', 'it speaks to somebody in between', 'presence.6');
      const offered = { presence, command: safeMode(presence) };
      this.#offered.set(card, offered);
      return offered;
    });
  }

  /**
   * Delivers a signed command. The same bytes again give the same receipt and do nothing more, so after lost contact
   * the clinician simply asks again. Throws Refusal.
   */
  async act(card: number, command: Bytes, approval: Approval): Promise<{ receipt: Receipt; bytes: Bytes }> {
    const offered = this.#offered.get(card);
    if (!offered || !equal(offered.command, command))
      throw new Refusal('E_CMD_HASH', 'not the bytes this device was opened for; open it again', 'command');
    const { credential, proofs } = this.#parts.cache.rescuer(approval.kid);
    const messages = proofs.map((proof) =>
      encodeEmergency({ command, approval, credential: { credential, proof } }),
    );
    return this.#alone(card, async (tap) => {
      const { answer, emergency } = await believed(tap, messages);
      if (answer.kind !== 'receipt') throw new Refusal('E_DEVICE_IDENTITY', 'not a receipt', 'device');
      const record = encode([emergency, answer.receipt]);
      this.#parts.acted(record); // Whatever comes of that, the device has acted, and the clinician is told.
      return { receipt: readReceipt(answer.receipt), bytes: answer.receipt };
    });
  }

  /** The card is gone: what was offered for it is void. */
  forget(card: number): void {
    this.#offered.delete(card);
  }

  async #alone<T>(card: number, work: (tap: Tap) => Promise<T>): Promise<T> {
    if (this.#busy) throw new Refusal('E_BUSY', 'somebody uses this door right now', 'card');
    this.#busy = true;
    const giveBack = this.#parts.take(card);
    const transmit = (command: Bytes): Promise<Bytes> => this.#parts.transmit(card, command);
    try {
      await selectApplet(transmit);
      const carry = (message: Bytes): Promise<Bytes> => exchangeOverApdus(transmit, message);
      return await work(await openTap(tapCrypto, this.#parts.identity, carry));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal('E_LINK', 'hold the device on the reader and ask again', 'card');
    } finally {
      this.#busy = false;
      giveBack();
    }
  }
}

/**
 * Asks with one proof after the other: a device that was away while keys were replaced believes those of before, and one
 * that was not those of now.
 */
async function believed(
  tap: Tap,
  messages: readonly Bytes[],
): Promise<{ readonly answer: Answer; readonly emergency: Bytes }> {
  const [emergency = ZERO(0), ...others] = messages;
  try {
    return { answer: await ask(tap, { kind: 'emergency', emergency }), emergency };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'E_LOG_PROOF' || others.length === 0) throw error;
    return believed(tap, others);
  }
}

/** The only command that goes through this door: no counter, no parameters, the device's emergency nonce. */
function safeMode({ device, emergencyNonce }: Presence): Bytes {
  const bytes = encodeCommand({
    device,
    nonce: emergencyNonce,
    counter: 0,
    profile: ZERO(32),
    settings: ZERO(32),
    operation: OPERATION.safeMode,
    changes: new Map(),
    patient: ZERO(32),
  });
  parseCommand(bytes);
  return bytes;
}

async function ask(tap: Tap, request: Request): Promise<Answer> {
  const answer = parseAnswer(await tap.exchange(encodeRequest(request)));
  if (answer.kind === 'refused') throw new Refusal(answer.code, 'the device refuses', answer.field);
  return answer;
}
