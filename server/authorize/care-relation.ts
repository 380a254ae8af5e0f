import { z } from 'zod';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseFile } from './json-file.ts';
import type { Rule } from './rule.ts';

const SUBJECT = /^(?:[0-9a-f]{2}){1,32}$/u;
const DEVICE = /^[0-9a-f]{16}$/u;
const PATIENT = /^Patient\/[A-Za-z0-9.-]{1,64}$/u;
/** People of one hospital, and the devices and patients one of them can look after. */
const MAX_PEOPLE = 4_000;
const MAX_DEVICES = 16_000;
const MAX_FILE = 16 * 1024 * 1024;

const SCHEMA = z
  .record(
    z.string().regex(SUBJECT, 'expected a subject in lower-case hexadecimal'),
    z
      .array(
        z
          .string()
          .refine(
            (id) => DEVICE.test(id) || PATIENT.test(id),
            'expected a device id of 16 lower-case hex digits, or Patient/ID',
          ),
      )
      .max(MAX_DEVICES)
      .refine((ids) => new Set(ids).size === ids.length, 'a device appears twice'),
  )
  .refine((people) => Object.keys(people).length <= MAX_PEOPLE, `more than ${MAX_PEOPLE} people`);

/**
 * Who cares for which devices and patients: `{ subject (hex): [device id (hex) or Patient/ID (FHIR), ...] }`. Who is not
 * listed cares for none. To care for a patient does not give their devices, which are listed by themselves.
 */
export class CareRelations {
  #devices: ReadonlyMap<string, ReadonlySet<string>>;

  /** Throws FileError when the file is not exactly of this shape. */
  constructor(file: Bytes) {
    this.#devices = read(file);
  }

  /** Takes a new file; one that does not read throws FileError, and the relations stay as they were. */
  reload(file: Bytes): void {
    this.#devices = read(file);
  }

  has(subject: string, device: string): boolean {
    return this.#devices.get(subject)?.has(device) ?? false;
  }

  /** Does somebody care for a patient: by name, or for one of the patient's devices? */
  hasPatient(subject: string, { fhirId, devices }: CaredFor): boolean {
    return this.has(subject, `Patient/${fhirId}`) || devices.some((device) => this.has(subject, device));
  }

  /** What a person cares for: device ids (hex), and patients. */
  devicesOf(subject: string): ReadonlySet<string> {
    return this.#devices.get(subject) ?? NONE;
  }

  /** Throws Refusal E_SCOPE, in the same words as for a device that does not exist. */
  check(subject: string, device: string): void {
    if (!this.has(subject, device)) throw outOfScope();
  }
}

/** A patient, as care relations know one. */
export interface CaredFor {
  readonly fhirId: string;
  readonly devices: readonly string[];
}

const NONE: ReadonlySet<string> = new Set();

function read(file: Bytes): ReadonlyMap<string, ReadonlySet<string>> {
  const people = parseFile(SCHEMA, file, 'the care relations', MAX_FILE);
  return new Map(Object.entries(people).map(([subject, ids]) => [subject, new Set(ids)]));
}

/** One sentence for both cases: a stranger must not learn which devices exist. */
export const outOfScope = (): Refusal => new Refusal('E_SCOPE', 'not found, or not yours to see');

/**
 * Everybody who signs must care for the device: a second signature does not lend a relation to the first. Who broke the
 * glass reads it and makes small changes, and takes no part in others.
 */
export const careRelation: Rule = ({ who, device, tier, now }, { care, glass }) => {
  for (const { subject } of who.people) {
    if (care.has(subject, device.id)) continue;
    if (!glass.opens(subject, device.id, now)) throw outOfScope();
    if (tier !== 1)
      throw new Refusal('E_BREAKGLASS_SCOPE', 'somebody who signs broke the glass', 'approval.kid');
  }
};
