import { useEffect } from 'preact/hooks';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Receipt } from '../../../server/protocol/receipt.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { movedIn } from '../../common/page/moved.ts';
import { ReadBackTable } from '../command/read-back-table.tsx';
import type { KnownDevice } from '../device/known-devices.ts';
import { reviewTexts } from '../review/texts.ts';
import { ToldPeople } from '../review/told.tsx';
import type { Screen } from '../screen.ts';

/** The station brings the receipt to the gateway within a moment of its answer. */
const LOOK_MS = 2_000;

interface Ended {
  readonly device: string;
  readonly receipt: Receipt;
  /** Undefined where the device's signature could not be checked. */
  readonly known: KnownDevice | undefined;
}

/** What the safe mode changed, as the device signed it; who is told of it; and the rescuer's own reason, which can wait. */
export function AfterEmergency({ state, act, device, receipt, known }: Screen & Ended) {
  return (
    <>
      <WhoIsTold state={state} act={act} device={device} command={hex(receipt.command)} />
      {known && (
        <ReadBackTable moved={movedIn(known.profile, receipt.before, known.profile.safeState, receipt)} />
      )}
    </>
  );
}

/** By the gateway's list of who has it in theirs; while it has none, nobody is said to be told. */
function WhoIsTold({ state, act, device, command }: Screen & { device: string; command: string }) {
  const { told: t, whys } = reviewTexts.value;
  const reviews = state.reviews.value;
  const review = reviews?.open.value.find((one) => one.command === command);
  const away = state.link.value.kind === 'away';
  const asks = state.person.value !== undefined && state.view.value.at !== 'locked';
  const waits = asks && !away && review === undefined;
  useEffect(() => {
    if (!waits || !reviews) return undefined;
    void reviews.look();
    const again = setInterval(() => void reviews.look(), LOOK_MS);
    return () => clearInterval(again);
  }, [waits, reviews]);
  if (away || (asks && !review))
    return (
      <Notice kind="unknown" title={away ? t.away : t.coming}>
        <p>{away ? t.call : t.comingSays}</p>
      </Notice>
    );
  if (!review) return <Notice kind="unknown" title={t.signIn} />;
  // The gateway's word, so it is never green.
  const reached = review.told.people.some(({ here, reviews: may }) => here && may);
  const explain = (): void => {
    act.closeEmergency();
    state.sheet.value = { kind: 'reason', device, command };
  };
  return (
    <Notice kind={reached ? 'waiting' : 'caution'} title={t.title}>
      <ToldPeople told={review.told} />
      {review.own && !review.reason && <Button onClick={explain}>{whys.begin}</Button>}
      {review.own && review.reason && <p>{whys.given}</p>}
    </Notice>
  );
}
