import { Button } from '../common/page/button.tsx';
import { Notice } from '../common/page/chip.tsx';
import { Sheet } from '../common/page/sheet.tsx';
import type { Emergency } from './emergency.ts';
import type { Screen } from './screen.ts';
import { TapPicture } from './tap-picture.tsx';
import { endOf, nameOf, sentenceOf, texts, wholeValue } from './words.ts';

/** Steps in which what the device will do needs all the place there is. */
const SHORT: ReadonlySet<Emergency['step']> = new Set(['sign', 'signing', 'sending']);

/** The emergency safe mode: what it does in one sentence, the reader, the key, and what the device did. */
export function EmergencySheet({ state, act, emergency }: Screen & { emergency: Emergency }) {
  const { emergency: t } = texts.value;
  const patient = state.patient.value;
  const locked = state.view.value.at === 'locked';
  const trouble = 'trouble' in emergency ? emergency.trouble : undefined;
  return (
    <Sheet id="emergency" title={t.title}>
      <div class="centre" aria-live="polite" tabIndex={0}>
        {SHORT.has(emergency.step) ? null : <p>{t.lead}</p>}
        <p class="quiet">{patient && !locked ? t.patient(nameOf(patient)) : t.nobody}</p>
        {trouble && <Notice kind="blocked" loud title={sentenceOf(trouble)} />}
        <Body
          emergency={emergency}
          plain={trouble === undefined}
          patient={patient && !locked ? nameOf(patient) : undefined}
          whose={'device' in emergency && !locked ? state.met.get(emergency.device) : undefined}
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
        {emergency.step === 'sign' && (
          <Button kind="danger" tall focus onClick={act.signEmergency}>
            {t.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

function Body({
  emergency,
  plain,
  patient,
  whose,
}: {
  emergency: Emergency;
  plain: boolean;
  /** Who is in front of this tablet, and whose device this person has read before: none of it on a locked screen. */
  patient: string | undefined;
  whose: string | undefined;
}) {
  const { emergency: t } = texts.value;
  const now: Readonly<Record<string, string>> = { sign: t.notYet, signing: t.signing, sending: t.sending };
  switch (emergency.step) {
    case 'confirm':
      return <Notice kind="caution" title={t.confirmSays} />;
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
        <Notice
          kind={emergency.checked ? 'verified' : 'caution'}
          title={(emergency.checked ? t.done : t.says)(endOf(emergency.device))}
        >
          <p>{t.receipt(String(emergency.number))}</p>
          <p>{emergency.checked ? t.checked : t.unchecked}</p>
          <p>{t.after}</p>
        </Notice>
      );
    case 'refused':
      return <p>{t.again}</p>;
    default:
      return (
        <>
          <h2>{t.found(emergency.known?.profile.model ?? t.device, endOf(emergency.device))}</h2>
          <Notice kind={emergency.step === 'sign' ? 'caution' : 'busy'} title={now[emergency.step] ?? ''} />
          {!emergency.expected && patient && (
            <Notice
              kind="blocked"
              loud
              title={whose === undefined ? t.unexpected(patient) : t.anothers(whose, patient)}
            />
          )}
          <p>
            {t.words}: <span class="words">{emergency.words}</span>
          </p>
          <p>{emergency.known ? t.does : t.doesUnknown}</p>
          {emergency.known && (
            <dl class="facts">
              {emergency.known.profile.parameters
                .filter(({ code }) => emergency.known?.profile.safeState.has(code))
                .map((of) => (
                  <div key={of.code}>
                    <dt>{of.name}</dt>
                    <dd>
                      <b>{wholeValue(of, emergency.known?.profile.safeState.get(of.code) ?? 0)}</b>
                    </dd>
                  </div>
                ))}
            </dl>
          )}
        </>
      );
  }
}
