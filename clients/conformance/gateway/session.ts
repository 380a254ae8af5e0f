import { randomBytes } from 'node:crypto';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import { Refusal, type RefusalCode } from '../../../server/protocol/refusal.ts';
import {
  type ChainHead,
  encodeHead,
  encodeTelemetry,
  issueHead,
  parseFromDevice,
  parseToDevice,
  type TelemetryFrame,
  type ToDevice,
} from '../../../server/protocol/telemetry/telemetry.ts';
import type { Content, Metric } from '../../../server/protocol/telemetry/telemetry-content.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { CaseFault } from '../faults.ts';
import { type GatewayBench, QUIET_MS } from './bench.ts';

const { sha256 } = nodeCrypto;
/** A frame that follows is on the gateway's disk within this time, asked again meanwhile. */
const STORED_MS = 6_000;
const ASK_AGAIN_MS = 150;
/** A refusal comes at once; a gateway that says nothing is asked once more, since what it took it acknowledges again. */
const REFUSED_MS = 1_000;

export const RATE: Metric = {
  handle: 1,
  code: TERMS.heartRate.code,
  unit: TERMS.heartRate.unit,
  scale: 0,
  period: 0,
  low: 0,
  high: 300,
  name: 'Heart rate',
};
export const DESCRIBE = { kind: 'describe', simulated: true, metrics: [RATE] } as const;
export const BEATS: Content = { kind: 'numerics', numerics: [{ handle: 1, value: 72, quality: 'valid' }] };

/** What the gateway said about telemetry, and how. */
interface Said {
  readonly answer: ToDevice;
  readonly bytes: Bytes;
}

/** One telemetry session of the played device: what it would send next, and what of it was taken. */
export class TelemetrySession {
  readonly id: Bytes = new Uint8Array(randomBytes(8));
  readonly #bench: GatewayBench;
  #number = 0;
  #last: Bytes | undefined;
  /** The frame that began it. */
  first: Bytes = new Uint8Array();

  constructor(bench: GatewayBench) {
    this.#bench = bench;
  }

  /** A session whose first frame, which describes, the gateway has taken. */
  static async begin(bench: GatewayBench): Promise<TelemetrySession> {
    await bench.inContact();
    const session = new TelemetrySession(bench);
    session.first = session.frame([DESCRIBE, BEATS]);
    await session.taken(session.first);
    return session;
  }

  get number(): number {
    return this.#number;
  }

  get newest(): Bytes {
    return this.#last ?? new Uint8Array();
  }

  /** The next frame, but for what is said. */
  frame(contents: readonly Content[] = [BEATS], changes: Partial<TelemetryFrame> = {}): Bytes {
    return encodeTelemetry({
      session: this.id,
      number: this.#number + 1,
      previous: this.#last ? sha256(this.#last) : new Uint8Array(32),
      at: Date.now(),
      up: 1_000 * (this.#number + 1),
      contents,
      ...changes,
    });
  }

  /** A signed head of the newest frame, but for what is said. */
  async head(changes: Partial<ChainHead> = {}, signer?: Signer): Promise<Bytes> {
    const { id: device, identity } = this.#bench.device.is;
    const head = {
      device,
      session: this.id,
      number: this.#number,
      hash: sha256(this.newest),
      at: Date.now(),
      ...changes,
    };
    return encodeHead(await issueHead(head, signer ?? identity));
  }

  /** Sends a frame that has to be taken, until it is said to be on the disk. Throws CaseFault. */
  async taken(bytes: Bytes, number = this.#number + 1): Promise<void> {
    await this.#send(bytes, number);
    this.#number = number;
    this.#last = bytes;
  }

  async #send(bytes: Bytes, number: number): Promise<void> {
    const rule = 'a frame that follows is acknowledged once it is on the disk';
    const since = performance.now();
    while (performance.now() - since < STORED_MS) {
      (await this.#bench.inContact()).send(bytes);
      const said = await this.#bench.hear((message) => this.#about(message), ASK_AGAIN_MS);
      if (!said) continue;
      this.#bench.note(bytes, said.bytes);
      if (said.answer.kind === 'refused' && said.answer.number !== number) continue; // of another frame, and late
      if (said.answer.kind === 'refused')
        throw new CaseFault('a frame that follows is taken', {
          expected: 'its acknowledgement',
          got: said.answer.code,
          field: said.answer.field,
        });
      if (said.answer.number > number)
        throw new CaseFault('nothing is acknowledged that was not sent', {
          expected: String(number),
          got: String(said.answer.number),
          field: 'answer.2',
        });
      if (said.answer.number === number) return;
    }
    this.#bench.note(bytes, undefined);
    throw new CaseFault(rule, { expected: `number ${number} within ${STORED_MS / 1000} s`, got: 'nothing' });
  }

  /** Sends what must not be taken; then the newest frame is acknowledged again, and nothing beyond it. */
  async refused(bytes: Bytes, codes: readonly RefusalCode[], rule: string): Promise<void> {
    const own = numberIn(bytes);
    const again = own !== undefined && own <= this.#number;
    // What was asked twice because a machine was slow is acknowledged twice: a late one says nothing of these bytes.
    if (again) await this.quiet();
    let late: Said | undefined;
    const ask = async () => {
      (await this.#bench.inContact()).send(bytes);
      return this.#bench.hear((message) => {
        const read = anything(message);
        if (again || !this.isLate(read.answer)) return read;
        late = read;
        return undefined;
      }, REFUSED_MS);
    };
    // A gateway that says nothing else has said that to these bytes.
    const said = (await ask()) ?? (await ask()) ?? late;
    this.#bench.note(bytes, said?.bytes);
    const expected = `a refusal with ${codes.join(' or ')}`;
    if (!said) throw new CaseFault(rule, { expected, got: 'nothing' });
    const { answer } = said;
    if (answer.kind === 'stored')
      throw new CaseFault(rule, {
        expected,
        got: `an acknowledgement of frame ${answer.number}`,
        field: 'answer.0',
      });
    if (!codes.includes(answer.code))
      throw new CaseFault(rule, { expected, got: answer.code, field: answer.field });
    if (this.#last) await this.#send(this.#last, this.#number);
  }

  /** An acknowledgement of what was taken before. */
  isLate(answer: ToDevice): boolean {
    return answer.kind === 'stored' && equal(answer.session, this.id) && answer.number <= this.#number;
  }

  /** Lets go by what the gateway still says. */
  async quiet(): Promise<void> {
    while (await this.#bench.hear((message) => message, QUIET_MS));
  }

  /** An answer about this session. */
  #about(message: Bytes): Said | undefined {
    const read = anything(message);
    return read && equal(read.answer.session, this.id) ? read : undefined;
  }
}

/** The number of a frame that can be read at all. */
function numberIn(bytes: Bytes): number | undefined {
  try {
    const said = parseFromDevice(bytes);
    return said.kind === 'frame' ? said.frame.number : undefined;
  } catch {
    return undefined;
  }
}

/** Reads what the gateway says about telemetry. Throws CaseFault for what no gateway may say. */
function anything(bytes: Bytes): Said {
  try {
    return { answer: parseToDevice(bytes), bytes };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CaseFault('what is said about telemetry is one of section 6', {
      expected: 'stored or refused',
      got: error.message,
      field: error.field ?? '',
    });
  }
}
