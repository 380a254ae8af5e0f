import { useSignal } from '@preact/signals';
import { ROLE } from '../../../server/protocol/credential.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import { ReasonFields } from '../reason-fields.tsx';
import type { Screen } from '../screen.ts';
import type { Trouble } from '../state.ts';
import { endOf, sentenceOf } from '../words.ts';
import { reviewTexts } from './texts.ts';

/** What the log is told, in the one language that it has. */
const FOUND = ['needed', 'mistake', 'drill', 'other'] as const;
type Found = (typeof FOUND)[number];
/** The statement holds 500 characters at most, the word before it among them. */
const MOST_TEXT = 480;

interface Waiting {
  /** EUI-64, hexadecimal. */
  readonly device: string;
  /** Hash of the emergency command, hexadecimal. */
  readonly command: string;
}

/** What is due after an emergency, who is told, and for whoever may review it the way to the form. */
export function ReviewDue({ state, device, command }: Pick<Screen, 'state'> & Waiting) {
  const t = reviewTexts.value;
  const may = ((state.person.value?.roles ?? 0) & (ROLE.operator | ROLE.second)) !== 0;
  return (
    <>
      <p>{t.due}</p>
      <p>{t.told}</p>
      {may ? (
        <Button onClick={() => void (state.sheet.value = { kind: 'review', device, command })}>
          {t.begin}
        </Button>
      ) : (
        <p>{t.who}</p>
      )}
    </>
  );
}

/** The review: why the door was used, in a word or more, and one signature. */
export function ReviewSheet({ state, act, device, command }: Screen & Waiting) {
  const t = reviewTexts.value;
  const found = useSignal<Found | undefined>(undefined);
  const text = useSignal('');
  const signing = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const sign = async (): Promise<void> => {
    if (!found.value || signing.value) return;
    signing.value = true;
    const said = text.value.trim();
    trouble.value = await act.review(device, command, said === '' ? found.value : `${found.value}: ${said}`);
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
            {state.reading.value?.profile.model} …{endOf(device)}
          </strong>
          <p>{t.lead}</p>
          <p>{t.effect}</p>
          <h2>{t.command}</h2>
          <p class="mono small">{command.slice(0, 16)}</p>
        </div>
        <div class="sign-right">
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
          <Button kind="main" tall onClick={sign} off={missing}>
            {t.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
