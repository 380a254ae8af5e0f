import type { Actions } from './actions.ts';
import type { State } from './state.ts';

/** Where "back" leads to; from everywhere else it leads nowhere. */
const BACK = { settings: 'overview', change: 'settings', history: 'overview', live: 'devices', end: 'devices', reader: 'devices' } as const; // prettier-ignore
const hasBack = (at: string): at is keyof typeof BACK => Object.hasOwn(BACK, at);

/**
 * Keeps the person on this page: the browser's "back" closes a sheet or goes one screen back, and never out of a session; and
 * whoever leaves while a command is on its way is asked by the browser first.
 */
export function stayHere(state: State, act: Pick<Actions, 'closeSheet' | 'closeEmergency' | 'go'>): void {
  const put = (): void => history.pushState(undefined, '');
  put();
  put(); // one to spare: a second "back" can come before the first one is answered
  addEventListener('popstate', () => {
    put();
    const { sheet, view, patient } = state;
    if (sheet.value?.kind === 'emergency') {
      const step = state.emergency.value?.step;
      if (step !== 'signing' && step !== 'sending') act.closeEmergency();
    } else if (sheet.value) act.closeSheet();
    else if (patient.value && hasBack(view.value.at)) act.go(BACK[view.value.at]);
  });
  addEventListener('beforeunload', (event) => {
    if (state.busy.value) event.preventDefault();
  });
}

/**
 * A page that slept knows nothing of what happened meanwhile: what it shows of a device is read again (Page Lifecycle: `resume`,
 * and a page that was kept for "back").
 */
export function onWaking(state: State, act: Pick<Actions, 'closeSheet' | 'readAgain'>): void {
  const woken = (): void => {
    if (!state.reading.value || state.busy.value) return;
    state.reading.value = undefined;
    if (state.sheet.value?.kind === 'sign' || state.sheet.value?.kind === 'edit') act.closeSheet();
    void act.readAgain();
  };
  document.addEventListener('resume', woken);
  addEventListener('pageshow', (event) => {
    if (event.persisted) woken();
  });
}
