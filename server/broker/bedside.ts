import { type Attestation, openAttestation } from '../protocol/attestation.ts';
import { type Bytes, equal, hex } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { EnrolledDevice } from './enrolled.ts';
import type { Conversation } from '../transport/conversation.ts';
import type { JournalEntry } from './journal.ts';

/** What a device last said of itself, and the bytes it said it with. */
export interface Seen {
  readonly attestation: Attestation;
  readonly bytes: Bytes;
  /** Unix ms at which it arrived. */
  readonly at: number;
}

/**
 * One device as the gateway knows it right now: in contact or not, what it last attested, whether a command is
 * under way, and whether the outcome of one is unknown.
 */
export class Bedside {
  /** As it is enrolled now: its name, its posture and its key can change while the gateway runs. */
  device: EnrolledDevice;
  readonly lastApplied = new Map<string, number>();
  conversation: Conversation | undefined;
  seen: Seen | undefined;
  /** The open journal entry of a command whose outcome is not known. */
  unknown: JournalEntry | undefined;
  /** Hash of the emergency command that nobody has reviewed yet. */
  review: Bytes | undefined;
  /** Key ids of those who asked for it. */
  rescuers: readonly Bytes[] = [];
  /** When the log heard of its last emergency (Unix ms, this gateway's clock), reviewed or not. */
  rescuedAt: number | undefined;
  /** When the device was last asked what became of that command (Unix ms). */
  askedAt: number | undefined;
  /** Number and hash of the last receipt that stands in the log. */
  receipts: { readonly number: number; readonly hash: Bytes } | undefined;
  /** A sign of trouble keeps it from commands for a while, where the policy says so. */
  suspect = false;
  /** The last alarm about its receipts: told once, not at each opening. */
  alarmed: string | undefined;
  #inFlight: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(device: EnrolledDevice) {
    this.device = device;
  }

  /** Takes the device's one lane; throws Refusal E_BUSY while another command has it. */
  claim(command: Bytes): () => void {
    if (this.#inFlight !== undefined) throw new Refusal('E_BUSY', 'another command is under way', 'device');
    const mine = hex(command);
    this.#inFlight = mine;
    return () => {
      if (this.#inFlight === mine) this.#inFlight = undefined;
    };
  }

  /** Runs work about the device's receipts, one after the other; each ask inside is bounded by its link. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** `monitor-only`: it is read and alarms, and takes no command. */
  get posture(): EnrolledDevice['posture'] {
    return this.suspect ? 'monitor-only' : this.device.posture;
  }

  /** Is a command under way to the device? */
  get busy(): boolean {
    return this.#inFlight !== undefined;
  }

  /** The conversation with the device; throws Refusal E_LINK when it is out of contact. */
  inContact(): Conversation {
    if (!this.conversation || this.conversation.link.closed) {
      throw new Refusal('E_LINK', 'the device is not in contact', 'device');
    }
    return this.conversation;
  }

  /** Until when the device takes a command of this nonce (Unix ms): undefined when it was read last with another. */
  waitsUntil(nonce: Bytes): number | undefined {
    if (!this.seen || !equal(this.seen.attestation.nonce, nonce)) return undefined;
    return this.seen.at + this.seen.attestation.ticksLeft * 1_000;
  }

  /** Opens the device: a fresh, verified attestation. Throws Refusal E_LINK or E_DEVICE_IDENTITY. */
  async open(crypto: Crypto, now: () => number, conversation = this.inContact()): Promise<Seen> {
    return this.see(await attestationOf(conversation), crypto, now, conversation.link.channel);
  }

  /**
   * Takes what a device said when it was opened, once its enrolled key vouches for it, and for the very channel it came
   * through. Throws Refusal E_DEVICE_IDENTITY or E_CHANNEL.
   */
  async see(bytes: Bytes, crypto: Crypto, now: () => number, channel: Bytes): Promise<Seen> {
    const attestation = await openAttestation(crypto, bytes, this.device.identity);
    if (!equal(attestation.device, this.device.id)) {
      throw new Refusal('E_DEVICE_IDENTITY', 'it says that it is another device', 'attestation.5');
    }
    if (!equal(attestation.channel, channel))
      throw new Refusal('E_CHANNEL', 'it speaks to somebody in between', 'attestation.16');
    this.seen = { attestation, bytes, at: now() };
    return this.seen;
  }
}

/** Opens whatever device is at the other end; nothing it says is verified yet. Throws Refusal. */
export async function attestationOf(conversation: Conversation): Promise<Bytes> {
  const answer = await conversation.ask({ kind: 'open' });
  if (answer.kind === 'refused') throw new Refusal(answer.code, 'the device would not open', answer.field);
  if (answer.kind !== 'attestation') throw new Refusal('E_DEVICE_IDENTITY', 'not an attestation', 'device');
  return answer.attestation;
}
