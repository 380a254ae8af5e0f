import type { Actions } from '../actions.ts';
import { newDraft, withValue } from './draft.ts';
import type { Reading } from '../device/reading.ts';
import type { State } from '../state.ts';

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

/** No draft starts from what was read longer ago (ms): the device is read once more first. */
const FRESH_MS = 120_000;

/** A draft on the screen: nothing in here leaves the tablet. @param readAgain reads the device at hand into the state */
export const changeActions = (state: State, readAgain: () => void | Promise<void>): ChangeActions => {
  const fromFresh = (begin: (reading: Reading) => void): void => {
    const { value: reading } = state.reading;
    if (!reading) return;
    if (state.draft.value?.changes.size || Date.now() - reading.at <= FRESH_MS) return begin(reading);
    const { value: view } = state.view;
    void Promise.resolve(readAgain()).then(() => {
      // What could not be read, or is somebody else's, is told by the reading; and whoever went elsewhere stays there.
      const { value: fresh } = state.reading;
      if (fresh?.belongs === true && state.view.value === view) begin(fresh);
    });
  };
  return {
    ...draftActions(state),
    startChange(operation) {
      if (state.busy.value) return;
      fromFresh((reading) => {
        if (state.run.value) state.run.value = undefined;
        if (!state.draft.value || operation !== undefined) state.draft.value = newDraft(reading, operation);
        state.view.value = { at: operation === undefined ? 'settings' : 'change' };
      });
    },
    edit(code) {
      fromFresh((reading) => {
        state.draft.value ??= newDraft(reading);
        state.sheet.value = { kind: 'edit', code };
      });
    },
  };
};

const draftActions = (state: State): Omit<ChangeActions, 'startChange' | 'edit'> => ({
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
