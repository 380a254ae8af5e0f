import { termOf } from '../protocol/telemetry/nomenclature.ts';
import type { Metric, Quality } from '../protocol/telemetry/telemetry-content.ts';

/** Who a message is about: the hospital's own words, on their way to the hospital's own interface engine. */
export interface Hl7Patient {
  readonly mrn: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
}

export interface Hl7Report {
  /** Of the message, unique for ever. */
  readonly id: string;
  /** Unix ms. */
  readonly now: number;
  /** EUI-64, hexadecimal. */
  readonly device: string;
  readonly model: string;
  readonly deviceClass: number;
  readonly simulated: boolean;
  /** An implant that was read out (IHE IDCO, PCD-09), or a monitor that reports (IHE DEC, PCD-01). */
  readonly implant: boolean;
  readonly patient: Hl7Patient | undefined;
  readonly values: readonly Hl7Value[];
}

export interface Hl7Value {
  readonly metric: Metric;
  readonly value: number;
  readonly quality: Quality;
  /** Source time, Unix ms. */
  readonly at: number;
  readonly limits: { readonly low?: number; readonly high?: number } | undefined;
}

const PROFILES = {
  dec: 'IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO',
  idco: 'IHE_PCD_009^IHE PCD^1.3.6.1.4.1.19376.1.6.1.9.1^ISO',
} as const;
/** OBX-8 (HL7 v2.6 table 0078, IHE PCD TF-2): why a value is not to be relied on. */
const STATUS: Readonly<Record<Quality, string>> = {
  valid: '',
  questionable: 'QUES',
  'lead-off': 'INV',
  calibrating: 'CAL',
  'out-of-range': 'INV',
};
/** MDC codes of UCUM units that have one here; the others go as UCUM alone. */
const UNITS: Readonly<Record<string, string>> = {
  '/min': '264864^MDC_DIM_BEAT_PER_MIN^MDC',
  '%': '262688^MDC_DIM_PERCENT^MDC',
  'mm[Hg]': '266016^MDC_DIM_MMHG^MDC',
  Cel: '268192^MDC_DIM_DEGC^MDC',
  V: '266400^MDC_DIM_VOLT^MDC',
  Ohm: '262976^MDC_DIM_OHM^MDC',
  'mL/h': '265266^MDC_DIM_MILLI_L_PER_HR^MDC',
  mL: '263762^MDC_DIM_MILLI_L^MDC',
};

/** Text inside a field: delimiters are escaped (HL7 v2.6 section 2.7), line ends cannot be. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/[\r\n]/gu, ' ')
    .replaceAll('\\', '\\E\\')
    .replaceAll('|', '\\F\\')
    .replaceAll('^', '\\S\\')
    .replaceAll('&', '\\T\\')
    .replaceAll('~', '\\R\\');

/** A time as HL7 writes it, in UTC. */
export const timeOf = (ms: number): string =>
  `${new Date(ms)
    .toISOString()
    .replaceAll(/[-:TZ]/gu, '')
    .slice(0, 18)}+0000`;

/** An unsolicited result, ORU^R01, one segment a line. `T` in MSH-11 says that it is training and no patient's. */
export function oruOf(report: Hl7Report): string {
  const { id, now, device, model, simulated, implant, patient } = report;
  const eui = device.toUpperCase();
  const profile = implant ? PROFILES.idco : PROFILES.dec;
  const sender = `COUNTERSIGN^${eui}^EUI-64`;
  const segments = [
    `MSH|^~\\&|${sender}|COUNTERSIGN|ENGINE|HOSPITAL|${timeOf(now)}||ORU^R01^ORU_R01|${id}|${simulated ? 'T' : 'P'}|2.6|||NE|AL|||||${profile}`,
    pidOf(patient, implant ? `model:${escaped(model)}/serial:${eui}` : undefined),
    `OBR|1|${id}^COUNTERSIGN|${id}^COUNTERSIGN|${implant ? 'Remote^Remote interrogation' : '182777000^monitoring of patient^SCT'}|||${timeOf(earliest(report))}|${timeOf(now)}`,
    `OBX|1||${report.deviceClass}^${escaped(model)}^MDC|1.0.0.0|||||||X|||${timeOf(now)}||||${eui}^^${eui}^EUI-64`,
    ...report.values.map((value, i) => obxOf(value, i + 2, simulated)),
  ];
  return `${segments.join('\r')}\r`;
}

const earliest = ({ now, values }: Hl7Report): number => Math.min(now, ...values.map(({ at }) => at));

function pidOf(patient: Hl7Patient | undefined, implant: string | undefined): string {
  if (!patient) return `PID|||${implant ?? ''}`;
  const { mrn, family, given, birthDate } = patient;
  const name = `${escaped(family)}^${escaped(given)}^^^^^L`;
  return `PID|||${escaped(mrn)}^^^HOSPITAL^MR||${name}||${birthDate.replaceAll('-', '')}`;
}

function obxOf({ metric, value, quality, at, limits }: Hl7Value, index: number, simulated: boolean): string {
  const { code, name, scale, unit } = metric;
  const term = termOf(code)?.refId ?? name;
  const good = quality === 'valid' || quality === 'questionable';
  const number = good ? (value / 10 ** scale).toFixed(scale) : '';
  const mdcUnit = UNITS[unit] ?? '^^';
  const range = limits ? `${limits.low ?? ''}-${limits.high ?? ''}` : '';
  const status = [STATUS[quality], simulated ? 'DEMO' : ''].filter((word) => word !== '').join('~');
  const units = `${mdcUnit}^${unit}^${unit}^UCUM`;
  return `OBX|${index}|NM|${code}^${escaped(term)}^MDC|1.1.1.${code}|${number}|${units}|${range}|${status}|||${good ? 'R' : 'X'}|||${timeOf(at)}`;
}

/** What the receiver said about a message: MSA-1, and for which one. Undefined when it is no acknowledgement. */
export function ackOf(
  message: string,
): { readonly code: string; readonly id: string; readonly says: string } | undefined {
  const segment = message.split(/\r\n?|\n/u).find((line) => line.startsWith('MSA|'));
  const [, code = '', id = '', says = ''] = segment?.split('|') ?? [];
  return /^[AC][AER]$/u.test(code) ? { code, id, says } : undefined;
}
