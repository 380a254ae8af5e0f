import type { Screen } from '../screen.ts';
import { texts } from '../words.ts';

/** The place of alarms, kept from the first moment on, so that nothing moves when one comes. */
export function AlarmPlace({ state, act }: Screen) {
  const vitals = state.vitals.value;
  if (vitals) return <vitals.Strip state={state} act={act} />;
  const { alarmsWait } = texts.value.frame;
  return (
    <section class="alarms" aria-label={alarmsWait}>
      <span class="alarm-quiet">{state.patient.value && alarmsWait}</span>
    </section>
  );
}
