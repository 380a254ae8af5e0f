import { useSignal } from '@preact/signals';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import { ReasonFields } from '../frame/reason-fields.tsx';
import type { Screen } from '../screen.ts';
import type { Trouble } from '../state.ts';
import { clock, endOf, modeSays, sentenceOf } from '../words.ts';
import { ReviewFacts, useReview, type Waiting } from './review-due.tsx';
import { reviewTexts } from './texts.ts';
import { WhatMoved } from './what-moved.tsx';

/** What the log is told, in the one language that it has. */
const FOUND = ['needed', 'mistake', 'drill', 'other'] as const;
type Found = (typeof FOUND)[number];
/** The statement holds 500 characters at most, the word before it among them. */
const MOST_TEXT = 480;

/** The review: why the door was used, in a word or more, and one signature. */
export function ReviewSheet({ state, act, device, command }: Screen & Waiting) {
  const t = reviewTexts.value;
  const review = useReview(state, command);
  const reading = state.reading.value;
  const found = useSignal<Found | undefined>(undefined);
  const text = useSignal('');
  const signing = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const sign = async (): Promise<void> => {
    if (!found.value || signing.value) return;
    signing.value = true;
    const said = text.value.trim();
    const word = said === '' ? found.value : `${found.value}: ${said}`;
    trouble.value = await state.reviews.value?.sign(device, command, word);
    signing.value = false;
  };
  const missing = !found.value
    ? t.needReason
    : found.value === 'other' && text.value.trim() === ''
      ? t.needText
      : undefined;
  return (
    <Sheet id="review" title={t.title}>
      <div class="sign">
        <div class="sign-left">
          <strong class="large">
            {reading?.profile.model} …{endOf(device)}
          </strong>
          <ReviewFacts state={state} review={review} />
          <WhatMoved state={state} command={command} />
          {reading && <p>{t.reads(modeSays(reading.attestation.mode), clock(reading.at))}</p>}
          <p class="small">
            {t.command} <span class="mono">{command.slice(0, 16)}</span>
          </p>
        </div>
        <div class="sign-right">
          <p>
            {t.lead} {t.effect}
          </p>
          {trouble.value && <Notice kind="blocked" loud title={sentenceOf(trouble.value)} />}
          <ReasonFields
            id="review"
            title={t.why}
            reasons={FOUND}
            words={t}
            reason={found}
            more={t.more}
            text={text}
            most={MOST_TEXT}
          >
            <p class="small">{t.moreHint}</p>
          </ReasonFields>
        </div>
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeSheet}>
          {t.cancel}
        </Button>
        {signing.value ? (
          <p role="status">{t.signing}</p>
        ) : (
          <Button kind="main" tall onClick={sign} off={review?.own === true ? t.own : missing}>
            {t.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
