import { glassOf } from '../../../clients/tablet/glass/glass.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { OPENING } from './glass-states.ts';
import { type Kit, NOW } from './kit.ts';

/** What stands beside a patient's name, up to everything at once. */
export const HEADER_STATES: Readonly<Record<string, (state: State, kit: Kit) => void>> = {
  'c4-overview-look-alike': (s, kit) => {
    kit.atBedside(s, kit.pump);
    const alike = [{ family: 'Vargas', given: 'Marta Lucia', bed: 'bed 9' }];
    if (s.patient.value) s.patient.value = { ...s.patient.value, lookAlike: true, alike };
    s.view.value = { at: 'overview' };
  },
  'c4-overview-badges': (s, kit) => {
    const attestation = { ...kit.pacemaker.attestation, mode: 'safe-mode' as const };
    kit.atBedside(s, { ...kit.pacemaker, attestation, safeSince: NOW - 40 * 60_000 });
    const [given, bed] = ['Marta Lucia Amalia', 'bed 12 at the window'];
    if (s.patient.value) s.patient.value = { ...s.patient.value, lookAlike: true, given, bed };
    glassOf(s).openings.value = [{ ...OPENING, patient: s.patient.value?.id ?? '' }];
    s.view.value = { at: 'overview' };
  },
  'c4-overview-all-marks': (s, kit) => {
    const attestation = { ...kit.pacemaker.attestation, mode: 'safe-mode' as const };
    const emergency = { review: 'cd'.repeat(32), reviewDue: NOW + 23 * 3_600_000, rescuer: 'Dr B. Berg' };
    kit.atBedside(s, { ...kit.pacemaker, attestation, safeSince: NOW - 40 * 60_000, ...emergency });
    const who = { family: 'Papadopoulou-Weißenberg', given: 'Marta Lucia', bed: 'bed 12 at the window' };
    const alike = [
      { family: 'Papadopoulos', given: 'Maria', bed: 'bed 9' },
      { family: 'Papadopoulou', given: 'Marta', bed: 'bed 3' },
    ];
    if (s.patient.value) s.patient.value = { ...s.patient.value, ...who, lookAlike: true, alike };
    glassOf(s).openings.value = [{ ...OPENING, patient: s.patient.value?.id ?? '' }];
    s.view.value = { at: 'overview' };
  },
};
