import { termOf, TERMS } from '../protocol/telemetry/nomenclature.ts';
import type { Metric } from '../protocol/telemetry/telemetry-content.ts';
import type { KeptValue, WavePart } from './history.ts';

/** Resources of FHIR R4 (hl7.org/fhir/R4) after the point-of-care device guide (uv-pocd) and the PHD guide. */
type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };
export type Resource = { readonly resourceType: string; readonly id: string } & {
  readonly [name: string]: Json;
};

const MDC = 'urn:iso:std:iso:11073:10101';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';
const EUI64 = 'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680';
const POCD = 'http://hl7.org/fhir/uv/pocd';
const PANEL = {
  code: 150_020,
  refId: 'MDC_PRESS_BLD_NONINV',
  loinc: '85354-9',
  name: 'Blood pressure',
} as const;

export interface FhirDevice {
  /** EUI-64, hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly deviceClass: number;
  readonly simulated: boolean;
  /** Opaque id of the patient in this gateway's directory, where whoever asks may know it. */
  readonly patient: string | undefined;
}

/** Alarm limits as they are set, in the unit of the metric. */
export type AlarmLimits = ReadonlyMap<number, { readonly low?: number; readonly high?: number }>;

const eui = (id: string): string => (id.match(/../gu) ?? []).join('-').toUpperCase();
const reference = (type: string, id: string): { reference: string } => ({ reference: `${type}/${id}` });
const metricId = (device: string, code: number): string => `${device}-${code}`;
/** Real numbers come from simulated devices only in training: it is said in every resource. */
const meta = (simulated: boolean) =>
  simulated
    ? { meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' }] } }
    : {};

function codeOf({ code, name }: { readonly code: number; readonly name: string }) {
  const term = termOf(code);
  const mdc = { system: MDC, code: String(code), ...(term && { display: term.refId }) };
  const loinc = term?.loinc === undefined ? [] : [{ system: LOINC, code: term.loinc }];
  return { coding: [mdc, ...loinc], text: name };
}

const quantity = (value: number, unit: string) => ({ value, unit, system: UCUM, code: unit });

export function deviceResource({ id, name, model, deviceClass, simulated, patient }: FhirDevice): Resource {
  return {
    resourceType: 'Device',
    id,
    ...meta(simulated),
    identifier: [{ system: EUI64, value: eui(id) }],
    status: 'active',
    deviceName: [{ name, type: 'user-friendly-name' }],
    modelNumber: model,
    type: { coding: [{ system: MDC, code: String(deviceClass) }] },
    ...(patient !== undefined && { patient: reference('Patient', patient) }),
  };
}

/** What a device measures: its technical range, and the alarm limits that are set. */
export function metricResource(device: FhirDevice, metric: Metric, limits: AlarmLimits): Resource {
  const scale = 10 ** metric.scale;
  const set = limits.get(metric.code);
  const bound = (name: string, value: number) => ({ url: name, valueDecimal: value });
  const alarm = set && [
    { url: 'type', valueCode: 'alarm-limits' },
    ...(set.low === undefined ? [] : [{ url: 'low', valueQuantity: quantity(set.low, metric.unit) }]),
    ...(set.high === undefined ? [] : [{ url: 'high', valueQuantity: quantity(set.high, metric.unit) }]),
  ];
  return {
    resourceType: 'DeviceMetric',
    id: metricId(device.id, metric.code),
    ...meta(device.simulated),
    extension: [
      {
        url: `${POCD}/StructureDefinition/technical-range`,
        extension: [
          bound('lowerLimit', metric.low / scale),
          bound('upperLimit', metric.high / scale),
          bound('stepWidth', 1 / scale),
        ],
      },
      ...(alarm ? [{ url: `${POCD}/StructureDefinition/reference-range`, extension: alarm }] : []),
    ],
    type: codeOf(metric),
    unit: { coding: [{ system: UCUM, code: metric.unit }] },
    source: reference('Device', device.id),
    operationalStatus: 'on',
    category: 'measurement',
    ...(metric.period > 0 && {
      measurementPeriod: { repeat: { frequency: 1, period: metric.period / 1e6, periodUnit: 's' } },
    }),
  };
}

function observation(device: FhirDevice, id: string, at: number, metric: Pick<Metric, 'code' | 'name'>) {
  const vital = termOf(metric.code)?.loinc !== undefined || metric.code === PANEL.code;
  return {
    resourceType: 'Observation',
    id,
    ...meta(device.simulated),
    status: 'final',
    ...(vital && { category: [{ coding: [{ system: CATEGORY, code: 'vital-signs' }] }] }),
    code: codeOf(metric),
    effectiveDateTime: new Date(at).toISOString(),
    ...(device.patient !== undefined && { subject: reference('Patient', device.patient) }),
  };
}

/** Why there is no value: FHIR's own words for it. */
const ABSENT = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
const valueOf = ({ value, metric, quality }: KeptValue) =>
  value === undefined
    ? {
        dataAbsentReason: {
          coding: [{ system: ABSENT, code: quality === 'lead-off' ? 'unknown' : 'error' }],
          text: quality,
        },
      }
    : { valueQuantity: quantity(value, metric.unit) };

const PRESSURES: readonly number[] = [TERMS.systolic.code, TERMS.diastolic.code, TERMS.meanPressure.code];

/** Values as Observations; the parts of a blood pressure that belong together are one panel. */
export function observationsOf(device: FhirDevice, values: readonly KeptValue[]): Resource[] {
  const panels = new Map<number, KeptValue[]>();
  const single: Resource[] = [];
  for (const kept of values) {
    if (PRESSURES.includes(kept.metric.code)) {
      panels.set(kept.at, [...(panels.get(kept.at) ?? []), kept]);
      continue;
    }
    const id = `${metricId(device.id, kept.metric.code)}-${kept.at}`;
    const measured = { ...observation(device, id, kept.at, kept.metric), ...valueOf(kept) };
    single.push({ ...measured, device: reference('DeviceMetric', metricId(device.id, kept.metric.code)) });
  }
  const pressures = [...panels].map(([at, parts]): Resource => {
    const about = observation(device, `${metricId(device.id, PANEL.code)}-${at}`, at, PANEL);
    const coding = [
      { system: MDC, code: String(PANEL.code), display: PANEL.refId },
      { system: LOINC, code: PANEL.loinc },
    ];
    return {
      ...about,
      code: { coding, text: PANEL.name },
      device: reference('Device', device.id),
      component: parts.map((part) => ({ code: codeOf(part.metric), ...valueOf(part) })),
    };
  });
  return [...single, ...pressures];
}

/** A piece of waveform as SampledData (hl7.org/fhir/R4/datatypes.html#SampledData). */
export function waveResource(device: FhirDevice, metric: Metric, { at, samples }: WavePart): Resource {
  const id = `${metricId(device.id, metric.code)}-${Math.floor(at)}`;
  return {
    ...observation(device, id, at, metric),
    device: reference('DeviceMetric', metricId(device.id, metric.code)),
    component: [
      {
        code: codeOf(metric),
        valueSampledData: {
          origin: quantity(0, metric.unit),
          period: metric.period / 1_000,
          factor: 1 / 10 ** metric.scale,
          dimensions: 1,
          data: samples.join(' '),
        },
      },
    ],
  };
}

/** What was asked for, as a Bundle of search results. */
export const bundleOf = (resources: readonly Resource[]) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  entry: resources.map((resource) => ({
    fullUrl: `urn:countersign:${resource.resourceType}:${resource.id}`,
    resource,
    search: { mode: 'match' },
  })),
});
