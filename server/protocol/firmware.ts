import type { Attestation } from './attestation.ts';
import { equal } from './encoding/bytes.ts';
import type { Profile } from './profile.ts';
import { Refusal } from './refusal.ts';

/**
 * Holds the firmware that a device attests against those its maker signed the profile for: under another one its settings
 * may mean something else. A profile that names none is for any. Throws Refusal E_FIRMWARE.
 */
export function checkFirmware(
  { firmware }: Pick<Profile, 'firmware'>,
  attested: Pick<Attestation, 'firmware'>,
): void {
  if (firmware && !firmware.some((one) => equal(one, attested.firmware)))
    throw new Refusal('E_FIRMWARE', 'the profile is not signed for this firmware', 'attestation.13');
}
