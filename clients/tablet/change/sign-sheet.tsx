import { useEffect } from 'preact/hooks';
import { Refusal, type RefusalCode } from '../../../server/protocol/refusal.ts';
import { renderCommand, type Rendering } from '../../../server/protocol/render.ts';
import { prepareCommand } from '../../../server/protocol/seal.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { cautionsOf, cautionsWait } from '../cautions/cautions.ts';
import { CautionTicks } from '../cautions/caution-parts.tsx';
import { isWristband, Scanner } from '../camera/scanner.tsx';
import { sha256 } from '../../common/page/sha256.ts';
import { Sheet } from '../../common/page/sheet.tsx';
import { type Draft, peopleFor, timeToSign } from './draft.ts';
import { Portrait } from '../frame/identity-banner.tsx';
import type { Patient } from '../patient/patients.ts';
import type { Reading } from '../device/reading.ts';
import type { Screen } from '../screen.ts';
import { SimulatorLink } from '../set-up/simulator-link.tsx';
import type { Signing } from '../state.ts';
import { TimeLeft } from './time-left.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { endOf, nameOf, operationMeans, sentenceOf, texts, wholeValue } from '../words.ts';

/** What is signed, in full and once more; the year of birth is typed, never clicked. */
export function SignSheet({ state, act }: Screen) {
  const { sign } = texts.value;
  const [signing, reading, draft, patient, person] = [
    state.signing.value,
    state.reading.value,
    state.draft.value,
    state.patient.value,
    state.person.value,
  ];
  const left = reading && draft ? timeToSign(reading, draft, state.now.value) : 0;
  const late = signing?.state === 'ready' && reading !== undefined && left <= 0;
  useEffect(() => {
    if (late) void act.openSigning(true); // what the device waits for no more is not offered for signing
  }, [late]);
  if (!signing || !draft || !patient) return null;
  const typed = signing.year.length === 4;
  const scanned = patient.wristband !== undefined || signing.wristband.trim() !== '';
  const built = reading && typed && scanned ? buildFor(reading, draft, patient, signing) : undefined;
  const cautions = reading ? cautionsOf(reading, draft) : [];
  const off =
    waitsFor(signing, reading !== undefined, typed, scanned) ?? cautionsWait(cautions, signing.ticked);
  return (
    <Sheet id="sign" title={sign.title}>
      <div class="sign">
        <div class="sign-left">
          <div class="who-line">
            <Portrait patient={patient} />
            <div>
              <strong class="large">{nameOf(patient)}</strong>
              {reading && (
                <p class="quiet">
                  {reading.profile.model} · {sign.device(endOf(reading.id))}
                </p>
              )}
            </div>
          </div>
          {reading ? <SignedLines reading={reading} draft={draft} /> : <p role="status">{sign.reading}</p>}
          <Given draft={draft} />
          <CautionTicks
            of={cautions}
            ticked={signing.ticked}
            tell={(ticked) => (state.signing.value = { ...signing, ticked })}
          />
          {typeof built === 'object' && (
            <>
              <p>
                {sign.words}: <span class="words">{built.words}</span>
              </p>
              <details class="proof">
                <summary>{sign.all}</summary>
                <p class="small mono">{built.fine.join(' · ')}</p>
              </details>
            </>
          )}
        </div>
        <div class="sign-right">
          {person && <p class="quiet">{sign.signs(person.name)}</p>}
          {patient.wristband === undefined && (
            <div class="field">
              <label for="sign-wristband">{sign.wristband}</label>
              <input
                id="sign-wristband"
                class="input"
                autocomplete="off"
                value={signing.wristband}
                onInput={({ currentTarget }) => act.scanWristband(currentTarget.value)}
              />
              <p class="small">{sign.wristbandHint}</p>
              <Scanner fits={isWristband} found={act.scanWristband} />
            </div>
          )}
          <div class="field">
            <label for="sign-year">{sign.year}</label>
            <input
              id="sign-year"
              class="input year"
              inputMode="numeric"
              autocomplete="off"
              maxLength={4}
              value={signing.year}
              aria-describedby="sign-year-hint"
              onInput={({ currentTarget }) => {
                act.typeYear(currentTarget.value);
                currentTarget.value = state.signing.value?.year ?? '';
              }}
            />
            <p class="small" id="sign-year-hint">
              {sign.yearHint}
            </p>
            <SimulatorLink state={state} />
          </div>
          {signing.state === 'moved' && <Notice kind="caution" loud title={sign.moved} />}
          {built === 'E_PATIENT' && <Notice kind="blocked" loud title={texts.value.trouble.year} />}
          {typeof built === 'string' && built !== 'E_PATIENT' && (
            <Notice kind="blocked" loud title={sentenceOf({ kind: 'refused', code: built })} />
          )}
          {signing.trouble && (
            <Notice kind="blocked" loud title={sentenceOf(signing.trouble)}>
              {signing.state === 'reading' && (
                <Button onClick={() => act.openSigning(true)}>{sign.readAgain}</Button>
              )}
            </Notice>
          )}
          {signing.stale && (
            <Notice kind="caution" loud title={sign.old}>
              <Button onClick={act.signInAgain}>{sign.again}</Button>
            </Notice>
          )}
          <TroubleNotice state={state} />
          {signing.state === 'ready' && reading && left > 0 && (
            <TimeLeft state={state} left={left} two={peopleFor(reading, draft) === 2} />
          )}
        </div>
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeSheet}>
          {sign.cancel}
        </Button>
        {signing.state === 'signing' ? (
          <p role="status">{sign.signing}</p>
        ) : (
          <Button
            kind="main"
            tall
            onClick={act.sign}
            off={off ?? (typeof built === 'string' ? sign.fits : undefined)}
          >
            {sign.sign}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

function waitsFor(signing: Signing, read: boolean, typed: boolean, scanned: boolean): string | undefined {
  const { sign } = texts.value;
  if (signing.state === 'moved') return sign.moved;
  if (signing.stale) return sign.again;
  if (signing.trouble?.kind === 'refused' && signing.trouble.code === 'E_BUILD')
    return texts.value.trouble.code('E_BUILD');
  if (signing.state === 'waiting') return texts.value.signIn.window;
  if (!read || signing.state === 'reading') return sign.wait;
  if (!scanned) return sign.needWristband;
  return typed ? undefined : sign.needYear;
}

/** Each change at full size, rendered from the very bytes that would be signed. */
function SignedLines({ reading, draft }: { reading: Reading; draft: Draft }) {
  const { sign } = texts.value;
  const rows = reading.profile.parameters.flatMap((of) => {
    const value = draft.changes.get(of.code);
    return value === undefined ? [] : [{ of, value }];
  });
  return (
    <ul class="signed">
      {rows.length === 0 && (
        <li class="large">{operationMeans(draft.operation, reading.attestation.mode)}</li>
      )}
      {rows.map(({ of, value }) => (
        <li key={of.code}>
          <span>{of.name}</span>
          <span class="large">
            {wholeValue(of, reading.attestation.settings.get(of.code) ?? 0)}{' '}
            <span aria-label={sign.to}>→</span> <b>{wholeValue(of, value)}</b>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Why it is done: what goes with the signed bytes, for the colleague and the log. */
function Given({ draft: { reason, note, order } }: { draft: Draft }) {
  const { sign, change } = texts.value;
  const reasons: Readonly<Record<string, string>> = texts.value.reasons;
  const given = [
    [change.reason, reasons[reason] ?? reason],
    [change.note, note.trim()],
    [change.order, order.trim()],
  ].filter(([, said]) => said !== '');
  return given.length === 0 ? null : (
    <section class="given">
      <h2 class="small">{sign.given}</h2>
      <dl>
        {given.map(([name, said]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{said}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The rendering of the exact bytes, or why there are none. */
function buildFor(
  reading: Reading,
  draft: Draft,
  patient: Patient,
  signing: Signing,
): Pick<Rendering, 'words' | 'fine'> | RefusalCode {
  const mrn = patient.wristband ?? signing.wristband.trim();
  const who = { mrn, birthYear: Number(signing.year) };
  try {
    const wish = { operation: draft.operation, changes: draft.changes };
    const { bytes } = prepareCommand(sha256, reading, who, wish);
    return renderCommand(sha256, bytes, reading.profile, reading.attestation.settings);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
