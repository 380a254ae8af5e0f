import { type Mutant, mutantsOf } from './mutant.ts';

const PATIENTS = 'the directory of patients ';
const patients = 'patients/patients';

/** What the gateway checks for a tablet at the bedside, beside commands. */
// prettier-ignore
export const BEDSIDE_MUTANTS: readonly Mutant[] = [
  ...mutantsOf('server/gateway/patient-room.ts', [
    ['patient-care', 'who does not care for a patient does not open them',
      'return this.#parts.care.hasPatient(subject, patient);', 'return true;',
      patients, `${PATIENTS}tells of others only when they are named exactly, and only that they are restricted`],
    ['patient-role', 'only who treats patients looks for them',
      '    demandClinician(session);', '',
      patients, `${PATIENTS}is for those who treat patients: operators and auditors find nobody`],
    ['patient-rate', 'nobody tries names by the hundred',
      'await rates.take(', 'void (',
      patients, `${PATIENTS}is asked no more than a person can ask`],
    ['patient-logged', 'who opened whom stands in the log',
      'await this.#record(session, id);', '',
      patients, `${PATIENTS}opens a patient with devices and salt, and the log says who opened whom, once, without a name`],
  ]),
  ...mutantsOf('server/authorize/patients.ts', [
    ['patient-exact', 'strangers are found by what is on a wristband, not by a name',
      'if (sure === undefined) return [];', '',
      patients, `${PATIENTS}tells of others only when they are named exactly, and only that they are restricted`],
  ]),
  ...mutantsOf('server/gateway/patient-folder.ts', [
    ['patient-photo', 'what is served as a picture is one',
      '? bytes : undefined', '? bytes : bytes',
      patients, `${PATIENTS}shows the portrait, and nothing that is no picture`],
  ]),
];
