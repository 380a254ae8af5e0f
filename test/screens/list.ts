import { AUDITOR_SCREENS, TROUBLED_SCREENS } from './auditor-screens.ts';
import { LIVE_SCREENS } from './live-screens.ts';
import { PATIENT_SCREENS } from './patient-screens.ts';
import { SECOND_SCREENS } from './second-screens.ts';
import { SIGN_IN_SCREENS } from './sign-in-screens.ts';
import { SIMULATOR_SCREENS } from './simulator-screens.ts';
import type { NamedScreen } from './studio.ts';
import { TABLET_SCREENS } from './tablet-screens.ts';

/** Every screen there is a picture of. Each room of pages has a file of its own with its screens. */
export const SCREENS: readonly NamedScreen[] = [
  ...TABLET_SCREENS,
  ...LIVE_SCREENS,
  ...AUDITOR_SCREENS,
  ...PATIENT_SCREENS,
  ...SIMULATOR_SCREENS,
  ...SIGN_IN_SCREENS,
  // These raise the rate of the pump, and a rate that is lowered needs one person only.
  ...SECOND_SCREENS,
  // After all others: what goes wrong in these stays in the ward's history.
  ...TROUBLED_SCREENS,
];
