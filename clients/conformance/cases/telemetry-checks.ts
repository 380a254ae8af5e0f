import { type Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import {
  type ChainHead,
  type FromDevice,
  openHead,
  parseFromDevice,
  type TelemetryFrame,
} from '../../../server/protocol/telemetry/telemetry.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { Bench } from '../bench.ts';
import { CaseFault, demand, same } from '../faults.ts';

const { sha256 } = nodeCrypto;
const CLOCK_MS = 10_000;

/** A frame, and the bytes it came in. */
export interface Sent {
  readonly frame: TelemetryFrame;
  readonly bytes: Bytes;
}

/** What a device sent by itself, read strictly. Throws CaseFault. */
export function read(bench: Bench, bytes: Bytes): FromDevice {
  bench.parts.onExchange({ sent: new Uint8Array(), got: bytes, ms: 0 });
  try {
    return parseFromDevice(bytes);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CaseFault('what a device sends by itself is telemetry, in the units of its codes', {
      expected: 'a frame, a head, or a loss',
      got: `${error.code}: ${error.message}`,
      field: error.field ?? '',
    });
  }
}

/** Number, chain and time of a frame, after the one before, where there is one. */
export function checkFollows({ frame }: Sent, last: Sent | undefined): void {
  const off = Math.abs(frame.at - Date.now());
  demand(off < CLOCK_MS, 'a frame says when it was, in Unix milliseconds', 'telemetry.at', String(frame.at));
  if (!last) return;
  same('one session at a time', 'telemetry.session', last.frame.session, frame.session);
  same('frames are numbered without a gap', 'telemetry.number', last.frame.number + 1, frame.number);
  same('each frame names the one before', 'telemetry.previous', sha256(last.bytes), frame.previous);
  demand(frame.up >= last.frame.up, 'running time never goes back', 'telemetry.up', String(frame.up));
}

/** A value means nothing before its handle was described. */
export function checkDescribed({ number, contents }: TelemetryFrame, known: Set<number>): void {
  for (const content of contents) {
    if (content.kind === 'describe') for (const { handle } of content.metrics) known.add(handle);
    const used =
      content.kind === 'numerics' ? content.numerics : content.kind === 'wave' ? [content.wave] : [];
    for (const { handle } of used)
      demand(known.has(handle), 'a handle is described before it is used', 'telemetry.contents', `handle ${handle} in frame ${number}`); // prettier-ignore
  }
}

/** A head that the device under test signed. Throws CaseFault. */
export async function headOf(bench: Bench, signed: Bytes): Promise<ChainHead> {
  try {
    return await openHead(nodeCrypto, signed, bench.parts.declaration.identity);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CaseFault('a head is signed by the declared identity key', {
      expected: 'it to verify',
      got: error.message,
      field: error.field ?? '',
    });
  }
}
