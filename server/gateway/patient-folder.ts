import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PatientFile, type PhotoType, readPatientFile } from '../authorize/patient-file.ts';
import type { Patients } from '../authorize/patients.ts';
import { LIMITS } from '../limits.ts';
import type { Bytes } from '../protocol/bytes.ts';

/** Patient, Device and Encounter of each. */
const MAX_FILES = 3 * LIMITS.patients.max;

/** The hospital's directory of patients on disk: FHIR R4 resources, one a file, and portraits in `photos/`. */
export class PatientFolder {
  readonly #folder: string;
  readonly #patients: Patients;
  /** What each file said when it last could be read. */
  #files: ReadonlyMap<string, PatientFile | undefined> = new Map();

  /** @param hospital folder of the hospital's own files */
  constructor(hospital: string, patients: Patients) {
    this.#folder = join(hospital, 'patients');
    this.#patients = patients;
  }

  /**
   * Reads the directory anew. A file that does not read leaves what it said before; without a folder there is nobody.
   *
   * @returns faults, one line each: which file by its place in the list, never by its name
   */
  async refresh(): Promise<readonly string[]> {
    const names = (await readdir(this.#folder).catch(() => []))
      .filter((name) => name.endsWith('.json'))
      .toSorted();
    const faults = names.length > MAX_FILES ? [`more than ${MAX_FILES} files: the rest is not read`] : [];
    const files = new Map<string, PatientFile | undefined>();
    for (const [at, name] of names.slice(0, MAX_FILES).entries()) {
      try {
        files.set(name, readPatientFile(new Uint8Array(await readFile(join(this.#folder, name)))));
      } catch (error) {
        if (this.#files.has(name)) files.set(name, this.#files.get(name));
        // Names of files may be record numbers; the program's log names no patient.
        faults.push(`file ${at + 1} of ${names.length}: ${said(error)}`);
      }
    }
    this.#files = files;
    this.#patients.take([...files.values()].filter((file) => file !== undefined));
    return faults;
  }

  /** A portrait; undefined when it is not there, too large, or not the picture that its resource says it is. */
  async photo({ file, type }: { file: string; type: PhotoType }): Promise<Bytes | undefined> {
    const handle = await open(join(this.#folder, 'photos', file)).catch(() => undefined);
    if (!handle) return undefined;
    try {
      const { size } = await handle.stat();
      if (size > LIMITS.patientPhoto.max) return undefined;
      const bytes = new Uint8Array(await handle.readFile());
      return MAGIC[type].every((byte, at) => bytes[at] === byte) ? bytes : undefined;
    } finally {
      await handle.close();
    }
  }
}

/** How the files of a type begin (PNG signature; JPEG start of image). */
const MAGIC: Record<PhotoType, readonly number[]> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
};

const said = (error: unknown): string =>
  error instanceof Error && error.name === 'FileError' ? error.message : 'it cannot be read';
