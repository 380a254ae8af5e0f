import { t } from '../texts/texts.ts';
import { type Bytes, hex, Objection, same, sha256, Wrong } from './bytes.ts';
import { type Item, write } from './cbor.ts';
import type { Attestation } from './device.ts';
import { bytes, fields, settings, whole } from './fields.ts';
import { brokenRule, objection, type Profile, reading } from './profile.ts';

export const PROGRAM = 1;
export const STOP = 3;
export const RESUME = 4;

/** @param mode of the device, where it has been read: one operation ends a stop (1) and a safe mode (2) */
export function titleOf(operation: number, mode = 0): string {
  if (operation === RESUME && mode > 0) return mode === 2 ? t().ends.safe : t().ends.stopped;
  const titles: Readonly<Record<number, string>> = t().titles;
  return titles[operation] ?? t().operation(String(operation));
}

/** One line of what is about to be signed, read back from the bytes. */
export interface Line {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/**
 * The exact bytes of a change (protocol, section 3.3), after the checks that the device will make. Throws Objection with
 * a sentence for people, or Wrong.
 */
export async function build(
  profile: Profile,
  now: Attestation,
  operation: number,
  changes: ReadonlyMap<number, number>,
): Promise<Bytes> {
  const { entry } = t();
  if (!same(profile.hash, now.profile)) throw new Objection(entry.profile);
  if (!profile.operations.includes(operation)) throw new Objection(entry.cannot);
  if ((operation === PROGRAM) !== changes.size > 0) throw new Objection(entry.empty);
  for (const [code, value] of changes) {
    const one = profile.settings.find((candidate) => candidate.code === code);
    const before = now.settings.get(code);
    if (!one?.programmable || before === undefined) throw new Objection(entry.noSetting);
    if (before === value) throw new Objection(entry.same(one.name));
    const why = objection(one, value, before);
    if (why !== undefined) throw new Objection(why);
  }
  const broken = brokenRule(profile, new Map([...now.settings, ...changes]));
  if (broken !== undefined) throw new Objection(broken);
  const programmed = profile.settings
    .filter(({ programmable }) => programmable)
    .map(({ code, name }): [number, number] => {
      const value = now.settings.get(code);
      if (value === undefined) throw new Wrong(`the device did not say its ${name}`);
      return [code, value];
    });
  return write(
    new Map<number, Item>([
      [1, 1],
      [2, now.device],
      [3, now.nonce],
      [4, now.counter + 1],
      [5, profile.hash],
      [6, await sha256(write(new Map(programmed)))],
      [7, operation],
      [8, changes],
      [9, now.tag],
    ]),
  );
}

/** What the bytes say, read back from them alone: this, and not what was typed, is what people look at. Throws Wrong. */
export async function lines(command: Bytes, profile: Profile, now: Attestation) {
  const said = fields(command, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  if (said.get(1) !== 1 || !same(bytes(said.get(2), 8), now.device) || !same(bytes(said.get(9), 32), now.tag))
    throw new Objection(t().entry.other);
  const operation = whole(said.get(7));
  const changes = [...settings(said.get(8))].map(([code, value]): Line => {
    const one = profile.settings.find((candidate) => candidate.code === code);
    const before = now.settings.get(code);
    if (!one || before === undefined) throw new Wrong(`the bytes set an unknown setting ${code}`);
    return { name: one.name, before: reading(one, before), after: reading(one, value) };
  });
  const hash = await sha256(command);
  return { title: titleOf(operation, now.mode), operation, changes, hash, fingerprint: hex(hash) };
}
