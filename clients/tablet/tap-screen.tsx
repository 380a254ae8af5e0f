import { Button } from '../common/page/button.tsx';
import { Notice } from '../common/page/chip.tsx';
import { Icon, type Kind } from '../common/page/icon.tsx';
import { aboutPatient } from './identity-banner.tsx';
import type { Screen } from './screen.ts';
import { Stage } from './stage.tsx';
import { TroubleNotice } from './trouble-notice.tsx';
import { endOf, nameOf, texts } from './words.ts';

/** Reading a device: one picture, one sentence; and the full stop when it belongs to somebody else. */
export function TapScreen({ state, act }: Screen) {
  const { tap } = texts.value;
  const reading = state.reading.value;
  if (reading && !reading.belongs) return <MismatchScreen state={state} act={act} />;
  const assigned = state.patient.value?.assigned.find(({ id }) => id === state.wanted.value);
  const implant = assigned?.transport === 'nfc';
  const busy = state.readingState.value === 'reading';
  const failed = state.readingState.value === 'failed';
  const steps: readonly { kind: Kind; title: string }[] = [
    { kind: busy ? 'busy' : 'waiting', title: tap.found },
    { kind: 'waiting', title: tap.authenticated },
    { kind: 'waiting', title: tap.read },
  ];
  const bar = (
    <>
      <Button tall onClick={() => act.go('devices')}>
        {tap.back}
      </Button>
      {!busy && (
        <Button kind="main" tall focus onClick={act.readAgain}>
          {tap.again}
        </Button>
      )}
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{failed ? tap.failed : implant ? tap.hold : tap.network}</h1>
        <TroubleNotice state={state} />
        {implant && <TapPicture />}
        <p>{implant ? tap.holdSays : tap.networkSays}</p>
        {!failed && (
          <ol class="steps" aria-live="polite">
            {steps.map(({ kind, title }) => (
              <li key={title}>
                <Icon kind={kind} size={24} />
                <h2>{title}</h2>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Stage>
  );
}

function MismatchScreen({ state, act }: Screen) {
  const { tap } = texts.value;
  const [reading, patient] = [state.reading.value, state.patient.value];
  if (!reading || !patient) return null;
  const bar = (
    <Button tall onClick={() => act.go('devices')}>
      {tap.back}
    </Button>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="stop">
        <Notice kind="blocked" loud title={tap.mismatchTitle}>
          <p>{tap.mismatchSays}</p>
        </Notice>
        <div class="two">
          <section class="panel">
            <h2>{tap.onTablet}</h2>
            <p class="large">{nameOf(patient)}</p>
            <p class="quiet">{aboutPatient(patient, state.now.value)}</p>
          </section>
          <section class="panel">
            <h2>{tap.onDevice}</h2>
            <p class="large">
              {reading.profile.model} …{endOf(reading.id)}
            </p>
            <p class="quiet">{tap.notThisPatient}</p>
          </section>
        </div>
      </div>
    </Stage>
  );
}

/** The one picture there is: a reader over a chest. */
const TapPicture = () => (
  <svg class="picture" viewBox="0 0 240 120" aria-hidden="true" focusable="false">
    <path d="M40 118c0-36 26-52 60-52s60 16 60 52" fill="none" stroke="var(--line-strong)" stroke-width="3" />
    <circle cx="100" cy="34" r="24" fill="none" stroke="var(--line-strong)" stroke-width="3" />
    <rect
      x="112"
      y="82"
      width="26"
      height="20"
      rx="8"
      fill="var(--changed-bg)"
      stroke="var(--action)"
      stroke-width="3"
    />
    <rect
      x="150"
      y="58"
      width="62"
      height="26"
      rx="6"
      fill="var(--surface)"
      stroke="var(--text)"
      stroke-width="3"
    />
    <path d="M146 76q-10 4-8 14M154 92q-12 6-6 20" fill="none" stroke="var(--action)" stroke-width="3" />
  </svg>
);
