import { type Bytes, hex, same, sha256, Wrong } from './bytes.ts';
import { type Item, write } from './cbor.ts';
import type { Attestation } from './device.ts';
import { bytes, fields, settings, whole } from './fields.ts';
import { brokenRule, objection, type Profile, reading } from './profile.ts';

export const PROGRAM = 1;
export const STOP = 3;
export const RESUME = 4;

const TITLES: ReadonlyMap<number, string> = new Map([
  [PROGRAM, 'Change settings'],
  [2, 'Assign to a patient'],
  [STOP, 'Stop therapy'],
  [RESUME, 'Resume therapy'],
  [5, 'Install firmware'],
  [6, 'Install device profile'],
]);
export const titleOf = (operation: number): string => TITLES.get(operation) ?? `Operation ${operation}`;

/** One line of what is about to be signed, read back from the bytes. */
export interface Line {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/**
 * The exact bytes of a change (protocol, section 3.3), after the checks that the device will make. Throws Wrong with a
 * sentence for people.
 */
export async function build(
  profile: Profile,
  now: Attestation,
  operation: number,
  changes: ReadonlyMap<number, number>,
): Promise<Bytes> {
  if (!same(profile.hash, now.profile)) throw new Wrong('The device has another profile than it was given.');
  if (!profile.operations.includes(operation)) throw new Wrong('The device cannot be told to do that.');
  if ((operation === PROGRAM) !== changes.size > 0) throw new Wrong('Enter the new values first.');
  for (const [code, value] of changes) {
    const one = profile.settings.find((candidate) => candidate.code === code);
    const before = now.settings.get(code);
    if (!one?.programmable || before === undefined) throw new Wrong(`The device has no setting ${code}.`);
    if (before === value) throw new Wrong(`${one.name}: this is the value it already has`);
    const why = objection(one, value, before);
    if (why !== undefined) throw new Wrong(why);
  }
  const broken = brokenRule(profile, new Map([...now.settings, ...changes]));
  if (broken !== undefined) throw new Wrong(broken);
  const programmed = profile.settings
    .filter(({ programmable }) => programmable)
    .map(({ code, name }): [number, number] => {
      const value = now.settings.get(code);
      if (value === undefined) throw new Wrong(`The device did not say its ${name}.`);
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
    throw new Wrong('The bytes are for another device or patient.');
  const operation = whole(said.get(7));
  const changes = [...settings(said.get(8))].map(([code, value]): Line => {
    const one = profile.settings.find((candidate) => candidate.code === code);
    const before = now.settings.get(code);
    if (!one || before === undefined) throw new Wrong(`The bytes set an unknown setting ${code}.`);
    return { name: one.name, before: reading(one, before), after: reading(one, value) };
  });
  const hash = await sha256(command);
  return { title: titleOf(operation), changes, hash, fingerprint: hex(hash) };
}
