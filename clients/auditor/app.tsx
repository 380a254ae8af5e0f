import { AccessScreen, GapsScreen } from './overview/review-screens.tsx';
import { CommandsScreen } from './list/commands-screen.tsx';
import { Frame } from './frame/frame.tsx';
import { OverviewScreen } from './overview/overview-screen.tsx';
import { RetentionScreen } from './people/retention-screen.tsx';
import type { Screen } from './screen.ts';
import { SetUpScreen, SignInScreen } from './sign-in/sign-in-screens.tsx';

/** The whole console, from its state. */
export function App({ state, act }: Screen) {
  const view = state.view.value;
  if (view.at === 'set-up') return <SetUpScreen state={state} act={act} step={view.step} />;
  if (view.at === 'sign-in') return <SignInScreen state={state} act={act} step={view.step} />;
  const screens = {
    overview: <OverviewScreen state={state} act={act} />,
    commands: <CommandsScreen state={state} act={act} />,
    gaps: <GapsScreen state={state} act={act} />,
    access: <AccessScreen state={state} act={act} />,
    retention: <RetentionScreen state={state} act={act} />,
  };
  return (
    <Frame state={state} act={act} section={view.section}>
      {screens[view.section]}
    </Frame>
  );
}
