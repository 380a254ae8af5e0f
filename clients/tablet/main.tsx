import { render } from 'preact';
import { handOver } from '../common/page/gate/tokens.ts';
import { keepLook } from '../common/page/look.ts';
import { isOnlyPage } from './alone.ts';
import { App } from './app.tsx';
import { control } from './control.ts';
import { BrokenPage, SignedInPage } from '../common/page/alone-pages.tsx';
import { install } from './install.ts';
import { newState } from './state.ts';
import { texts } from './words.ts';
import { NoWorld, openWorld } from '../common/page/gate/world.ts';

keepLook(localStorage, document.documentElement);
const root = document.querySelector('#app');
if (root) {
  if (location.pathname === '/signed-in') signedIn(root);
  else await start(root);
}

/** The window in which somebody signed in: it hands the code over, and closes if it may. */
function signedIn(root: Element): void {
  const handed = handOver(location, history) === 'handed';
  render(<SignedInPage handed={handed} says={texts.value.signedIn} />, root);
  if (handed) close();
}

async function start(root: Element): Promise<void> {
  if (!(await isOnlyPage(navigator, () => location.reload())))
    return render(<BrokenPage title={texts.value.broken.title} why={texts.value.broken.second} />, root);
  const state = newState();
  try {
    const world = await openWorld();
    state.environment.value = world.place.environment;
    state.site.value = world.place.site;
    state.canSetUp.value = world.place.reception !== undefined;
    state.simulator.value = world.place.simulator;
    state.wristbands.value = world.place.wristbands ?? [];
    const known = (state.beenSetUp.value = world.passkey.known());
    state.view.value =
      known || !state.canSetUp.value ? { at: 'sign-in', step: 'ready' } : { at: 'set-up', step: 'ready' };
    render(<App state={state} act={control(world, state)} />, root);
    void install(state).catch(() => undefined); // without it the page is fetched anew each time
  } catch (error) {
    if (!(error instanceof NoWorld)) throw error;
    render(<BrokenPage title={texts.value.broken.title} why={texts.value.broken[error.why]} />, root);
  }
}
