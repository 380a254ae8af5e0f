import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { whenSays } from './due.ts';
import type { OpenReview } from './reviews.ts';
import { reviewTexts } from './texts.ts';

/** Where an emergency happened, as far as this person may know. */
export const placeSaid = ({ deviceName, patient }: OpenReview): string =>
  [deviceName, patient && `${patient.family}, ${patient.given}`, patient?.bed].filter(Boolean).join(' · ');

/** Emergencies that wait: one's own for the reason of whoever used the door, those of others for their review. */
export function WaitingReviews({ state }: Pick<Screen, 'state'>) {
  const t = reviewTexts.value;
  const open = state.reviews.value?.open.value ?? [];
  return open.map((one) =>
    one.own ? (
      one.reason ? null : (
        <Notice key={one.command} kind="caution" title={t.whys.owed(placeSaid(one))}>
          <p>{t.whys.owedSays}</p>
          <Button onClick={() => void (state.sheet.value = { kind: 'reason', ...one })}>
            {t.whys.begin}
          </Button>
        </Notice>
      )
    ) : (
      <Notice key={one.command} kind="caution" title={t.waits(placeSaid(one))}>
        {one.due !== undefined && <p>{t.by(whenSays(one.due, state.now.value), one.byName ?? t.stranger)}</p>}
        <p>{t.find}</p>
      </Notice>
    ),
  );
}
