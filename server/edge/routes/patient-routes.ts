import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { PatientDetail } from '../desks/patient-desk.ts';
import { json, type Route, shape, signedIn } from './route.ts';
import { DEVICE, hexId, view } from './views.ts';

const typed = (says: string) =>
  z
    .string()
    .min(1)
    .max(80)
    .regex(/^[\p{L}\p{M}\p{N}\p{P} ]+$/u)
    .optional()
    .describe(says);

const QUERY = z.strictObject({
  wristband: typed('What the scanner read from the wristband; enough by itself.'),
  mrn: typed('Medical record number.'),
  family: typed('Surname, or its first letters.'),
  given: typed('First name, or its first letters.'),
  birthDate: z.iso.date().optional(),
  bed: typed('Bed, as the hospital names it.'),
});

const ROW = z.strictObject({
  id: hexId(16).describe('Opaque; never a record number.'),
  family: z.string(),
  given: z.string(),
  birthDate: z.iso.date(),
  restricted: z
    .boolean()
    .describe('This person does not care for the patient: nothing more is told; break-glass opens it.'),
  sex: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  mrn: z.string().optional(),
  ward: z.string().optional(),
  bed: z.string().optional(),
  photo: z.boolean().optional(),
  lookAlike: z.boolean().optional().describe('Somebody on the same ward has a similar name.'),
  alike: z
    .array(z.strictObject({ family: z.string(), given: z.string(), bed: z.string() }))
    .optional()
    .describe('Who that is, of those whom this person may see.'),
  devices: z.array(hexId(8)).optional(),
});

const DETAIL = ROW.extend({
  assigned: z.array(
    DEVICE.extend({
      salt: z.string().optional().describe('Salt of the device’s patient tag, from its last attestation.'),
      tag: z.string().optional().describe('The tag itself: SHA-256(CBOR [label, salt, MRN, birth year]).'),
      agrees: z
        .boolean()
        .optional()
        .describe('The tag is this patient’s, says the gateway. The tablet computes it itself.'),
    }),
  ),
});

const patientId = z.strictObject({ id: hexId(16) });

/** Patients are asked for in a body: no name and no number ever stands in an address. */
export const PATIENT_ROUTES: readonly Route[] = [
  signedIn({
    method: 'post',
    path: '/v1/patient-search',
    says: 'Patients by wristband, or by two identifiers. Those of others only when named exactly, and restricted.',
    body: QUERY,
    answers: { 200: shape('Who it fits.', z.strictObject({ patients: z.array(ROW), more: z.boolean() })) },
    refusals: ['E_ROLE'],
    handle: async ({ desk, session, body }) => {
      const said = Object.keys(body).length;
      if (said < 2 && body.wristband === undefined)
        throw new Refusal('E_CMD_SCHEMA', 'scan the wristband, or give two identifiers', 'body');
      if (said > 1 && body.wristband !== undefined)
        throw new Refusal('E_CMD_SCHEMA', 'a wristband is asked for by itself', 'body.wristband');
      const { patients, more } = await desk.patients.search(session, body);
      return json(200, { patients: patients.map((patient) => view(ROW, patient)), more });
    },
  }),
  signedIn({
    method: 'get',
    path: '/v1/patients/{id}',
    says: 'One patient, with the devices that the hospital assigned. Who reads it stands in the log.',
    params: patientId,
    answers: { 200: shape('The patient.', DETAIL) },
    refusals: ['E_SCOPE'],
    handle: async ({ desk, session, params }) =>
      json(200, detailView(await desk.patients.patient(session, params.id))),
  }),
  signedIn({
    method: 'get',
    path: '/v1/patients/{id}/photo',
    says: 'The portrait.',
    params: patientId,
    answers: { 200: { says: 'A picture.', content: { 'image/png': undefined, 'image/jpeg': undefined } } },
    refusals: ['E_SCOPE'],
    handle: async ({ desk, session, params }) => {
      const { type, body } = await desk.patients.photo(session, params.id);
      return { status: 200, type, body };
    },
  }),
];

const detailView = ({ assigned, ...row }: PatientDetail): object => ({
  ...view(ROW, row),
  assigned: assigned.map(({ salt, tag, agrees, ...device }) => ({
    ...view(DEVICE, device),
    agrees,
    salt: salt && base64url(salt),
    tag: tag && base64url(tag),
  })),
});
