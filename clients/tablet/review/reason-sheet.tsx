import { useSignal } from '@preact/signals';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import { ReasonFields } from '../frame/reason-fields.tsx';
import type { Screen } from '../screen.ts';
import type { Trouble } from '../state.ts';
import { endOf, sentenceOf } from '../words.ts';
import { RESCUE_REASONS, type RescueReason } from './reasons.ts';
import { ReviewFacts, useReview, type Waiting } from './review-due.tsx';
import { reviewTexts } from './texts.ts';

const MOST_TEXT = 480;

/** The rescuer's own reason: a word, more words if they like, and one signature. It can wait. */
export function ReasonSheet({ state, act, device, command }: Screen & Waiting) {
  const { whys: t, ...words } = reviewTexts.value;
  const review = useReview(state, command);
  const reason = useSignal<RescueReason | undefined>(undefined);
  const text = useSignal('');
  const signing = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const sign = async (): Promise<void> => {
    if (!reason.value || signing.value) return;
    signing.value = true;
    trouble.value = await state.reviews.value?.explain(device, command, reason.value, text.value.trim());
    signing.value = false;
  };
  const missing = !reason.value
    ? words.needReason
    : reason.value === 'other' && text.value.trim() === ''
      ? t.needText
      : undefined;
  return (
    <Sheet id="reason" title={t.title}>
      <div class="sign">
        <div class="sign-left">
          <strong class="large">
            {review?.deviceName} …{endOf(device)}
          </strong>
          <ReviewFacts state={state} review={review} />
          <p class="small">
            {words.command} <span class="mono">{command.slice(0, 16)}</span>
          </p>
        </div>
        <div class="sign-right">
          <p>{t.lead}</p>
          {trouble.value && <Notice kind="blocked" loud title={sentenceOf(trouble.value)} />}
          <ReasonFields
            id="reason"
            title={t.why}
            reasons={RESCUE_REASONS}
            words={t.words}
            reason={reason}
            more={t.more}
            text={text}
            most={MOST_TEXT}
          >
            <p class="small">{words.moreHint}</p>
          </ReasonFields>
        </div>
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeSheet}>
          {t.later}
        </Button>
        {signing.value ? (
          <p role="status">{words.signing}</p>
        ) : (
          <Button kind="main" tall onClick={sign} off={missing}>
            {t.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
