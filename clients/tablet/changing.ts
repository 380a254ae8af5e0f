import type { Actions } from './actions.ts';
import { newDraft, withValue } from './draft.ts';
import type { State } from './state.ts';

type ChangeActions = Pick<
  Actions,
  | 'startChange'
  | 'edit'
  | 'take'
  | 'closeSheet'
  | 'discard'
  | 'compareAgain'
  | 'explain'
  | 'typeYear'
  | 'scanWristband'
>;

/** A draft on the screen: nothing in here leaves the tablet. */
export const changeActions = (state: State): ChangeActions => ({
  startChange(operation) {
    const reading = state.reading.value;
    if (!reading || state.busy.value) return;
    if (state.run.value) state.run.value = undefined;
    if (!state.draft.value || operation !== undefined) state.draft.value = newDraft(reading, operation);
    state.view.value = { at: operation === undefined ? 'settings' : 'change' };
  },
  edit(code) {
    const reading = state.reading.value;
    if (!reading) return;
    state.draft.value ??= newDraft(reading);
    state.sheet.value = { kind: 'edit', code };
  },
  take(code, value) {
    const draft = state.draft.value;
    if (!draft) return;
    state.draft.value = withValue(draft, code, value);
    state.sheet.value = undefined;
    state.view.value = { at: 'change' };
  },
  closeSheet() {
    state.sheet.value = undefined;
    state.signing.value = undefined;
  },
  discard() {
    state.draft.value = undefined;
    state.sheet.value = undefined;
    state.trouble.value = undefined;
    state.view.value = { at: 'settings' };
  },
  compareAgain() {
    const run = state.run.value;
    if (!run || state.busy.value) return;
    state.draft.value = run.draft;
    state.run.value = undefined;
    state.view.value = { at: 'change' };
  },
  explain(part, text) {
    const draft = state.draft.value;
    if (draft) state.draft.value = { ...draft, [part]: text };
  },
  typeYear(year) {
    const signing = state.signing.value;
    if (signing && /^\d{0,4}$/u.test(year)) state.signing.value = { ...signing, year, trouble: undefined };
  },
  scanWristband(wristband) {
    const signing = state.signing.value;
    if (signing) state.signing.value = { ...signing, wristband, trouble: undefined };
  },
});
