import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../../server/protocol/crypto.ts';
import { TERMS, type Term } from '../../server/protocol/telemetry/nomenclature.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { encodeTelemetry, issueHead } from '../../server/protocol/telemetry/telemetry.ts';
import type { Content, Metric } from '../../server/protocol/telemetry/telemetry-content.ts';
import { encodeAnswer, parseRequest } from '../../server/protocol/link/wire.ts';
import type { Device } from './sdk/device.ts';
import { checkScope } from './sdk/doorman.ts';
import type { Contact } from './sdk/parts.ts';

const numeric = (handle: number, { code, unit, name }: Term, scale: number, high: number): Metric => ({
  handle,
  code,
  unit,
  scale,
  period: 0,
  low: 0,
  high,
  name,
});
const METRICS: readonly Metric[] = [
  numeric(1, TERMS.batteryVoltage, 2, 400),
  numeric(2, TERMS.batteryRemaining, 0, 100),
  numeric(3, TERMS.batteryLongevity, 0, 240),
  numeric(4, TERMS.leadImpedance, 0, 3_000),
  numeric(5, TERMS.leadImpedanceRv, 0, 3_000),
  numeric(6, TERMS.thresholdRa, 2, 750),
  numeric(7, TERMS.pacedAtrium, 0, 100),
  numeric(8, TERMS.pacedVentricle, 0, 100),
];
/** IEEE 11073-10103: an episode the device kept. */
const EPISODE = 769_792;

export interface ReadOutParts {
  readonly device: Device;
  readonly id: Bytes;
  readonly identity: Signer;
  readonly crypto: Pick<Crypto, 'sha256'>;
  readonly random: (size: number) => Bytes;
  /** What the device attests, by the codes of its profile: battery and leads are the same wherever they are read. */
  readonly therapy: { readonly acting: ReadonlyMap<number, number> };
}

/** Codes of profiles/pacemaker.json, each in the unit and scale of its metric. */
const ATTESTED = {
  voltage: 721_344,
  remaining: 721_536,
  impedanceRa: 722_432,
  impedanceRv: 0xf000_0020,
} as const;
/** Months that a full battery lasts. */
const LIFE = 110;

/** What a simulated implant has to tell: battery, leads, counters, episodes. */
function measured({ acting }: ReadOutParts['therapy'], ticks: number, at: number): Content[] {
  const attested = (code: number): number => acting.get(code) ?? 0;
  const values = [
    attested(ATTESTED.voltage),
    attested(ATTESTED.remaining),
    Math.round((attested(ATTESTED.remaining) * LIFE) / 100),
    attested(ATTESTED.impedanceRa),
    attested(ATTESTED.impedanceRv),
    75,
    21 + (ticks % 3),
    4,
  ];
  const numerics = values.map((value, i) => ({ handle: i + 1, value, quality: 'valid' as const }));
  const says = 'Atrial high rate, 00:00:42, ended by itself';
  return [
    { kind: 'describe', simulated: true, metrics: METRICS },
    { kind: 'numerics', numerics },
    { kind: 'events', events: [{ at: Math.max(0, at - 3_600_000), code: EPISODE, says }] },
  ];
}

/**
 * An implant that can be read out. Each read-out is a session of its own: one frame, and the head that vouches for it. It has
 * no clock; its time is the one the witnesses last vouched for, carried on in ticks.
 */
export function readable(parts: ReadOutParts): Pick<Device, 'air' | 'handle'> {
  const { device, id, identity, crypto, random, therapy } = parts;
  const readOut = async (): Promise<Bytes> => {
    const { time, timeTick } = device.state;
    const at = (time + device.tick - timeTick) * 1_000;
    const session = random(8);
    const contents = measured(therapy, device.tick, at);
    const frame = encodeTelemetry({ session, number: 1, previous: new Uint8Array(32), at, up: 0, contents });
    const head = { device: id, session, number: 1, hash: crypto.sha256(frame), at };
    return encodeAnswer({ kind: 'measured', frame, head: await issueHead(head, identity) });
  };
  return {
    air: device.air,
    async handle(message: Bytes, contact: Contact): Promise<Bytes> {
      if (!isReadOut(message, contact)) return device.handle(message, contact);
      if (contact.kind === 'nfc' && !device.air.afford())
        return encodeAnswer({ kind: 'refused', code: 'E_RATE', field: 'read-out' });
      return readOut();
    },
  };
}

/** Anything else, and anything that may not be asked here, is the device's own to answer. */
function isReadOut(message: Bytes, contact: Contact): boolean {
  try {
    const request = parseRequest(message);
    checkScope(request, contact);
    return request.kind === 'read-out';
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
