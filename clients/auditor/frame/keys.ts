import type { Actions } from '../control.ts';
import type { State } from '../state.ts';

/** The console without a mouse: / searches, j and k move, v checks again, e takes evidence away, ? tells all this. */
export function listenToKeys(document: Document, state: State, act: Actions): void {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      state.help.value = false;
      state.exporting.value = false;
      act.closeExport();
      return;
    }
    if (isTyping(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const view = state.view.value;
    if (view.at !== 'console') return;
    if (event.key === '?') state.help.value = !state.help.value;
    else if (view.section !== 'commands') return;
    else if (event.key === '/') {
      event.preventDefault();
      document.querySelector<HTMLInputElement>('#search')?.focus();
    } else if (event.key === 'j') act.step(1);
    else if (event.key === 'k') act.step(-1);
    else if (event.key === 'v') void act.verify();
    else if (event.key === 'e') state.exporting.value = state.opened.value?.story.command !== undefined;
  });
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLSelectElement ||
  target instanceof HTMLTextAreaElement;
