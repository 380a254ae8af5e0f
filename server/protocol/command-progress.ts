import type { Bytes } from './encoding/bytes.ts';
import type { Cbor } from './encoding/cbor.ts';
import { arrayOf, bytesOf, textOf, uint } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/**
 * How far a command is that everybody it needs has signed, and who is waited for. The last three are ends; nothing but a
 * receipt, a read-back and a log proof that the tablet verified itself is ever shown as "Done".
 */
export const COMMAND_STATES = {
  checked: 'Checked. It is being written into the log; witnesses confirm.',
  cooling: 'Not sent yet. Whoever signed can still take it back.',
  logged: 'In the log. The gateway grants it, once.',
  granted: 'Granted. It is about to be sent.',
  sent: 'Sent. The device decides. Not confirmed yet.',
  answered: 'The device answered. Its answer is being written into the log.',
  sealed: 'Answered and in the log. Check receipt and read-back.',
  refused: 'Refused. Nothing was sent.',
  unknown: 'Contact was lost. The device may or may not have changed. Read the device to find out.',
} as const;
export type CommandState = keyof typeof COMMAND_STATES;
const isState = (name: string): name is CommandState => Object.hasOwn(COMMAND_STATES, name);

/** Who is waited for. */
export const WAITS_FOR = ['witnesses', 'signers', 'gateway', 'device', 'reader', 'nobody'] as const;
export type WaitsFor = (typeof WAITS_FOR)[number];

export interface CommandProgress {
  /** Hash of the command. */
  readonly command: Bytes;
  readonly device: Bytes;
  readonly state: CommandState;
  readonly waitsFor: WaitsFor;
  /** Milliseconds left when this was sent: clocks of tablets are their own. 0 where nothing runs out. */
  readonly left: number;
  /** Refusal code of an end; empty where there is none. */
  readonly code: string;
}

export const progressFields = (progress: CommandProgress): Cbor[] => [
  progress.command,
  progress.device,
  progress.state,
  WAITS_FOR.indexOf(progress.waitsFor),
  progress.left,
  progress.code,
];

/** Reads progress; throws Refusal E_CMD_MALFORMED. */
export function parseProgress(fields: readonly Cbor[]): CommandProgress {
  const [command, device, state, waits, left, code] = arrayOf(fields, 'reply.progress', 6, 6);
  const name = textOf(state, 'reply.progress.state', 40);
  const waitsFor = WAITS_FOR[uint(waits, 'reply.progress.waits', 255)];
  if (!isState(name) || !waitsFor)
    throw new Refusal('E_CMD_MALFORMED', 'no such state', 'reply.progress.state');
  return {
    command: bytesOf(command, 'reply.progress.command', 32),
    device: bytesOf(device, 'reply.progress.device', 8),
    state: name,
    waitsFor,
    left: uint(left, 'reply.progress.left', 0xffff_ffff),
    code: textOf(code, 'reply.progress.code', 40),
  };
}
