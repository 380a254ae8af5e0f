import type { LiveBed } from '../../common/page/vitals/bed.ts';
import type { State } from '../state.ts';

/** Nobody can look at an implant: the patient is looked at. */
export const isImplant = ({ patient }: Pick<State, 'patient'>, device: string): boolean =>
  patient.value?.assigned.find(({ id }) => id === device)?.transport === 'nfc';

/** Does it send only while somebody reads it, and nobody does? Then it is not live, and nothing of it is missing. */
export const isReadOut = (state: Pick<State, 'patient'>, bed: LiveBed): boolean =>
  bed.contact === 'away' && isImplant(state, bed.id);

/** Is no device of the patient at hand one that somebody could look at? */
export const onlyImplants = ({ patient }: Pick<State, 'patient'>): boolean => {
  const assigned = patient.value?.assigned ?? [];
  return assigned.length > 0 && assigned.every(({ transport }) => transport === 'nfc');
};
