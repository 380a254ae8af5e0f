import type { Actions, Staff } from './actions.ts';
import type { State } from './state.ts';
import { prepareCommand, verifySealed } from '../../server/protocol/seal.ts';
import { AfterEmergency } from './emergency/after-emergency.tsx';
import { allTicked } from './cautions/cautions.ts';
import { BedsideScreen } from './device/bedside-screens.tsx';
import { isWristband, Scanner } from './camera/scanner.tsx';
import { readColleague } from './colleague/word.ts';
import { watchDeadline } from './command/deadline.ts';
import { differing } from './command/differing.ts';
import { readDevice } from './device/reading.ts';
import { EditSheet } from './change/edit-sheet.tsx';
import { newElsewhere } from './elsewhere/part.tsx';
import { newGlass } from './glass/part.ts';
import { newPast } from './history/past.ts';
import { followPatient } from './live/follow.ts';
import { newVitals } from './live/part.ts';
import { newReviews } from './review/reviews.ts';
import { NewsBar } from './review/news-bar.tsx';
import { ReasonSheet } from './review/reason-sheet.tsx';
import { watchStillSafe } from './review/still-safe.ts';
import { ReviewSheet } from './review/review-sheet.tsx';
import { Wristbands } from './set-up/samples.tsx';
import { SetUpScreen } from './set-up/set-up-screen.tsx';
import { HeaderMarks } from './marks/header-marks.tsx';
import { SignSheet } from './change/sign-sheet.tsx';
import { newStopped } from './stopped/part.ts';
import { WaitingReviews } from './review/waiting-reviews.tsx';
import { takeBack } from './command/stopping.ts';
import { tickTaps } from './tap/ticks.ts';
import { watchTimeToSign } from './change/renewed.ts';

/** Screens that nobody sees before there is a patient and a device. */
export const SCREENS = {
  AfterEmergency,
  allTicked,
  BedsideScreen,
  differing,
  EditSheet,
  HeaderMarks,
  isWristband,
  NewsBar,
  prepareCommand,
  readColleague,
  readDevice,
  ReasonSheet,
  ReviewSheet,
  Scanner,
  SetUpScreen,
  SignSheet,
  takeBack,
  verifySealed,
  WaitingReviews,
  Wristbands,
};
export type Screens = typeof SCREENS;

/** What goes on by itself from then on. */
function watch(state: State, staff: Staff, act: Actions): void {
  followPatient(state, staff);
  tickTaps(state);
  watchTimeToSign(state);
  watchDeadline(state, act);
  watchStillSafe(state);
}

/** What is fetched once the tablet stands, in one script: each further cut costs the shell half a kilobyte. */
export const LATER = {
  SCREENS,
  newElsewhere,
  newGlass,
  newPast,
  newReviews,
  newStopped,
  newVitals,
  watch,
};
