import type { ComponentChildren } from 'preact';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import { REVIEW_WITHIN_MS, whenSays } from '../review/due.ts';
import { asksWhose, type Emergency } from './emergency.ts';
import { EmergencyFirst, WhatItDoes } from './emergency-says.tsx';
import type { Screen } from '../screen.ts';
import { TapPicture } from '../tap/tap-picture.tsx';
import { endOf, nameOf, sentenceOf, texts } from '../words.ts';

/** Steps in which what the device will do needs all the place there is. */
const SHORT: ReadonlySet<Emergency['step']> = new Set(['confirm', 'sign', 'signing', 'sending']);

/** The emergency safe mode: what it does in one sentence, the reader, the key, and what the device did. */
export function EmergencySheet({ state, act, emergency }: Screen & { emergency: Emergency }) {
  const { emergency: t } = texts.value;
  const patient = state.patient.value;
  const After = state.screens.value?.AfterEmergency;
  const locked = state.view.value.at === 'locked';
  const trouble = 'trouble' in emergency ? emergency.trouble : undefined;
  return (
    <Sheet id="emergency" title={t.title}>
      <div class="centre" aria-live="polite" tabIndex={0}>
        {'expected' in emergency && !emergency.expected && patient && !locked && (
          <AnotherOnes
            patient={nameOf(patient)}
            whose={state.met.get(emergency.device)}
            goOn={emergency.step === 'sign' && asksWhose(state, emergency) ? act.agreeEmergency : undefined}
          />
        )}
        <p class="quiet">{patient && !locked ? t.patient(nameOf(patient)) : t.nobody}</p>
        {trouble && <Notice kind="blocked" loud title={sentenceOf(trouble)} />}
        <Body
          emergency={emergency}
          after={t.after(
            whenSays(state.now.value + REVIEW_WITHIN_MS, state.now.value),
            state.person.value?.name ?? t.signer,
          )}
          network={!locked && patient !== undefined && patient.assigned.every((of) => of.transport !== 'nfc')}
          plain={trouble === undefined}
          table={
            After &&
            emergency.step === 'done' && (
              <After
                state={state}
                act={act}
                device={emergency.device}
                receipt={emergency.receipt}
                known={emergency.checked ? emergency.known : undefined}
              />
            )
          }
        />
        {!SHORT.has(emergency.step) && <p class="small">{t.way}</p>}
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeEmergency}>
          {emergency.step === 'done' || emergency.step === 'refused' ? t.close : t.cancel}
        </Button>
        {emergency.step === 'confirm' && (
          <Button kind="danger" tall focus onClick={act.confirmEmergency}>
            {t.confirm}
          </Button>
        )}
        {emergency.step === 'sign' && !asksWhose(state, emergency) && (
          <Button kind="danger" tall focus onClick={act.signEmergency}>
            {t.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

/** Above everything: the device on the reader is not of who is in front of this tablet. Whose it is, the press says that goes on. */
function AnotherOnes({
  patient,
  whose,
  goOn,
}: {
  patient: string;
  /** Whose device this person has read before; undefined where they never did. */
  whose: string | undefined;
  /** Undefined once they have said so. */
  goOn: (() => void) | undefined;
}) {
  const { emergency: t } = texts.value;
  return (
    <Notice
      kind="blocked"
      loud
      title={whose === undefined ? t.unexpected(patient) : t.anothers(whose, patient)}
    >
      {goOn && (
        <Button kind="danger" onClick={goOn}>
          {whose === undefined ? t.goOnUnknown(patient) : t.goOn(whose)}
        </Button>
      )}
    </Notice>
  );
}

function Body({
  emergency,
  after,
  network,
  plain,
  table,
}: {
  emergency: Emergency;
  /** Who is told, and what it changed. */
  table: ComponentChildren;
  /** What has to follow, by when and by whom. */
  after: string;
  /** The patient at hand has no implant: there is nothing of theirs that this door reaches. */
  network: boolean;
  plain: boolean;
}) {
  const { emergency: t } = texts.value;
  const now: Readonly<Record<string, string>> = { sign: t.notYet, signing: t.signing, sending: t.sending };
  switch (emergency.step) {
    case 'confirm':
      return <EmergencyFirst expects={emergency.expects} network={network} />;
    case 'looking':
      return (
        <>
          <h2>{t.hold}</h2>
          {plain && <TapPicture />}
        </>
      );
    case 'two':
      return <Notice kind="blocked" loud title={t.two} />;
    case 'done':
      return (
        <>
          <Notice
            kind={emergency.checked ? 'verified' : 'caution'}
            title={(emergency.checked ? t.done : t.says)(endOf(emergency.device))}
          >
            <p>{t.receipt(String(emergency.receipt.number))}</p>
            <p>{emergency.checked ? t.checked : t.unchecked}</p>
            <p>{after}</p>
          </Notice>
          {table}
        </>
      );
    case 'refused':
      return <p>{t.again}</p>;
    default:
      return (
        <>
          {!emergency.known && <h2>{t.found(t.device, endOf(emergency.device))}</h2>}
          <Notice kind={emergency.step === 'sign' ? 'caution' : 'busy'} title={now[emergency.step] ?? ''} />
          <p>
            {t.words}: <span class="words">{emergency.words}</span>
          </p>
          {emergency.known ? (
            <WhatItDoes device={emergency.device} known={emergency.known} />
          ) : (
            <p>{t.doesUnknown}</p>
          )}
        </>
      );
  }
}
