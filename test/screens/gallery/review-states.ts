import { ROLE } from '../../../server/protocol/credential.ts';
import { noteReading, type State } from '../../../clients/tablet/state.ts';
import { type Kit, NOW } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const COMMAND = 'ef'.repeat(32);

/** @param roles of whoever looks at the device after an emergency */
const afterEmergency =
  (roles: number, form = false): Draw =>
  (state, kit) => {
    const attestation = { ...kit.pacemaker.attestation, mode: 'safe-mode' as const };
    const after = { safeSince: NOW - 40 * 60_000, reviewDue: NOW + 23 * 3_600_000, rescuer: 'Dr A. Okafor' };
    const reading = { ...kit.pacemaker, attestation, review: COMMAND, ...after };
    kit.atBedside(state);
    state.wanted.value = reading.id;
    noteReading(state, reading);
    state.view.value = { at: 'overview' };
    const person = state.person.value;
    const device = kit.pacemaker.id;
    if (!person) return;
    state.person.value = { ...person, roles };
    if (form) state.sheet.value = { kind: 'review', device, command: COMMAND };
  };

/** An emergency that nobody has reviewed yet: for who may not, for who may, and the form. */
export const REVIEW_STATES: Readonly<Record<string, Draw>> = {
  'c13-review-due': afterEmergency(ROLE.clinician + ROLE.emergency),
  'c13-review-mine': afterEmergency(ROLE.clinician + ROLE.second),
  'c2-devices-review-due': (state, kit) => {
    afterEmergency(ROLE.clinician)(state, kit);
    state.reading.value = undefined;
    state.wanted.value = undefined;
    state.view.value = { at: 'devices' };
  },
  'c13-review': afterEmergency(ROLE.clinician + ROLE.second, true),
};
