import type { IndexFilter, SearchWish } from '../../edge/desks/audit-desk.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import { hex } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { wordList } from '../../protocol/words.ts';
import type { EnrolledDevice } from '../../fleet/registry.ts';

export interface Names {
  readonly devices: readonly EnrolledDevice[];
  readonly people: readonly Person[];
}

const isRole = (name: string): name is keyof typeof ROLE => Object.hasOwn(ROLE, name);

/** A search as the index understands it: people as keys, devices as ids, words as the hash they stand for. Throws Refusal E_CMD_SCHEMA. */
export function resolve(wish: SearchWish, names: Names, witnessed: number): IndexFilter {
  const { text, person, role, device, model, ...same } = wish;
  const kids = kidsOf(names.people, person, role);
  const devices = devicesOf(names.devices, device, model);
  return {
    ...same,
    rows: wish.rows ?? 'commands',
    witnessed,
    ...(kids && { kids }),
    ...(devices && { devices }),
    ...(text !== undefined && text.trim() !== '' && { text: textOf(text.trim(), names.devices) }),
  };
}

function kidsOf(
  people: readonly Person[],
  person: string | undefined,
  role: string | undefined,
): readonly string[] | undefined {
  if (person === undefined && role === undefined) return undefined;
  if (role !== undefined && !isRole(role))
    throw new Refusal('E_CMD_SCHEMA', 'there is no such role', 'query.role');
  const bit = role !== undefined && isRole(role) ? ROLE[role] : 0;
  const found = people.filter(
    ({ subject, credential }) =>
      (person === undefined || subject === person) && (credential.roles & bit) === bit,
  );
  const kids = found.map(({ credential }) => hex(credential.key.kid));
  // Somebody who left is known by a passkey alone.
  return kids.length === 0 && person !== undefined && /^[0-9a-f]{32}$/u.test(person) ? [person] : kids;
}

function devicesOf(
  all: readonly EnrolledDevice[],
  device: string | undefined,
  model: string | undefined,
): readonly string[] | undefined {
  if (device === undefined && model === undefined) return undefined;
  if (device !== undefined && model === undefined) return [device];
  return all
    .filter((one) => (device === undefined || one.hex === device) && one.model === model)
    .map(({ hex: id }) => id);
}

/** What somebody typed: digits of a hash or an id, command words, a number, or a part of a device’s name. */
function textOf(text: string, devices: readonly EnrolledDevice[]): NonNullable<IndexFilter['text']> {
  const low = text.toLowerCase();
  const digits = /^[0-9a-f]{4,64}$/u.test(low) ? low : undefined;
  const named = devices.filter(
    ({ name, hex: id }) =>
      name.toLowerCase().includes(low) || (digits !== undefined && id.startsWith(digits)),
  );
  const number = /^[0-9]{1,15}$/u.test(low) ? Number(low) : undefined;
  return { hash: hashOfWords(low) ?? digits, devices: named.map(({ hex: id }) => id), number };
}

/** Command words are the first bytes of the hash, one each. */
function hashOfWords(text: string): string | undefined {
  const words = text.split(/\s+/u);
  const bytes = words.map((word) => wordList().indexOf(word));
  if (words.length > 4 || bytes.some((byte) => byte < 0)) return undefined;
  return hex(Uint8Array.from(bytes));
}
