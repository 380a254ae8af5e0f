import { EmergencySheet } from '../emergency/emergency-sheet.tsx';
import type { Screen } from '../screen.ts';

/** The sheet that is open, if one is. */
export function OpenSheet({ state, act }: Screen) {
  const sheet = state.sheet.value;
  const reading = state.reading.value;
  const [glass, screens] = [state.glass.value, state.screens.value];
  if (!sheet) return null;
  switch (sheet.kind) {
    case 'edit': {
      const of = reading?.profile.parameters.find(({ code }) => code === sheet.code);
      if (!reading || !of || !screens) return null;
      return <screens.EditSheet key={sheet.code} state={state} act={act} reading={reading} of={of} />;
    }
    case 'sign':
      return screens ? <screens.SignSheet state={state} act={act} /> : null;
    case 'emergency':
      return state.emergency.value ? (
        <EmergencySheet state={state} act={act} emergency={state.emergency.value} />
      ) : null;
    case 'break-glass': {
      const found = state.search.value;
      const row = typeof found === 'object' && found.patients.find(({ id }) => id === sheet.patient);
      return row && glass ? <glass.Sheet state={state} act={act} patient={row} /> : null;
    }
    case 'review':
      return screens ? <screens.ReviewSheet state={state} act={act} {...sheet} /> : null;
    case 'reason':
      return screens ? <screens.ReasonSheet state={state} act={act} {...sheet} /> : null;
    default:
      return sheet satisfies never;
  }
}
