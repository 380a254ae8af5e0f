import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PATIENTS } from '../../certs/patients.ts';
import { portrait } from './portrait.ts';
import type { Wristband } from './simulator-page.ts';

/** Where everybody lies but one, and where the reader stands. */
export const SIMULATED_WARD = 'Ward 3';
/** Nobody cares for these two until the glass is broken. */
const RESTRICTED = 2;
/** People on the ward beside those with devices; some have names that are easily mixed up. */
const OTHERS: readonly (Omit<Person, 'device'> & { readonly ward?: string })[] = [
  { mrn: 'SIM-200001', birthYear: 1951, name: 'Ines Simsen' },
  { mrn: 'SIM-200002', birthYear: 1966, name: 'Otto Probst' },
  { mrn: 'SIM-200003', birthYear: 1982, name: 'Amara Vorbild', ward: 'Ward 4' },
  { mrn: 'SIM-200004', birthYear: 1944, name: 'Günther Dummy-Weiß' },
  { mrn: 'SIM-200005', birthYear: 1991, name: 'Li Muster' },
  { mrn: 'SIM-200006', birthYear: 1958, name: 'Selma Attrappe' },
  { mrn: 'SIM-200007', birthYear: 1973, name: 'Jonas Schablone' },
  { mrn: 'SIM-200008', birthYear: 1936, name: 'Rosa Phantom' },
];

const PERSON = z.object({ mrn: z.string(), birthYear: z.int(), name: z.string(), device: z.string() });
type Person = z.infer<typeof PERSON>;
type Resource = Readonly<Record<string, unknown>>;
const DEVICES = z.array(z.object({ id: z.string(), name: z.string(), serial: z.string() }));

/** What stands on the wristbands of those with a device. */
export const readWristbands = (folder: string): readonly Wristband[] =>
  z
    .array(PERSON)
    .parse(JSON.parse(readFileSync(join(folder, 'keys', PATIENTS), 'utf8')))
    .map(({ device, mrn, birthYear }) => ({ device, mrn, birthYear }));

/** Those that a visitor can scan by pressing them: who lies at a monitor stands on the simulator's page, there are too many. */
export const wristbandsToPress = (folder: string): readonly Wristband[] =>
  readWristbands(folder)
    .filter(({ device }) => !device.startsWith('monitor-'))
    .toSorted((a, b) => (a.device < b.device ? -1 : 1));

/**
 * Writes the patient directory of the simulated hospital: FHIR R4 resources in `hospital/patients/`, a portrait beside
 * each. Everybody with a device, and some without. Gives the references of those whom the ward's clinicians care for.
 */
export function writePatients(folder: string): readonly string[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, 'keys', file), 'utf8'));
  const assigned = z.array(PERSON).parse(read(PATIENTS));
  const devices = DEVICES.parse(read('public/devices.json'));
  const people = [
    ...assigned.map((person) => ({ ...person, ward: SIMULATED_WARD })),
    ...OTHERS.map((other) => ({ ward: SIMULATED_WARD, ...other, device: '' })),
  ];
  const to = join(folder, 'hospital', 'patients');
  mkdirSync(join(to, 'photos'), { recursive: true, mode: 0o700 });
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(to, name), content, { mode: 0o600 });
  const keep = (name: string, resource: Resource): void =>
    write(`${name}.json`, `${JSON.stringify(resource, null, 2)}\n`);
  people.forEach((person, number) => {
    const id = `sim-${number + 1}`;
    keep(`patient-${id}`, patientResource(id, person, number));
    keep(`encounter-${id}`, encounterResource(id, person.ward, number));
    write(`photos/${id}.png`, portrait(number));
    const device = devices.find(({ name }) => name === person.device);
    if (device) keep(`device-${id}`, deviceResource(id, device));
  });
  return people.slice(0, people.length - RESTRICTED).map((_, number) => `Patient/sim-${number + 1}`);
}

function patientResource(
  id: string,
  { mrn, birthYear, name }: Omit<Person, 'device'>,
  number: number,
): Resource {
  const [given = '', family = ''] = name.split(' ');
  const [month, day] = [String((number % 12) + 1), String(((number * 7) % 28) + 1)];
  return {
    resourceType: 'Patient',
    id,
    meta: { security: [{ system: ACT_REASON, code: 'HTEST', display: 'test health data' }] },
    identifier: [
      {
        use: 'usual',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
        system: 'urn:countersign:simulation:mrn',
        value: mrn,
      },
    ],
    active: true,
    name: [{ use: 'official', family, given: [given] }],
    gender: WOMEN.has(given) ? 'female' : 'male',
    birthDate: `${birthYear}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
    photo: [{ contentType: 'image/png', url: `photos/${id}.png`, title: 'Simulated portrait' }],
  };
}

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const WOMEN = new Set([
  'Ines', 'Mira', 'Hanna', 'Clara', 'Noor', 'Tove', 'Greta', 'Freya', 'Lucia', 'Ayla', 'Amara', 'Li', 'Selma', 'Rosa',
]); // prettier-ignore

/** A bed is where an encounter takes place, not part of a patient. */
const encounterResource = (id: string, ward: string, number: number): Resource => ({
  resourceType: 'Encounter',
  id: `in-${id}`,
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: `Patient/${id}` },
  location: [
    { location: { display: ward }, status: 'active', physicalType: place('wa') },
    { location: { display: `${ward.slice(-1)}-${number + 1}` }, status: 'active', physicalType: place('bd') },
  ],
});

const place = (code: string): Resource => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code }],
});

const deviceResource = (id: string, device: z.infer<typeof DEVICES>[number]): Resource => ({
  resourceType: 'Device',
  id: `device-${id}`,
  identifier: [
    {
      system: 'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680',
      value: (device.id.toUpperCase().match(/../gu) ?? []).join('-'),
    },
  ],
  status: 'active',
  serialNumber: device.serial,
  deviceName: [{ name: device.name, type: 'user-friendly-name' }],
  patient: { reference: `Patient/${id}` },
});
