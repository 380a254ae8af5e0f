import { OPERATION } from '../../../server/protocol/command.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import type { Reading } from './reading.ts';
import { ReviewDue } from '../review/review-due.tsx';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { texts } from '../words.ts';

/** What keeps every change from this device now; undefined when nothing does. */
export function blockedBy(state: State, reading: Reading): 'outcome' | 'review' | 'safe' | undefined {
  if (state.unknown.value) return 'outcome';
  if (reading.review !== undefined) return 'review';
  return reading.attestation.mode === 'safe-mode' ? 'safe' : undefined;
}

/** The same in a sentence, for the controls that it turns off. */
export function blockedSays(state: State, reading: Reading): string | undefined {
  const { needOutcome, needReview, needSafeEnd } = texts.value.change;
  const by = blockedBy(state, reading);
  return by && { outcome: needOutcome, review: needReview, safe: needSafeEnd }[by];
}

/** At the top of whatever chooses values: that none can be chosen now, and what to do first. Nothing when they can. */
export function Blocked({ state, act, reading }: Screen & { reading: Reading }) {
  const { overview, change } = texts.value;
  switch (blockedBy(state, reading)) {
    case 'outcome':
      return (
        <Notice kind="unknown" title={overview.unknownTitle}>
          <p>{overview.unknownSays}</p>
          <Button onClick={act.settle}>{overview.ask}</Button>
        </Notice>
      );
    case 'review':
      return (
        <Notice kind="caution" title={overview.reviewTitle}>
          <p>{overview.reviewSays}</p>
          <ReviewDue state={state} device={reading.id} command={reading.review ?? ''} />
        </Notice>
      );
    case 'safe':
      return (
        <Notice kind="caution" title={change.safeTitle}>
          <p>{change.safeSays}</p>
          <Button onClick={() => act.startChange(OPERATION.resume)}>{overview.endSafe}</Button>
        </Notice>
      );
    default:
      return null;
  }
}
