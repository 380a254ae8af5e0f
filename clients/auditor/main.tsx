import { render } from 'preact';
import { handOver } from '../common/page/gate/tokens.ts';
import { keepLook } from '../common/page/look.ts';
import { App } from './app.tsx';
import { BrokenPage, SignedInPage } from '../common/page/alone-pages.tsx';
import { control } from './control.ts';
import { listenToKeys } from './frame/keys.ts';
import { newState } from './state.ts';
import { keepZone } from './frame/times.ts';
import { texts } from './words.ts';
import { NoWorld, openWorld } from '../common/page/gate/world.ts';

keepLook(localStorage, document.documentElement);
keepZone(localStorage);
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

/** Paper is white, whatever the screen is. */
function printLight(page: HTMLElement): void {
  let before: string | undefined;
  addEventListener('beforeprint', () => {
    before = page.dataset['theme'];
    page.dataset['theme'] = 'light';
  });
  addEventListener('afterprint', () => {
    if (before !== undefined) page.dataset['theme'] = before;
  });
}

async function start(root: Element): Promise<void> {
  const state = newState();
  try {
    const world = await openWorld();
    state.environment.value = world.place.environment;
    state.site.value = world.place.site;
    state.canSetUp.value = world.place.reception !== undefined;
    state.beenSetUp.value = world.passkey.known();
    if (!state.beenSetUp.value && state.canSetUp.value) state.view.value = { at: 'set-up', step: 'ready' };
    const act = control(world, state);
    listenToKeys(document, state, act);
    printLight(document.documentElement);
    render(<App state={state} act={act} />, root);
  } catch (error) {
    if (!(error instanceof NoWorld)) throw error;
    render(<BrokenPage title={texts.value.broken.title} why={texts.value.broken[error.why]} />, root);
  }
}
