import { NotRead, OverviewScreen } from './device-screens.tsx';
import { Frame } from './frame.tsx';
import { DevicesScreen, FindScreen } from './patient-screens.tsx';
import { ReaderScreen } from './reader-screen.tsx';
import type { Screen } from './screen.ts';
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
  const screens = state.screens.value;
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
      if (!state.run.value) return <NotRead {...screen} />;
      return screens ? <screens.CommandScreen {...screen} run={state.run.value} /> : <Waiting {...screen} />;
    case 'history':
      return screens ? <screens.HistoryScreen {...screen} /> : <Waiting {...screen} />;
    case 'live':
      return state.vitals.value ? <state.vitals.value.Live {...screen} /> : <Waiting {...screen} />;
    case 'end':
      return screens ? <screens.EndScreen {...screen} /> : <Waiting {...screen} />;
    default:
      break;
  }
  if (reading && !reading.belongs) return <TapScreen {...screen} />;
  if (!reading) return <NotRead {...screen} />;
  switch (view.at) {
    case 'overview':
      return <OverviewScreen {...screen} reading={reading} />;
    case 'settings':
      return screens ? <screens.SettingsScreen {...screen} reading={reading} /> : <Waiting {...screen} />;
    case 'change':
      return screens ? <screens.ChangeScreen {...screen} reading={reading} /> : <Waiting {...screen} />;
    default:
      return view.at satisfies never;
  }
}

/** What is not there yet, for a moment after the page was opened. */
const Waiting = (screen: Screen) => <Stage {...screen}>{null}</Stage>;
