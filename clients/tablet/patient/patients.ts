import * as z from 'zod/mini';
import { read } from '../../common/page/gate/json.ts';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';

/** What everybody at a device has to see, by the gateway's word. */
export const SAFETY = {
  safeSince: z.optional(z.number()),
  reviewDue: z.optional(z.number()),
  rescuer: z.optional(z.string()),
};
const DEVICE = z.object({
  ...SAFETY,
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/u)),
  name: z.string(),
  model: z.string(),
  transport: z.enum(['nfc', 'websocket']),
  connected: z.boolean(),
  posture: z.string(),
  unknown: z.optional(z.string()),
  review: z.optional(z.string()),
});
const ROW = z.object({
  id: z.string(),
  family: z.string(),
  given: z.string(),
  birthDate: z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/u)),
  restricted: z.boolean(),
  sex: z.optional(z.enum(['male', 'female', 'other', 'unknown'])),
  mrn: z.optional(z.string()),
  ward: z.optional(z.string()),
  bed: z.optional(z.string()),
  photo: z.optional(z.boolean()),
  lookAlike: z.optional(z.boolean()),
  alike: z.optional(z.array(z.object({ family: z.string(), given: z.string(), bed: z.string() }))),
  devices: z.optional(z.array(z.string())),
});
const FOUND = z.object({ patients: z.array(ROW), more: z.boolean() });
const DETAIL = z.extend(ROW, { assigned: z.array(DEVICE) });

/** A device that the hospital assigned to a patient; what it really is, the device itself has to prove. */
export type AssignedDevice = z.infer<typeof DEVICE>;
export type Safety = Pick<AssignedDevice, keyof typeof SAFETY>;
export type PatientRow = z.infer<typeof ROW>;
export type Found = z.infer<typeof FOUND>;

/** The patient this tablet works for. */
export interface Patient extends z.infer<typeof DETAIL> {
  /** What the scanner read from the wristband; undefined when the patient was searched by name. */
  readonly wristband: string | undefined;
  readonly portrait: ImageBitmap | undefined;
}

export interface Query {
  readonly wristband?: string;
  readonly mrn?: string;
  readonly family?: string;
  readonly given?: string;
  readonly birthDate?: string;
  readonly bed?: string;
}

/** Patients whom a query fits. Throws Refusal, Unreachable. */
export const findPatients = async (http: GatewayHttp, query: Query): Promise<Found> =>
  read(FOUND, await http.json('POST', '/v1/patient-search', query), 'the list of patients');

/** One patient with portrait and devices. Who reads it stands in the log. */
export async function openPatient(
  http: GatewayHttp,
  id: string,
  wristband: string | undefined,
): Promise<Patient> {
  const detail = read(DETAIL, await http.json('GET', `/v1/patients/${id}`), 'the patient');
  const portrait = detail.photo === true ? await portraitOf(http, id) : undefined;
  return { ...detail, wristband, portrait };
}

/** Drawn, never linked to: no address of a picture stands in the page. */
async function portraitOf(http: GatewayHttp, id: string): Promise<ImageBitmap | undefined> {
  try {
    const answer = await http.send('GET', `/v1/patients/${id}/photo`);
    return await createImageBitmap(await answer.blob());
  } catch {
    return undefined; // a missing portrait is shown as initials, and is no reason to stop
  }
}

export const birthYearOf = ({ birthDate }: Pick<PatientRow, 'birthDate'>): number =>
  Number(birthDate.slice(0, 4));
