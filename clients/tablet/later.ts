import { ChangeScreen } from './change-screen.tsx';
import { CommandScreen } from './command-screen.tsx';
import { EditSheet } from './edit-sheet.tsx';
import { newGlass } from './glass/part.ts';
import { newProve } from './history/prove.ts';
import { followPatient } from './live/follow.ts';
import { newVitals } from './live/part.ts';
import { ReviewDue, ReviewSheet } from './review/review-sheet.tsx';
import { EndScreen, HistoryScreen } from './session-screens.tsx';
import { SettingsScreen } from './settings-screen.tsx';
import { SignSheet } from './sign-sheet.tsx';

/** Screens that nobody sees before there is a patient and a device. */
export const SCREENS = { ChangeScreen, CommandScreen, EditSheet, EndScreen, HistoryScreen, ReviewDue, ReviewSheet, SettingsScreen, SignSheet }; // prettier-ignore
export type Screens = typeof SCREENS;

/** What is fetched once the tablet stands, in one script: each further cut costs the shell half a kilobyte. */
export const LATER = { SCREENS, newGlass, newProve, newVitals, followPatient };
