import { z } from 'zod';
import { parseConfig } from '../clients/common/process/config.ts';
import type { KeyFolder } from './key-folder.ts';

/** People, so this list stands apart from everything public, simulated though they are. */
export const PATIENTS = 'ward/patients.json';

const PATIENT = z.strictObject({
  mrn: z.string().startsWith('SIM-').describe('Medical record number, as the wristband has it.'),
  birthYear: z.int().min(1900).max(2100),
  name: z.string().min(1),
  /** Name of the device that is assigned to this patient. */
  device: z.string().min(1),
});
export type Patient = z.infer<typeof PATIENT>;

const FIRST_MRN = 100_001;
/** Nobody real: each surname says "sample" in some language. A ward of this size has no two of a name. */
const NAMES = [
  'Ines Simson', 'Otto Probe', 'Mira Muster', 'Yusuf Beispiel', 'Hanna Exempel', 'Leo Model', 'Clara Vorlage',
  'Emil Entwurf', 'Noor Maquette', 'Pavel Ukazka', 'Tove Skisse', 'Aldo Prova', 'Greta Attrapp', 'Samir Namuna',
  'Freya Utkast', 'Bruno Esempio', 'Lucia Muestra', 'Janek Wzorzec', 'Ayla Deneme', 'Matti Malli',
]; // prettier-ignore
const BIRTH_YEARS = [
  1948, 1961, 1975, 1939, 1987, 1954, 1943, 1968, 1990, 1957, 1972, 1935, 1981, 1964, 1950, 1978, 1946, 1959, 1993,
  1970,
]; // prettier-ignore

const read = (folder: KeyFolder): readonly Patient[] =>
  folder.has(PATIENTS) ? parseConfig(folder.text(PATIENTS), z.array(PATIENT), PATIENTS) : [];

/** Adds a patient for each device that has none; nobody who is on the list changes. */
export function addPatients(folder: KeyFolder, devices: readonly string[]): void {
  const before = read(folder);
  const all = [...before];
  for (const device of new Set(devices)) {
    if (all.some((patient) => patient.device === device)) continue;
    const n = all.length;
    const [name = '', birthYear = 1950] = [NAMES[n % NAMES.length], BIRTH_YEARS[n % BIRTH_YEARS.length]];
    all.push({ mrn: `SIM-${FIRST_MRN + n}`, birthYear, name, device });
  }
  if (all.length === before.length && folder.has(PATIENTS)) folder.keep(PATIENTS);
  else folder.index(PATIENTS, all);
}

/** The patient a device is assigned to; throws Error when there is none. */
export function patientOf(folder: KeyFolder, device: string): Patient {
  const patient = read(folder).find((one) => one.device === device);
  if (patient === undefined) throw new Error(`${PATIENTS} has nobody for ${device}`);
  return patient;
}

/** Devices whose patient was taken off the list: their tag could not be explained to anybody. */
export const patientFaults = (folder: KeyFolder, made: readonly string[]): readonly string[] => {
  if (!folder.has(PATIENTS)) return [];
  const listed = read(folder).map(({ device }) => device);
  return made
    .filter((device) => !listed.includes(device))
    .map(
      (device) =>
        `${PATIENTS} no longer has the patient of ${device}; bring it back, or remove devices/${device}`,
    );
};
