import { ROLE } from '../../../server/protocol/credential.ts';
import type { State } from '../../../clients/tablet/state.ts';
import type { Kit } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const COMMAND = 'ef'.repeat(32);

/** @param roles of whoever looks at the device after an emergency */
const afterEmergency =
  (roles: number, form = false): Draw =>
  (state, kit) => {
    const attestation = { ...kit.pacemaker.attestation, mode: 'safe-mode' as const };
    kit.atBedside(state, { ...kit.pacemaker, attestation, review: COMMAND });
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
  'c13-review': afterEmergency(ROLE.clinician + ROLE.second, true),
};
