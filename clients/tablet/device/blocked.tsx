import { OPERATION } from '../../../server/protocol/command.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { blockedBy, lacking } from './blocks.ts';
import type { Reading } from './reading.ts';
import { ReviewDue } from '../review/review-due.tsx';
import type { Screen } from '../screen.ts';
import { siteTexts } from '../site/texts.ts';
import { texts, wholeValue } from '../words.ts';

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
    case 'battery':
      return <BatteryBlocks act={act} reading={reading} />;
    default:
      return null;
  }
}

function BatteryBlocks({ act, reading }: Pick<Screen, 'act'> & { reading: Reading }) {
  const t = siteTexts.value;
  const charge = lacking(reading);
  if (!charge) return null;
  const { of, value } = charge;
  return (
    <Notice
      kind="blocked"
      title={t.battery(of.name, wholeValue(of, value), String(reading.stopBelowPercent))}
    >
      <p>{t.batterySays}</p>
      <Button onClick={act.readAgain}>{t.again}</Button>
    </Notice>
  );
}
