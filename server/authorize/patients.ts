import { LIMITS } from '../limits.ts';
import type { Patient, PatientFile } from './patient-file.ts';

/** A patient with what other resources say of them. */
export interface ListedPatient extends Patient {
  readonly ward: string;
  readonly bed: string;
  /** Ids (hex) of the devices that the hospital assigned. Which patient a device serves is the device's own word. */
  readonly devices: readonly string[];
  /** FHIR ids of those on the same ward whose names are easily taken for this one. */
  readonly alike: readonly string[];
}

/** What somebody typed, or a scanner read. */
export interface PatientQuery {
  readonly wristband?: string | undefined;
  readonly mrn?: string | undefined;
  readonly family?: string | undefined;
  readonly given?: string | undefined;
  readonly birthDate?: string | undefined;
  readonly bed?: string | undefined;
}

/** The patients of one hospital, as its own system last said. Kept in memory; nothing of it is written anywhere. */
export class Patients {
  #all: readonly ListedPatient[] = [];

  /** Takes a directory anew, whole. What is said of an unknown patient counts for nobody. */
  take(files: readonly PatientFile[]): void {
    const patients = files.flatMap((file) => (file.kind === 'patient' ? [file.patient] : []));
    const about = Map.groupBy(files, (file) => (file.kind === 'patient' ? '' : file.patient));
    const listed = patients.slice(0, LIMITS.patients.max).map((patient) => {
      const said = about.get(patient.fhirId) ?? [];
      const place = said.find((file) => file.kind === 'place');
      const devices = said.flatMap((file) => (file.kind === 'device' ? [file.device] : []));
      return { ...patient, ward: place?.ward ?? '', bed: place?.bed ?? '', devices, alike: [] };
    });
    const wards = Map.groupBy(listed, ({ ward }) => ward);
    this.#all = listed.map((one) => {
      const near = wards.get(one.ward) ?? [];
      const alike = near.filter((other) => other !== one && soundsLike(one, other));
      return { ...one, alike: alike.map(({ fhirId }) => fhirId) };
    });
  }

  get all(): readonly ListedPatient[] {
    return this.#all;
  }

  /** Everybody a query fits: the beginning of a name is enough, anything else is to be exact. */
  find(query: PatientQuery): readonly ListedPatient[] {
    return this.#all.filter((patient) => fits(patient, query, (text, asked) => text.startsWith(asked)));
  }

  /** Only whom the query names exactly, by something that is on a wristband: for those who do not care for them. */
  findExactly(query: PatientQuery): readonly ListedPatient[] {
    const sure = query.wristband ?? query.mrn ?? query.birthDate;
    if (sure === undefined) return [];
    return this.#all.filter((patient) => fits(patient, query, (text, asked) => text === asked));
  }
}

function fits(patient: ListedPatient, query: PatientQuery, named: (text: string, asked: string) => boolean) {
  const { wristband, mrn, family, given, birthDate, bed } = query;
  return (
    (wristband === undefined || wristband === patient.mrn) &&
    (mrn === undefined || mrn === patient.mrn) &&
    (birthDate === undefined || birthDate === patient.birthDate) &&
    (bed === undefined || plain(bed) === plain(patient.bed)) &&
    (family === undefined || named(plain(patient.family), plain(family))) &&
    (given === undefined || named(plain(patient.given), plain(given)))
  );
}

/** As somebody types it who does not know the accents. */
const plain = (text: string): string =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/gu, ' ').trim();

type Named = Pick<Patient, 'family' | 'given'>;

/** Surnames one or two letters apart, whatever comes before them; or the same surname with a like first name. */
function soundsLike(one: Named, other: Named): boolean {
  const [a, b] = [plain(one.family), plain(other.family)];
  if (a === b) return true;
  const most = Math.min(a.length, b.length) > 4 ? 2 : 1;
  return distance(a, b) <= most && plain(one.given).slice(0, 1) === plain(other.given).slice(0, 1);
}

/** Letters to add, to take away, to change or to swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const least = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + same,
      );
      rows[row]?.push(swapped ? Math.min(least, at(row - 2, column - 2) + 1) : least);
    }
  }
  return at(a.length, b.length);
}
