import type { TapPhase } from '../../../server/protocol/link/tap-phase.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Icon, type Kind } from '../../common/page/icon.tsx';
import { aboutPatient } from '../frame/identity-banner.tsx';
import type { Screen } from '../screen.ts';
import { SimulatorLink } from '../set-up/simulator-link.tsx';
import { Stage } from '../frame/stage.tsx';
import { tapTexts } from './texts.ts';
import { TapPicture } from './tap-picture.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { endOf, nameOf, texts } from '../words.ts';

/** Phases in which nothing goes on by itself. */
const STOPS = ['lost', 'mismatch', 'unknown', 'not-genuine', 'not-a-device', 'elsewhere', 'two'] as const;
const isStop = (phase: TapPhase): phase is (typeof STOPS)[number] => STOPS.some((one) => one === phase);

/** Reading a device: one picture, one sentence; and the full stop when it belongs to somebody else. */
export function TapScreen({ state, act }: Screen) {
  const { tap } = texts.value;
  const reading = state.reading.value;
  if (reading && !reading.belongs) return <MismatchScreen state={state} act={act} />;
  const assigned = state.patient.value?.assigned.find(({ id }) => id === state.wanted.value);
  const implant = assigned?.transport === 'nfc';
  const busy = state.readingState.value === 'reading';
  const failed = state.readingState.value === 'failed';
  const seen = state.tap.value;
  const stopped = seen !== undefined && isStop(seen.phase) && !busy;
  const at = { found: 0, authenticated: 1, reading: 2, read: 3 }[String(seen?.phase)] ?? (busy ? 0 : -1);
  const kindAt = (step: number): Kind => (at > step ? 'verified' : at === step ? 'busy' : 'waiting');
  const steps: readonly { kind: Kind; title: string }[] = [
    { kind: kindAt(0), title: tap.found },
    { kind: kindAt(1), title: tap.authenticated },
    {
      kind: kindAt(2),
      title: seen?.phase === 'reading' ? tap.part(String(seen.step), String(seen.of)) : tap.read,
    },
  ];
  const bar = (
    <>
      <Button tall onClick={() => act.go('devices')}>
        {tap.back}
      </Button>
      {implant && !busy && (
        <Button tall onClick={() => act.go('reader')}>
          {texts.value.reader.wrong}
        </Button>
      )}
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
        {stopped && (
          <Notice
            kind={seen.phase === 'lost' ? 'unknown' : 'blocked'}
            loud
            title={seen.phase === 'two' ? tapTexts.value.two : tap.phases[seen.phase]}
          />
        )}
        {implant && (
          <div class="who-line">
            <TapPicture />
            {!busy && <SimulatorLink state={state} />}
          </div>
        )}
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

/** The implant on the reader beside this tablet is not this patient's: the way out is to take it away, or another patient. */
export function ReaderMismatch({ state, act }: Screen) {
  const { tap, devices } = texts.value;
  const bar = (
    <>
      <SimulatorLink state={state} />
      <Button tall onClick={() => act.go('reader')}>
        {texts.value.reader.wrong}
      </Button>
      <Button tall onClick={act.leavePatient}>
        {devices.leave}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="stop">
        <Notice kind="blocked" loud level="h1" title={tap.phases.mismatch}>
          <p>{tap.mismatchReader(state.binding.value?.label ?? '')}</p>
        </Notice>
      </div>
    </Stage>
  );
}

/** The same of a device on the network: nothing of it goes through the reader, and the way to it stays open. */
export function ReaderOther({ state }: Pick<Screen, 'state'>) {
  if (state.tap.value?.phase !== 'mismatch' || state.mismatch.value) return null;
  return (
    <Notice kind="caution" title={tapTexts.value.other}>
      <p>{tapTexts.value.otherSays}</p>
    </Notice>
  );
}

/** While something else lies at the reader too: nothing is read and nothing sent until one is alone. */
export function TwoAtReader({ state, transport }: Pick<Screen, 'state'> & { transport: string | undefined }) {
  if (transport !== 'nfc' || state.tap.value?.phase !== 'two') return null;
  return <Notice kind="blocked" loud title={tapTexts.value.two} />;
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
        <Notice kind="blocked" loud level="h1" title={tap.mismatchTitle}>
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
