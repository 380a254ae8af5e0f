import type { Bytes } from '../encoding/bytes.ts';
import type { Cbor } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, textOf, uint } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';

/** How far a tap is, or how it ended. What each means to a person is said by the page that shows it. */
const TAP_PHASES = [
  'found', // something lies on the reader
  'authenticated',
  'reading',
  'read',
  'lost',
  'mismatch', // another patient's
  'unknown', // not enrolled here, or not in this person's care
  'not-genuine', // it could not prove who it is
  'not-a-device',
  'two', // more than one thing lies at the reader
  'elsewhere', // at another reader than the one this tablet is bound to
] as const;
export type TapPhase = (typeof TAP_PHASES)[number];
const isPhase = (name: string): name is TapPhase => TAP_PHASES.some((phase) => phase === name);

/** A device at a reader, as the one tablet bound to that reader is told. */
export interface Tap {
  readonly phase: TapPhase;
  /** Label of the reader; empty for a tap elsewhere. */
  readonly reader: string;
  /** Undefined until the device proved who it is, and always for one that is none of this tablet's business. */
  readonly device: Bytes | undefined;
  /** While reading: the step it is at, and how many there are. */
  readonly step: number;
  readonly of: number;
}

const MAX_LABEL = 64;

export const tapFields = ({ phase, reader, device, step, of }: Tap): Cbor[] => [
  phase,
  reader,
  device ?? new Uint8Array(),
  step,
  of,
];

/** Reads a tap; throws Refusal E_CMD_MALFORMED. */
export function parseTap(fields: readonly Cbor[]): Tap {
  const [phase, reader, device, step, of] = arrayOf(fields, 'reply.tap', 5, 5);
  const name = textOf(phase, 'reply.tap.phase', MAX_LABEL);
  if (!isPhase(name)) throw new Refusal('E_CMD_MALFORMED', 'no such phase', 'reply.tap.phase');
  const id = bytesOf(device, 'reply.tap.device');
  if (id.length !== 0 && id.length !== 8)
    throw new Refusal('E_CMD_MALFORMED', 'expected 8 bytes, or none', 'reply.tap.device');
  return {
    phase: name,
    reader: textOf(reader, 'reply.tap.reader', MAX_LABEL),
    device: id.length === 0 ? undefined : id,
    step: uint(step, 'reply.tap.step', 255),
    of: uint(of, 'reply.tap.of', 255),
  };
}
