import { z } from 'zod';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { parseFile } from './json-file.ts';

/** A patient as the hospital's own system has them, in the few words that a bedside needs. */
export interface Patient {
  /** Logical id of the FHIR resource. It may be a record number, so no address and no log shows it. */
  readonly fhirId: string;
  readonly family: string;
  readonly given: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly sex: 'male' | 'female' | 'other' | 'unknown';
  /** Medical record number, as the wristband has it. */
  readonly mrn: string;
  /** Name of the portrait's file, and its media type. */
  readonly photo: { readonly file: string; readonly type: PhotoType } | undefined;
}

export const PHOTO_TYPES = ['image/png', 'image/jpeg'] as const;
export type PhotoType = (typeof PHOTO_TYPES)[number];

/** One file of the patient directory, taken apart. */
export type PatientFile =
  | { readonly kind: 'patient'; readonly patient: Patient }
  /** A device (EUI-64 in hexadecimal) is the patient's. */
  | { readonly kind: 'device'; readonly device: string; readonly patient: string }
  /** Where the patient lies now. */
  | { readonly kind: 'place'; readonly patient: string; readonly ward: string; readonly bed: string };

/** Largest file: a Patient with all that hospitals add to one. */
const MAX_FILE = 256 * 1024;
const RECORD_NUMBER = { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' } as const;
/** OID of EUI-64 device identifiers, as HL7's Personal Health Device guide writes them: `FE-ED-AB-...`. */
const EUI64 = 'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680';
const PLACE_KIND = 'http://terminology.hl7.org/CodeSystem/location-physical-type';

const words = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[\p{L}\p{M}\p{N}\p{P} ]+$/u, 'has characters that do not belong in a name');
const id = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/u, 'expected a FHIR id');
const reference = z.string().regex(/^Patient\/[A-Za-z0-9.-]{1,64}$/u, 'expected Patient/ID');
const coding = z.looseObject({ system: z.string().optional(), code: z.string().optional() });
const concept = z.looseObject({ coding: z.array(coding).optional() });
const identifier = z.looseObject({
  type: concept.optional(),
  system: z.string().optional(),
  value: z.string().min(1).max(64).optional(),
});

/** FHIR R4: what is not named here may be there, and is not looked at. */
const PATIENT = z.looseObject({
  resourceType: z.literal('Patient'),
  id,
  identifier: z.array(identifier),
  name: z.array(z.looseObject({ use: z.string().optional(), family: words, given: z.array(words).min(1) })),
  gender: z.enum(['male', 'female', 'other', 'unknown']),
  birthDate: z.iso.date('expected a whole date'),
  photo: z
    .array(
      z.looseObject({
        contentType: z.enum(PHOTO_TYPES),
        url: z.string().regex(/^photos\/[A-Za-z0-9-]{1,64}\.(png|jpg)$/u, 'expected photos/NAME.png or .jpg'),
      }),
    )
    .optional(),
});
const DEVICE = z.looseObject({
  resourceType: z.literal('Device'),
  identifier: z.array(identifier),
  patient: z.looseObject({ reference }),
});
const ENCOUNTER = z.looseObject({
  resourceType: z.literal('Encounter'),
  status: z.string(),
  subject: z.looseObject({ reference }),
  location: z.array(
    z.looseObject({ location: z.looseObject({ display: words }), physicalType: concept.optional() }),
  ),
});
const RESOURCE = z.discriminatedUnion('resourceType', [PATIENT, DEVICE, ENCOUNTER]);

/**
 * Reads one FHIR R4 resource (JSON) of the patient directory: Patient, Device or Encounter. Undefined for an encounter
 * that is over. Throws FileError naming the fields that do not fit, and never what stands in them.
 */
export function readPatientFile(file: Bytes): PatientFile | undefined {
  const resource = parseFile(SCHEMA, file, 'a file of the patient directory', MAX_FILE);
  switch (resource.resourceType) {
    case 'Patient':
      return { kind: 'patient', patient: patientOf(resource) };
    case 'Device': {
      const device = eui64(resource.identifier) ?? '';
      return { kind: 'device', device, patient: resource.patient.reference.slice(8) };
    }
    case 'Encounter': {
      if (resource.status !== 'in-progress') return undefined;
      const at = (code: string): string =>
        resource.location.find(({ physicalType }) => has(physicalType, PLACE_KIND, code))?.location.display ??
        '';
      const patient = resource.subject.reference.slice(8);
      return { kind: 'place', patient, ward: at('wa'), bed: at('bd') };
    }
    default:
      return resource satisfies never;
  }
}

const SCHEMA = RESOURCE.superRefine((resource, context) => {
  const wrong = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (resource.resourceType === 'Patient') {
    if (recordNumbers(resource.identifier).length !== 1)
      wrong('identifier', 'expected exactly one medical record number (type MR)');
    if (nameOf(resource.name) === undefined) wrong('name', 'expected a name');
  }
  if (resource.resourceType === 'Device' && eui64(resource.identifier) === undefined)
    wrong('identifier', 'expected an EUI-64');
});

const has = (type: z.output<typeof concept> | undefined, system: string, code: string): boolean =>
  type?.coding?.some((one) => one.system === system && one.code === code) ?? false;

const recordNumbers = (list: readonly z.output<typeof identifier>[]): readonly string[] =>
  list
    .filter(({ type }) => has(type, RECORD_NUMBER.system, RECORD_NUMBER.code))
    .flatMap(({ value }) => value ?? []);

function eui64(list: readonly z.output<typeof identifier>[]): string | undefined {
  const written = list.find(({ system }) => system === EUI64)?.value;
  return written !== undefined && /^(?:[0-9A-F]{2}-){7}[0-9A-F]{2}$/u.test(written)
    ? written.replaceAll('-', '').toLowerCase()
    : undefined;
}

type Names = z.output<typeof PATIENT>['name'];
const nameOf = (names: Names): Names[number] | undefined =>
  names.find(({ use }) => use === 'official') ?? names[0];

function patientOf({ id: fhirId, ...said }: z.output<typeof PATIENT>): Patient {
  const { family = '', given = [] } = nameOf(said.name) ?? {};
  const [photo] = said.photo ?? [];
  return {
    fhirId,
    family,
    given: given.join(' '),
    birthDate: said.birthDate,
    sex: said.gender,
    mrn: recordNumbers(said.identifier)[0] ?? '',
    photo: photo && { file: photo.url.slice('photos/'.length), type: photo.contentType },
  };
}
