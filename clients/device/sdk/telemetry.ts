import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { equal } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../../../server/protocol/crypto.ts';
import {
  encodeHead,
  encodeLost,
  encodeTelemetry,
  HEAD_MS,
  issueHead,
  parseToDevice,
  type ToDevice,
  WINDOW,
} from '../../../server/protocol/telemetry/telemetry.ts';
import type { Content } from '../../../server/protocol/telemetry/telemetry-content.ts';

export interface TelemetryParts {
  readonly device: Bytes;
  readonly identity: Signer;
  readonly crypto: Pick<Crypto, 'sha256'>;
  readonly random: (size: number) => Bytes;
  /** The device's clock, Unix ms. */
  readonly now: () => number;
  /** Ms since it was switched on; never runs backwards. */
  readonly uptime: () => number;
  /** Sends one message; false when the link is down. */
  readonly send: (message: Bytes) => boolean;
  /** Bytes kept for an outage; the oldest give way, and are reported as lost. */
  readonly bufferBytes?: number;
}

interface Kept {
  readonly number: number;
  readonly bytes: Bytes;
  readonly hash: Bytes;
  /** Says what the handles mean: without it the others are worth nothing, so it never gives way. */
  readonly describes: boolean;
}

/** Ten minutes of six waveforms, or a day and more of numerics. */
const BUFFER_BYTES = 8 * 1024 * 1024;
/** Without an acknowledgement for this long, frames are sent again. */
const AGAIN_MS = 10_000;
const PAUSE_MS = 1_000;
/** After this many refusals without progress the gateway knows another history than the device: a new session begins. */
const MAX_REFUSED = 3;
/** No other try makes these frames right. */
const HOPELESS: readonly string[] = ['E_CLOCK', 'E_CMD_MALFORMED', 'E_CMD_SCHEMA'];

/**
 * The reporting side of a device: chains and signs what it measures, keeps it until the gateway has it on its disk, and
 * never has more under way than the window allows. The link may come and go.
 */
export class Telemetry {
  readonly #parts: TelemetryParts;
  readonly #most: number;
  #session: Bytes;
  #began: number;
  #number = 0;
  #previous: Bytes = new Uint8Array(32);
  #kept: Kept[] = [];
  #keptBytes = 0;
  /** Everything up to here is on the gateway's disk. */
  #acknowledged = 0;
  /** Number of the frame to be sent next. */
  #next = 1;
  #moved: number;
  #headed: number;
  #refused = 0;
  #pausedUntil = 0;
  #up = false;
  #sending = false;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#most = parts.bufferBytes ?? BUFFER_BYTES;
    this.#session = parts.random(8);
    this.#began = parts.uptime();
    this.#moved = this.#began;
    this.#headed = this.#began - HEAD_MS;
  }

  /** Frames that are not known to be stored. */
  get waiting(): number {
    return this.#kept.length;
  }

  get linked(): boolean {
    return this.#up;
  }

  /** Adds a frame. The first of a session has to describe what the others are about. */
  report(contents: readonly Content[]): void {
    const number = ++this.#number;
    const { crypto, now, uptime } = this.#parts;
    const frame = { session: this.#session, number, previous: this.#previous, contents };
    const bytes = encodeTelemetry({ ...frame, at: now(), up: Math.floor(uptime() - this.#began) });
    const hash = crypto.sha256(bytes);
    this.#previous = hash;
    this.#kept.push({ number, bytes, hash, describes: contents.some(({ kind }) => kind === 'describe') });
    this.#keptBytes += bytes.length;
    this.#makeRoom();
    this.#send();
  }

  /** The link is there again: what is not acknowledged is sent again, the oldest first. */
  linkUp(): void {
    this.#up = true;
    this.#next = this.#acknowledged + 1;
    this.#moved = this.#parts.uptime();
    this.#headed = this.#moved - HEAD_MS + PAUSE_MS;
    this.#send();
  }

  linkDown(): void {
    this.#up = false;
  }

  /** What the gateway says about telemetry. Throws Refusal E_CMD_MALFORMED. */
  handle(message: Bytes): ToDevice {
    const answer = parseToDevice(message);
    if (!equal(answer.session, this.#session)) return answer;
    if (answer.kind === 'stored') this.#forget(answer.number);
    else if (answer.number > 0) this.#takeNo(answer);
    this.#send();
    return answer;
  }

  /** To be called about once a second: signs the chain's head when that is due, sends again what got lost. */
  async beat(): Promise<void> {
    const at = this.#parts.uptime();
    if (this.#next > this.#acknowledged + 1 && at - this.#moved > AGAIN_MS) this.#goBack(at);
    this.#send();
    if (this.#up && at - this.#headed >= HEAD_MS) await this.#sign(at);
  }

  /** Signs the newest frame that was sent; resolves when the head is on its way. */
  async #sign(at: number): Promise<void> {
    const newest = this.#kept.findLast(({ number }) => number < this.#next);
    if (!newest) return;
    this.#headed = at;
    const { device, identity, now } = this.#parts;
    const { number, hash } = newest;
    const head = { device, session: this.#session, number, hash, at: now() };
    this.#parts.send(encodeHead(await issueHead(head, identity)));
  }

  #forget(number: number): void {
    if (number <= this.#acknowledged || number > this.#number) return;
    this.#acknowledged = number;
    this.#moved = this.#parts.uptime();
    this.#refused = 0;
    this.#next = Math.max(this.#next, number + 1);
    this.#remove((kept) => kept.number <= number);
  }

  #takeNo({ number, code }: Extract<ToDevice, { kind: 'refused' }>): void {
    const at = this.#parts.uptime();
    if (HOPELESS.includes(code)) {
      this.#remove((kept) => kept.number === number && !kept.describes);
      return this.#goBack(at);
    }
    if (code === 'E_RATE') this.#pausedUntil = at + PAUSE_MS;
    else if (number === this.#acknowledged + 1 && ++this.#refused >= MAX_REFUSED) return this.#renew();
    this.#goBack(at);
  }

  #goBack(at: number): void {
    this.#next = this.#acknowledged + 1;
    this.#moved = at;
  }

  /** The gateway will never take this session: another one begins, and the owner describes again. */
  #renew(): void {
    const { random, uptime } = this.#parts;
    this.#session = random(8);
    this.#began = uptime();
    this.#number = 0;
    this.#previous = new Uint8Array(32);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#acknowledged = 0;
    this.#next = 1;
    this.#refused = 0;
    this.renewed?.();
  }

  /** Told when a new session has begun: the next report has to describe. */
  renewed: (() => void) | undefined;

  /** The oldest give way, but the description. */
  #makeRoom(): void {
    while (this.#keptBytes > this.#most) {
      const oldest = this.#kept.findIndex(({ describes }) => !describes);
      if (oldest < 0) return;
      const [gone] = this.#kept.splice(oldest, 1);
      this.#keptBytes -= gone?.bytes.length ?? 0;
    }
  }

  #remove(goes: (kept: Kept) => boolean): void {
    this.#kept = this.#kept.filter((kept) => !goes(kept));
    this.#keptBytes = this.#kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Sends what the window has room for. A number that is missing is announced as lost first. */
  #send(): void {
    if (this.#sending || !this.#up || this.#parts.uptime() < this.#pausedUntil) return;
    this.#sending = true; // what is answered at once must not send the same again in between
    try {
      this.#sendWindow();
    } finally {
      this.#sending = false;
    }
  }

  #sendWindow(): void {
    let [frames, bytes] = [0, 0];
    for (const kept of this.#kept) {
      frames++;
      bytes += kept.bytes.length;
      if (frames > WINDOW.frames || bytes > WINDOW.bytes) return;
      if (kept.number < this.#next) continue;
      const lost = kept.number > this.#next && encodeLost(this.#session, this.#next, kept.number);
      if (lost && !this.#parts.send(lost)) return;
      const before = this.#next;
      if (!this.#parts.send(kept.bytes) || this.#next !== before) return; // an answer moved it: the next beat goes on
      this.#next = kept.number + 1;
    }
  }
}
