import type { Screen } from '../screen.ts';
import { LiveScreen } from './live-screen.tsx';
import { WardBoard } from './ward-board.tsx';

/** With a patient at hand it is that patient; with nobody, it is the ward. */
export const LivePart = ({ state, act }: Screen) =>
  state.patient.value ? <LiveScreen state={state} act={act} /> : <WardBoard state={state} act={act} />;
