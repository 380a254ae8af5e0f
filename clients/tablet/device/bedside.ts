import type { Actions, Staff } from '../actions.ts';
import type { KeptPlace } from '../session/kept-draft.ts';
import { forgetDevice, forgetPatient, noteReading, type State } from '../state.ts';
import { findPatients, openPatient, type Query } from '../patient/patients.ts';
import type { Reading } from './reading.ts';
import { troubleOf } from '../trouble.ts';
import { nameOf } from '../words.ts';
import type { World } from '../../common/page/gate/world.ts';

type BedsideActions = Pick<
  Actions,
  'search' | 'choosePatient' | 'leavePatient' | 'chooseDevice' | 'readAgain' | 'go'
>;

/** Which patient, which device, and what that device says of itself. */
export function bedsideActions(
  state: State,
  staff: Staff,
  readNow: (id: string) => Promise<Reading>,
): BedsideActions & {
  readonly onward: () => Promise<void>;
  readonly bindPatient: () => void;
  readonly reopen: (place: KeptPlace) => Promise<void>;
} {
  let asked: Query = {};
  let turn = 0;

  const readInto = async (id: string): Promise<void> => {
    const mine = ++turn;
    state.trouble.value = undefined;
    state.readingState.value = 'reading';
    try {
      const reading = await readNow(id);
      if (mine !== turn) return; // somebody chose another device meanwhile
      noteReading(state, reading);
      state.readingState.value = 'idle';
      if (reading.belongs && state.patient.value) state.met.set(id, nameOf(state.patient.value));
      state.unknown.value = reading.unknown !== undefined;
    } catch (error) {
      if (mine !== turn) return;
      state.reading.value = undefined; // never an old reading beside a failed new one
      state.readingState.value = 'failed';
      state.trouble.value = troubleOf(error);
    }
  };
  const onward = async (): Promise<void> => {
    const id = state.wanted.value;
    if (id === undefined) return;
    state.view.value = { at: 'tap' };
    await readInto(id);
    if (state.wanted.value === id && state.reading.value?.belongs === true)
      state.view.value = { at: state.draft.value ? 'change' : 'overview' };
  };
  /** So that a device of somebody else at this tablet's reader is told as a mismatch, and logged. */
  const bindPatient = (): void => {
    const patient = state.patient.value?.id;
    if (patient === undefined) return;
    void staff.gateway?.http.json('POST', '/v1/patient-binding', { patient }).catch(() => undefined);
  };
  /** @param wristband scanned for this very patient; undefined when they were found in another way */
  const opened = async (id: string, wristband: string | undefined): Promise<void> => {
    const { gateway } = staff;
    if (!gateway) return;
    state.trouble.value = undefined;
    try {
      const patient = await openPatient(gateway.http, id, wristband);
      forgetDevice(state);
      state.patient.value = patient;
      bindPatient();
      state.view.value = { at: 'devices' };
    } catch (error) {
      state.trouble.value = troubleOf(error);
    }
  };
  const chooseDevice = async (id: string): Promise<void> => {
    forgetDevice(state);
    state.wanted.value = id;
    state.unknown.value = false;
    const device = state.patient.value?.assigned.find((one) => one.id === id);
    // An implant is reached through the reader beside this tablet, and no other.
    if (device?.transport === 'nfc' && state.binding.value?.confirmed !== true)
      state.view.value = { at: 'reader' };
    else await onward();
  };
  return {
    onward,
    bindPatient,
    async search(query) {
      const { gateway } = staff;
      if (!gateway) return;
      asked = query;
      state.trouble.value = undefined;
      state.search.value = 'searching'; // old results never stand beside a new question
      try {
        state.search.value = await findPatients(gateway.http, query);
      } catch (error) {
        state.search.value = 'ready';
        state.trouble.value = troubleOf(error);
      }
    },
    async choosePatient(id, to) {
      // What was scanned counts for who was found by it, and for nobody else who is opened later.
      const found = state.search.value;
      const scanned = typeof found === 'object' && found.patients.some((row) => row.id === id);
      const wristband = scanned ? asked.wristband : undefined;
      await opened(id, wristband);
      if (to !== undefined) {
        if (state.patient.value?.id === id) state.view.value = { at: to };
        return;
      }
      const [only, ...others] = state.patient.value?.assigned ?? [];
      // Whose wristband was scanned is beside the tablet: the one implant they have is what comes next.
      if (wristband === undefined || state.view.value.at !== 'devices') return;
      if (only?.transport === 'nfc' && others.length === 0) await chooseDevice(only.id);
    },
    chooseDevice,
    async reopen({ patient, wristband, device, draft }) {
      await opened(patient, wristband);
      if (!state.patient.value) return;
      const reading = chooseDevice(device);
      state.draft.value = draft;
      await reading;
      if (state.reading.value?.belongs === true) state.view.value = { at: 'change' };
    },
    leavePatient() {
      if (state.busy.value) return;
      turn += 1;
      void staff.gateway?.http.json('DELETE', '/v1/patient-binding').catch(() => undefined);
      forgetPatient(state);
      state.view.value = { at: 'patients' };
    },
    async readAgain() {
      const id = state.wanted.value;
      if (id === undefined) return;
      await readInto(id);
      if (state.view.value.at === 'tap' && state.reading.value?.belongs === true)
        state.view.value = { at: 'overview' };
    },
    go(place) {
      state.sheet.value = undefined;
      state.trouble.value = undefined;
      state.view.value = { at: place };
    },
  };
}

/** Reads a device for the patient at hand. */
export function reader(world: World, state: State, staff: Staff) {
  return async (id: string): Promise<Reading> => {
    const { gateway } = staff;
    const [patient, screens] = [state.patient.value, state.screens.value];
    if (!gateway || !patient || !screens)
      throw new Error('nobody is signed in, no patient is chosen, or the rest of the page is not here yet');
    const stream = await staff.stream();
    const { label, confirmed } = state.binding.value ?? {};
    const bound = confirmed === true ? label : undefined;
    return screens.readDevice(world, gateway.http, stream, id, patient, bound, Date.now());
  };
}
