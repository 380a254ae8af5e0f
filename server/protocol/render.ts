import { type Bytes, hex } from './encoding/bytes.ts';
import type { Mode } from './attestation.ts';
import { commandHash, type Command, OPERATION, parseCommand } from './command.ts';
import type { Sha256 } from './crypto.ts';
import type { Parameter, Profile } from './profile.ts';
import { plainUnit } from './units.ts';
import { commandWords } from './words.ts';

/**
 * The one renderer: signed bytes in, the text that every screen shows out. It reads nothing but the bytes,
 * the profile they name and the settings they start from, and every field of the command appears, so that
 * two different commands never look alike.
 */
export interface Rendering {
  readonly words: string;
  readonly title: string;
  readonly changes: readonly RenderedChange[];
  /** Every other field in full, for those who compare. */
  readonly fine: readonly string[];
}

export interface RenderedChange {
  readonly code: number;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const TITLES = new Map<number, string>([
  [OPERATION.program, 'Change settings'],
  [OPERATION.associate, 'Assign to a patient'],
  [OPERATION.stop, 'Stop therapy'],
  [OPERATION.resume, 'End the stop or the safe mode'],
  [OPERATION.firmware, 'Install firmware'],
  [OPERATION.profile, 'Install device profile'],
  [OPERATION.safeMode, 'Emergency safe mode'],
]);

/** One operation ends both: what it ended is what the device had attested. */
const ENDS: Readonly<Partial<Record<Mode, string>>> = {
  stopped: 'Start the therapy again',
  'safe-mode': 'End the safe mode',
};

/**
 * Renders command bytes; throws Refusal when they do not parse.
 *
 * @param mode that the device attested before, where it is known
 */
export function renderCommand(
  sha256: Sha256,
  bytes: Bytes,
  profile: Profile,
  settings: ReadonlyMap<number, number>,
  mode?: Mode,
): Rendering {
  const command = parseCommand(bytes);
  const ends = command.operation === OPERATION.resume && mode !== undefined ? ENDS[mode] : undefined;
  return {
    words: commandWords(commandHash(sha256, bytes)),
    title: ends ?? TITLES.get(command.operation) ?? `Unknown operation ${command.operation}`,
    changes: [...command.changes].map(([code, value]) =>
      renderChange(profile, code, settings.get(code), value),
    ),
    fine: finePrint(command),
  };
}

/** The same as plain lines. */
export const renderLines = (rendering: Rendering): readonly string[] => [
  rendering.title,
  ...rendering.changes.map((c) => `${c.name} [${c.code}]: ${c.before} -> ${c.after}`),
  ...rendering.fine,
  `words ${rendering.words}`,
];

function renderChange(
  profile: Profile,
  code: number,
  before: number | undefined,
  after: number,
): RenderedChange {
  const p = profile.parameters.find((candidate) => candidate.code === code);
  if (!p) return { code, name: 'Unknown setting', before: '?', after: `${after} (raw)` };
  return {
    code,
    name: p.name,
    before: before === undefined ? '?' : renderValue(p, before),
    after: renderValue(p, after),
  };
}

/** A value with its unit: a named option, or the scaled integer as a plain decimal. */
export function renderValue(p: Parameter, value: number): string {
  const option = p.options.get(value);
  if (option !== undefined) return option;
  const digits = decimal(value, p.scale);
  return p.unit === '1' ? digits : `${digits} ${p.unit}`;
}

/** `value` x 10^-scale without floating point: 1605, 1 -> "160.5"; always `scale` decimals. */
export function decimal(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** As people read it on a screen: 500, 1 -> "50", for a zero at the end reads as tenfold when the point is overlooked. */
export const shortDecimal = (value: number, scale: number): string =>
  scale === 0 ? String(value) : decimal(value, scale).replace(/\.?0+$/u, '');

/** A value with its unit as pages show it beside what was signed: a named option, or the shortest decimal. */
export function shownValue(p: Parameter, value: number): string {
  const option = p.options.get(value);
  if (option !== undefined) return option;
  const digits = shortDecimal(value, p.scale);
  return p.unit === '1' ? digits : `${digits} ${plainUnit(p.unit)}`;
}

const finePrint = (command: Command): readonly string[] => [
  `operation ${command.operation}`,
  `device ${hex(command.device)}`,
  `counter ${command.counter}`,
  `nonce ${hex(command.nonce)}`,
  `profile ${hex(command.profile)}`,
  `from settings ${hex(command.settings)}`,
  `patient tag ${hex(command.patient)}`,
  ...(command.companion ? [`with ${hex(command.companion)}`] : []),
];
