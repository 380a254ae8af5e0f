import { z } from 'zod';
import { hex } from '../../protocol/encoding/bytes.ts';
import { type BedState, CONTACT } from '../../protocol/telemetry/live.ts';
import { ALARM_KIND, PRESENCE, PRIORITY, QUALITY } from '../../protocol/telemetry/telemetry-content.ts';
import { READABLE } from '../../protocol/read-scope.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { json, type Route, shape, signedIn } from './route.ts';
import { hexId, SAFETY } from './views.ts';

const time = z.int().min(0).describe('Unix time in milliseconds.');
const digits = (most: number, says: string) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/u)
    .refine((text) => Number(text) <= most)
    .describe(says);
const TIME = digits(Number.MAX_SAFE_INTEGER, 'Unix time in milliseconds.');

const VALUE = z.strictObject({
  code: z.int().describe('IEEE 11073 (MDC) code.'),
  name: z.string(),
  value: z.number().nullable().describe('Null unless the quality is valid or questionable.'),
  unit: z.string().describe('UCUM.'),
  quality: z.enum(QUALITY),
  at: time.describe('When the device measured it, by its own clock.'),
});

const ALARM = z.strictObject({
  priority: z.enum(PRIORITY),
  kind: z.enum(ALARM_KIND),
  presence: z.enum(PRESENCE),
  since: time,
  says: z.string(),
  owner: z
    .enum(['device', 'gateway'])
    .describe('Who raised it. The gateway alarms about its own view alone, and owns no other alarm.'),
});

const BED = z.strictObject({
  device: hexId(8),
  now: time.describe('The gateway’s clock: ages are counted from it.'),
  simulated: z.boolean(),
  contact: z.enum(CONTACT),
  signed: z
    .boolean()
    .describe('A recent signature of the device vouches for it; otherwise show it as stale.'),
  received: time.describe('When the newest frame arrived; 0 when none ever did.'),
  audioPausedUntil: time.describe('0 when the device’s audio is not paused.'),
  values: z.array(VALUE),
  alarms: z.array(ALARM),
});

function bedView(bed: BedState): z.input<typeof BED> {
  const metrics = new Map(bed.described?.metrics.map((metric) => [metric.handle, metric]));
  const { now, simulated, contact, signed, received, pausedUntil } = bed;
  return {
    device: hex(bed.device),
    now,
    simulated,
    contact,
    signed,
    received,
    audioPausedUntil: pausedUntil,
    values: bed.latest.flatMap(({ handle, value, quality, at }) => {
      const metric = metrics.get(handle);
      if (!metric) return [];
      const { code, name, unit, scale } = metric;
      const good = quality <= QUALITY.indexOf('questionable');
      const number = good ? value / 10 ** scale : null;
      return [{ code, name, value: number, unit, quality: QUALITY[quality] ?? 'questionable', at }];
    }),
    alarms: [
      ...bed.alarms.alarms.map(({ priority, kind, presence, since, says }) => ({
        priority,
        kind,
        presence,
        since,
        says,
        owner: 'device' as const,
      })),
      ...bed.raised.map(({ priority, since, says }) => ({
        priority,
        since,
        says,
        kind: 'technical' as const,
        presence: 'on' as const,
        owner: 'gateway' as const,
      })),
    ],
  };
}

const WARD_ROW = z.strictObject({
  device: hexId(8),
  name: z.string(),
  model: z.string(),
  patient: z
    .strictObject({
      id: hexId(16).describe('Opaque; never a record number.'),
      ward: z.string(),
      bed: z.string(),
      name: z.string().optional().describe('As much of it as the policy lets a board show (`board.names`).'),
    })
    .optional(),
  ...SAFETY,
});

const TREND = z.strictObject({
  code: z.int(),
  unit: z.string().describe('UCUM; empty when there is no point.'),
  step: z.int().describe('Width of a point in milliseconds.'),
  points: z
    .array(z.strictObject({ at: time, low: z.number(), high: z.number(), mean: z.number(), count: z.int() }))
    .describe('Steps in which nothing was measured are not there: draw a gap.'),
  gaps: z.array(z.strictObject({ since: time, until: time, frames: z.int() })),
});

const EVENT = z.strictObject({
  number: z.int().describe('The number of the entry in the log.'),
  at: time,
  change: z
    .enum(['raised', 'acknowledged', 'latched', 'ended', 'paused', 'resumed', 'escalated', 'flood'])
    .describe(
      'What happened; `flood`: the rest of this minute was only counted; how many, the next one of it says.',
    ),
  priority: z.enum(PRIORITY),
  kind: z.enum(ALARM_KIND),
  owner: z.enum(['device', 'gateway']),
  says: z.string(),
});

const deviceId = z.strictObject({ id: hexId(8) });

/** A year of minutes in a picture. */
const MAX_POINTS = 2_000;

const WAVES = z.strictObject({
  code: z.int(),
  unit: z.string(),
  scale: z.int().describe('Samples are integers in units of 10^-scale.'),
  period: z.int().describe('Microseconds between two samples.'),
  parts: z.array(z.strictObject({ at: z.number(), quality: z.enum(QUALITY), samples: z.array(z.int()) })),
});

const RANGE = z.strictObject({ since: TIME, until: TIME });
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const FHIR_TYPE = 'application/fhir+json';
const CSV_TYPE = 'text/csv; charset=utf-8';

/** A range of at most `most` ms. Throws Refusal E_CMD_SCHEMA. */
function within(query: { readonly since: string; readonly until: string }, most: number): [number, number] {
  const [since, until] = [Number(query.since), Number(query.until)];
  if (until - since <= most) return [since, until];
  throw new Refusal('E_CMD_SCHEMA', `at most ${most / MINUTE_MS} minutes at a time`, 'query.until');
}

/** What devices measure, to be read. Live values come over the stream (`monitor`). */
export const MONITOR_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/monitor/beds',
    opens: ['Observation'],
    says: 'Every device this person may see, with its newest values, their age, and its alarms.',
    answers: { 200: shape('Beds.', z.strictObject({ beds: z.array(BED) })) },
    handle: ({ desk, session }) => json(200, { beds: desk.monitoring.beds(session).map(bedView) }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/monitor/ward',
    says: 'Who lies where, for a ward board: every device this person may see. Who reads it stands in the log.',
    answers: { 200: shape('The ward.', z.strictObject({ ward: z.array(WARD_ROW) })) },
    handle: async ({ desk, session }) => json(200, { ward: await desk.monitoring.ward(session) }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/trend',
    opens: ['Observation'],
    says: 'Values of one metric over time, by the minute or coarser.',
    params: deviceId,
    query: z.strictObject({
      code: digits(0xffff_ffff, 'IEEE 11073 (MDC) code.'),
      since: TIME,
      until: TIME,
      points: digits(MAX_POINTS, `1 to ${MAX_POINTS}; 500 when left out.`).optional(),
    }),
    answers: { 200: shape('The trend.', TREND) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) => {
      const { code, since, until, points = '500' } = query;
      const range = { since: Number(since), until: Number(until), points: Math.max(1, Number(points)) };
      return json(200, desk.monitoring.trend(session, { device: params.id, code: Number(code), ...range }));
    },
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/values',
    opens: ['Observation'],
    says: 'Every number of one device, as CSV (RFC 4180); an hour at a time, kept for a day.',
    params: deviceId,
    query: RANGE,
    answers: { 200: shape('The values.', undefined, CSV_TYPE) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) => ({
      status: 200,
      type: CSV_TYPE,
      body: desk.monitoring.csv(session, params.id, ...within(query, HOUR_MS)),
    }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/waves',
    opens: ['Observation'],
    says: 'One waveform of one device; two minutes at a time, kept for a day.',
    params: deviceId,
    query: RANGE.extend({ code: digits(0xffff_ffff, 'IEEE 11073 (MDC) code.') }),
    answers: { 200: shape('The samples. A new part begins where some are missing.', WAVES) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) => {
      const range = within(query, 2 * MINUTE_MS);
      return json(200, desk.monitoring.waves(session, params.id, Number(query.code), ...range));
    },
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/fhir',
    opens: READABLE,
    says: 'FHIR R4: Device, DeviceMetric with technical range and alarm limits, Observation, each where the session may read it; ten minutes at a time.',
    params: deviceId,
    query: RANGE,
    answers: { 200: shape('A Bundle.', undefined, FHIR_TYPE) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) => ({
      status: 200,
      type: FHIR_TYPE,
      body: JSON.stringify(desk.monitoring.fhir(session, params.id, ...within(query, 10 * MINUTE_MS))),
    }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/signs',
    says: 'Signs that something is wrong with a device, the newest first.',
    params: deviceId,
    query: RANGE,
    answers: {
      200: shape(
        'Signs.',
        z.strictObject({
          signs: z.array(z.strictObject({ at: time, kind: z.string(), reason: z.string() })),
        }),
      ),
    },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) =>
      json(200, {
        signs: desk.monitoring.signs(session, params.id, Number(query.since), Number(query.until)),
      }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/alarms',
    says: 'Alarm events of one device, the newest first, at most 1,000.',
    params: deviceId,
    query: RANGE,
    answers: { 200: shape('Events.', z.strictObject({ events: z.array(EVENT) })) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query }) =>
      json(200, {
        events: desk.monitoring.alarms(session, params.id, Number(query.since), Number(query.until)),
      }),
  }),
];
