import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import { type Command, parseCommand } from '../protocol/command.ts';

/** Where two entries differ: names only. A value here would tell the second person what to type. */
export interface Differences {
  /** Codes of the settings that only one of them changes, or changes to another value; ascending. */
  readonly settings: readonly number[];
  readonly fields: readonly string[];
}

const BYTE_FIELDS = ['device', 'nonce', 'profile', 'settings', 'patient'] as const;
const NUMBER_FIELDS = ['counter', 'operation'] as const;

/**
 * Compares the second entry with the first, byte for byte; undefined when they are equal. Throws Refusal
 * E_CMD_MALFORMED when the second is no command.
 */
export function differences(first: Bytes, second: Bytes): Differences | undefined {
  const [a, b] = [parseCommand(first), parseCommand(second)];
  if (equal(first, second)) return undefined;
  const codes = new Set([...a.changes.keys(), ...b.changes.keys()]);
  return {
    settings: [...codes]
      .filter((code) => a.changes.get(code) !== b.changes.get(code))
      .toSorted((x, y) => x - y),
    fields: otherFields(a, b),
  };
}

function otherFields(a: Command, b: Command): string[] {
  const fields: string[] = [
    ...BYTE_FIELDS.filter((field) => !equal(a[field], b[field])),
    ...NUMBER_FIELDS.filter((field) => a[field] !== b[field]),
  ];
  const [x, y] = [a.companion, b.companion];
  if (x === undefined || y === undefined ? x !== y : !equal(x, y)) fields.push('companion');
  return fields;
}
