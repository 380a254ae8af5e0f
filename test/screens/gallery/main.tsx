import { render } from 'preact';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { keepLook } from '../../../clients/common/page/look.ts';
import type { Actions } from '../../../clients/tablet/actions.ts';
import { App } from '../../../clients/tablet/app.tsx';
import { LATER } from '../../../clients/tablet/later.ts';
import { newState } from '../../../clients/tablet/state.ts';
import { CAUTION_STATES } from './caution-states.ts';
import { SITE_STATES } from './site-states.ts';
import { COMMAND_STATES } from './command-states.ts';
import { ELSEWHERE_STATES, sessionsOf } from './elsewhere-states.ts';
import { GLASS_REQUESTS, GLASS_STATES } from './glass-states.ts';
import { HEADER_STATES } from './header-states.ts';
import { HISTORY_STATES, pastOf } from './history-states.ts';
import { Kit, NOW } from './kit.ts';
import { LIVE_STATES } from './live-states.ts';
import { REVIEW_STATES } from './review-states.ts';
import { STEP_STATES } from './step-states.ts';
import { STATES } from './states.ts';

/** Shows one state of the tablet, named behind the #. Nothing here reaches a gateway: every action does nothing. */
const profiles = (window as unknown as { __profiles: { pump: string; pacemaker: string } }).__profiles;
const kit = new Kit({ pump: unhex(profiles.pump), pacemaker: unhex(profiles.pacemaker) });
const nothing = new Proxy({}, { get: () => () => undefined }) as unknown as Actions;
const root = document.querySelector('#app');
keepLook(localStorage, document.documentElement);

let stop = (): void => undefined;

function show(): void {
  const name = location.hash.slice(1);
  const live = LIVE_STATES[name];
  const draw =
    live?.draw ??
    {
      ...STATES,
      ...CAUTION_STATES,
      ...SITE_STATES,
      ...COMMAND_STATES,
      ...ELSEWHERE_STATES,
      ...GLASS_STATES,
      ...HEADER_STATES,
      ...HISTORY_STATES,
      ...REVIEW_STATES,
      ...STEP_STATES,
    }[name];
  if (!root || !draw) return;
  stop();
  const state = newState();
  state.screens.value = LATER.SCREENS;
  state.site.value = 'Ward 6B';
  state.simulator.value = 'http://simulator.localhost';
  state.now.value = NOW;
  state.link.value = { kind: 'online', ms: 42 };
  state.glass.value = LATER.newGlass(GLASS_REQUESTS, state, { gateway: undefined }, nothing);
  state.past.value = pastOf(kit);
  draw(state, kit);
  // The gateway ticks, and no device has an alarm.
  state.elsewhere.value = LATER.newElsewhere(state, sessionsOf(name), nothing);
  state.vitals.value = LATER.newVitals({ gateway: undefined });
  state.vitals.value.feed.follow(state.patient.value?.assigned.map(({ id }) => id) ?? []);
  state.vitals.value.feed.take({ kind: 'tick', now: live ? Date.now() : NOW });
  render(null, root);
  render(<App state={state} act={nothing} />, root);
  stop = live?.play(state, state.vitals.value.feed) ?? stop;
  document.documentElement.dataset['shown'] = name;
}
addEventListener('hashchange', show);
show();
