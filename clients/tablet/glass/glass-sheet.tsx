import { useSignal } from '@preact/signals';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import type { PatientRow } from '../patient/patients.ts';
import { ReasonFields } from '../frame/reason-fields.tsx';
import type { Screen } from '../screen.ts';
import type { Trouble } from '../state.ts';
import { ageOf, dateOf, nameOf, sentenceOf, texts } from '../words.ts';
import { glassOf, type Reason, REASONS } from './glass.ts';
import { glassTexts } from './texts.ts';

const MOST_TEXT = 500;

/** A patient of others: why, what that opens, who hears of it, what it does not do, and one signature. */
export function GlassSheet({ state, act, patient }: Screen & { readonly patient: PatientRow }) {
  const t = glassTexts.value;
  const glass = glassOf(state);
  const { step, trouble } = glass.asking.value;
  const reason = useSignal<Reason | undefined>(undefined);
  const text = useSignal('');
  const open = (): void => {
    if (reason.value) void glass.open(patient.id, reason.value, text.value);
  };
  return (
    <Sheet id="break-glass" title={t.title}>
      <div class="sign">
        <div class="sign-left">
          <strong class="large">{nameOf(patient)}</strong>
          <p class="quiet">
            {texts.value.person.born(dateOf(patient.birthDate), ageOf(patient.birthDate, state.now.value))}
          </p>
          <p>{t.lead}</p>
          <Notice kind="blocked" title={t.not}>
            <p>{t.notLead}</p>
          </Notice>
          <h2>{t.opens}</h2>
          <p>{t.opensThis}</p>
          <h2>{t.told}</h2>
          <p>{t.toldTeam}</p>
        </div>
        <div class="sign-right">
          {trouble && <Notice kind="blocked" loud title={said(trouble)} />}
          <ReasonFields
            id="glass"
            title={t.why}
            reasons={REASONS}
            words={t}
            reason={reason}
            more={t.more}
            text={text}
            most={MOST_TEXT}
          />
        </div>
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeSheet}>
          {t.cancel}
        </Button>
        {step === 'signing' ? (
          <p role="status">{t.signing}</p>
        ) : (
          <Button kind="main" tall onClick={open} off={reason.value ? undefined : t.needReason}>
            {t.open}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

/** Here the review that is missing is the one of an earlier break-glass, not of an emergency. */
const said = (trouble: Trouble): string =>
  trouble.kind === 'refused' && trouble.code === 'E_REVIEW'
    ? glassTexts.value.reviewDue
    : sentenceOf(trouble);
