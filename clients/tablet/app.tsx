import { ChangeScreen } from './change-screen.tsx';
import { CommandScreen } from './command-screen.tsx';
import { NotRead, OverviewScreen, SettingsScreen } from './device-screens.tsx';
import { Frame } from './frame.tsx';
import { DevicesScreen, FindScreen } from './patient-screens.tsx';
import { ReaderScreen } from './reader-screen.tsx';
import type { Screen } from './screen.ts';
import { EndScreen, HistoryScreen } from './session-screens.tsx';
import { LockedScreen, SetUpScreen, SignInScreen } from './staff-screens.tsx';
import { Stage } from './stage.tsx';
import { ReaderMismatch, TapScreen } from './tap-screen.tsx';

/** The whole tablet, from its state. */
export const App = ({ state, act }: Screen) => (
  <Frame state={state} act={act}>
    <Main state={state} act={act} />
  </Frame>
);

/** Where nothing goes on while the implant on the reader is somebody else's. */
const STOPPED = ['devices', 'tap', 'overview', 'settings', 'change', 'history'] as const;

function Main({ state, act }: Screen) {
  const view = state.view.value;
  const reading = state.reading.value;
  const screen = { state, act };
  if (state.mismatch.value && !state.busy.value && STOPPED.some((at) => at === view.at))
    return <ReaderMismatch {...screen} />;
  switch (view.at) {
    case 'starting':
      return null;
    case 'set-up':
      return <SetUpScreen {...screen} view={view} />;
    case 'sign-in':
      return <SignInScreen {...screen} view={view} />;
    case 'locked':
      return <LockedScreen {...screen} view={view} />;
    case 'patients':
      return <FindScreen {...screen} />;
    case 'devices':
      return <DevicesScreen {...screen} />;
    case 'reader':
      return <ReaderScreen {...screen} />;
    case 'tap':
      return <TapScreen {...screen} />;
    case 'command':
      return state.run.value ? <CommandScreen {...screen} run={state.run.value} /> : <NotRead {...screen} />;
    case 'history':
      return <HistoryScreen {...screen} />;
    case 'live':
      return <LivePlace {...screen} />;
    case 'end':
      return <EndScreen {...screen} />;
    default:
      break;
  }
  if (reading && !reading.belongs) return <TapScreen {...screen} />;
  if (!reading) return <NotRead {...screen} />;
  switch (view.at) {
    case 'overview':
      return <OverviewScreen {...screen} reading={reading} />;
    case 'settings':
      return <SettingsScreen {...screen} reading={reading} />;
    case 'change':
      return <ChangeScreen {...screen} reading={reading} />;
    default:
      return view.at satisfies never;
  }
}

function LivePlace({ state, act }: Screen) {
  const vitals = state.vitals.value;
  return vitals ? (
    <vitals.Live state={state} act={act} />
  ) : (
    <Stage state={state} act={act}>
      {null}
    </Stage>
  );
}
