import { type Bytes, same, Wrong } from './bytes.ts';
import { build, PROGRAM } from './command.ts';
import type { Attestation } from './device.ts';
import { fields, settings, whole } from './fields.ts';
import type { Profile } from './profile.ts';

/**
 * Bytes that the gateway shows of somebody else's change are believed when this page builds the very same ones itself: for
 * this device, session and patient, from these values, within the device's limits, and of no other settings than were
 * announced. Throws Wrong, or Objection with a sentence for people.
 *
 * @param announced codes of the settings that change, as they stood in the list
 */
export async function checkShown(
  command: Bytes,
  announced: readonly number[],
  profile: Profile,
  now: Attestation,
): Promise<void> {
  const said = fields(command, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  if (whole(said.get(7)) !== PROGRAM) throw new Wrong('what is shown has no values to compare');
  const changes = settings(said.get(8));
  if (!same(await build(profile, now, PROGRAM, changes), command))
    throw new Wrong('what is shown is for another device, session or patient');
  const codes = [...changes.keys()].sort((a, b) => a - b);
  if (codes.join() !== [...announced].sort((a, b) => a - b).join())
    throw new Wrong('what is shown changes other settings than were announced');
}
