import { FindScreen } from './patient/find-screen.tsx';
import { Frame } from './frame/frame.tsx';
import type { Screen } from './screen.ts';
import { LockedScreen, SignInScreen } from './session/staff-screens.tsx';
import { Stage } from './frame/stage.tsx';

/** The whole tablet, from its state. */
export const App = ({ state, act }: Screen) => (
  <Frame state={state} act={act}>
    <Main state={state} act={act} />
  </Frame>
);

function Main({ state, act }: Screen) {
  const view = state.view.value;
  const screens = state.screens.value;
  const screen = { state, act };
  switch (view.at) {
    case 'starting':
      return null;
    case 'set-up':
      return screens ? <screens.SetUpScreen {...screen} view={view} /> : <Stage {...screen}>{null}</Stage>;
    case 'sign-in':
      return <SignInScreen {...screen} view={view} />;
    case 'locked':
      return <LockedScreen {...screen} view={view} />;
    case 'patients':
      return <FindScreen {...screen} />;
    default:
      // Nothing for the moment in which the page was opened and the rest of it is not there yet.
      return screens ? <screens.BedsideScreen {...screen} at={view.at} /> : <Stage {...screen}>{null}</Stage>;
  }
}
