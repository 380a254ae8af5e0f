import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PatientFile, type PhotoType, readPatientFile } from '../../authorize/patient-file.ts';
import type { Patients } from '../../authorize/patients.ts';
import { LIMITS } from '../../limits.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';

/** Patient, Device and Encounter of each. */
const MAX_FILES = 3 * LIMITS.patients.max;

/** Whoever writes a file again this soon may leave no mark: the clock of a file system ticks in some milliseconds. */
const SETTLED_MS = 2_000;

/** A file as it was when it was read. */
interface Known {
  /** Which version of it; undefined where the next look has to read it again. */
  readonly mark: string | undefined;
  readonly said: PatientFile | undefined;
}

/** The hospital's directory of patients on disk: FHIR R4 resources, one a file, and portraits in `photos/`. */
export class PatientFolder {
  readonly #folder: string;
  readonly #patients: Patients;
  readonly #now: () => number;
  /** What each file said when it last could be read. */
  #files: ReadonlyMap<string, Known> = new Map();

  /** @param hospital folder of the hospital's own files @param now Unix ms */
  constructor(hospital: string, patients: Patients, now: () => number) {
    this.#folder = join(hospital, 'patients');
    this.#patients = patients;
    this.#now = now;
  }

  /**
   * Reads anew what changed in the directory. A file that does not read leaves what it said before; without a folder there
   * is nobody. A hospital has thousands of files, and in a minute two of them change.
   *
   * @returns faults, one line each: which file by its place in the list, never by its name
   */
  async refresh(): Promise<readonly string[]> {
    const names = (await readdir(this.#folder).catch(() => []))
      .filter((name) => name.endsWith('.json'))
      .toSorted();
    const faults = names.length > MAX_FILES ? [`more than ${MAX_FILES} files: the rest is not read`] : [];
    const files = new Map<string, Known>();
    for (const [at, name] of names.slice(0, MAX_FILES).entries()) {
      const known = this.#files.get(name);
      try {
        files.set(name, await this.#read(join(this.#folder, name), known));
      } catch (error) {
        if (known) files.set(name, { ...known, mark: undefined });
        // Names of files may be record numbers; the program's log names no patient.
        faults.push(`file ${at + 1} of ${names.length}: ${said(error)}`);
      }
    }
    const same =
      files.size === this.#files.size &&
      [...files].every(([name, { said }]) => this.#files.get(name)?.said === said);
    this.#files = files;
    if (!same) this.#patients.take([...files.values()].flatMap(({ said }) => said ?? []));
    return faults;
  }

  /** What a file says; what it said, when it is the same file still. */
  async #read(file: string, known: Known | undefined): Promise<Known> {
    const { ino, size, ctimeMs } = await stat(file);
    const mark = `${ino} ${size} ${ctimeMs}`;
    if (known?.mark === mark) return known;
    const settled = this.#now() - ctimeMs > SETTLED_MS;
    const bytes = new Uint8Array(await readFile(file));
    return { mark: settled ? mark : undefined, said: readPatientFile(bytes) };
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
