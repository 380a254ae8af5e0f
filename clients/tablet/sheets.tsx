import { EmergencySheet } from './emergency-sheet.tsx';
import { EditSheet } from './edit-sheet.tsx';
import type { Screen } from './screen.ts';
import { SignSheet } from './sign-sheet.tsx';

/** The sheet that is open, if one is. */
export function OpenSheet({ state, act }: Screen) {
  const sheet = state.sheet.value;
  const reading = state.reading.value;
  const glass = state.glass.value;
  if (!sheet) return null;
  switch (sheet.kind) {
    case 'edit': {
      const of = reading?.profile.parameters.find(({ code }) => code === sheet.code);
      if (!reading || !of) return null;
      return <EditSheet key={sheet.code} state={state} act={act} reading={reading} of={of} />;
    }
    case 'sign':
      return <SignSheet state={state} act={act} />;
    case 'emergency':
      return state.emergency.value ? (
        <EmergencySheet state={state} act={act} emergency={state.emergency.value} />
      ) : null;
    case 'break-glass': {
      const found = state.search.value;
      const row = typeof found === 'object' && found.patients.find(({ id }) => id === sheet.patient);
      return row && glass ? <glass.Sheet state={state} act={act} patient={row} /> : null;
    }
    default:
      return sheet satisfies never;
  }
}
