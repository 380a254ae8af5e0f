/**
 * What is measured, in the words of others: codes of IEEE 11073-10101 and -10103 (MDC), LOINC where vital signs need it,
 * units of UCUM. A code that is not here may still be sent and shown under the device's own name for it; what is here
 * has one unit, and a value in another one is refused, never converted.
 */
export interface Term {
  readonly code: number;
  /** Reference identifier of the standard. */
  readonly refId: string;
  readonly name: string;
  readonly unit: string;
  readonly loinc?: string;
}

const term = (code: number, refId: string, name: string, unit: string, loinc?: string): Term => ({
  code,
  refId,
  name,
  unit,
  ...(loinc !== undefined && { loinc }),
});

export const TERMS = {
  heartRate: term(147_842, 'MDC_ECG_HEART_RATE', 'Heart rate', '/min', '8867-4'),
  pulseRate: term(149_530, 'MDC_PULS_OXIM_PULS_RATE', 'Pulse rate', '/min', '8867-4'),
  spo2: term(150_456, 'MDC_PULS_OXIM_SAT_O2', 'SpO2', '%', '2708-6'),
  systolic: term(150_021, 'MDC_PRESS_BLD_NONINV_SYS', 'NIBP systolic', 'mm[Hg]', '8480-6'),
  diastolic: term(150_022, 'MDC_PRESS_BLD_NONINV_DIA', 'NIBP diastolic', 'mm[Hg]', '8462-4'),
  meanPressure: term(150_023, 'MDC_PRESS_BLD_NONINV_MEAN', 'NIBP mean', 'mm[Hg]', '8478-0'),
  temperature: term(150_364, 'MDC_TEMP_BODY', 'Temperature', 'Cel', '8310-5'),
  respirationRate: term(151_562, 'MDC_RESP_RATE', 'Respiration rate', '/min', '9279-1'),
  ecg: term(131_330, 'MDC_ECG_ELEC_POTL_II', 'ECG II', 'mV'),
  pleth: term(150_452, 'MDC_PULS_OXIM_PLETH', 'Pleth', '1'),
  respiration: term(151_780, 'MDC_IMPED_TTHOR', 'Respiration', 'Ohm'),
  flowRate: term(157_784, 'MDC_FLOW_FLUID_PUMP', 'Infusion rate', 'mL/h'),
  infused: term(157_864, 'MDC_VOL_FLUID_DELIV', 'Volume infused', 'mL'),
  remaining: term(157_872, 'MDC_VOL_FLUID_TBI_REMAIN', 'Volume remaining', 'mL'),
  battery: term(67_996, 'MDC_ATTR_VAL_BATT_CHARGE', 'Battery', '%'),
  batteryVoltage: term(721_344, 'MDC_IDC_MSMT_BATTERY_VOLTAGE', 'Battery voltage', 'V'),
  batteryLongevity: term(721_472, 'MDC_IDC_MSMT_BATTERY_REMAINING_LONGEVITY', 'Battery longevity', 'mo'),
  batteryRemaining: term(721_536, 'MDC_IDC_MSMT_BATTERY_REMAINING_PERCENTAGE', 'Battery remaining', '%'),
  leadImpedance: term(722_432, 'MDC_IDC_MSMT_LEADCHNL_RA_IMPEDANCE_VALUE', 'Lead impedance RA', 'Ohm'),
  leadImpedanceRv: term(722_433, 'MDC_IDC_MSMT_LEADCHNL_RV_IMPEDANCE_VALUE', 'Lead impedance RV', 'Ohm'),
  thresholdRa: term(722_176, 'MDC_IDC_MSMT_LEADCHNL_RA_PACING_THRESHOLD_AMPLITUDE', 'Threshold RA', 'V'),
  pacedAtrium: term(737_488, 'MDC_IDC_STAT_BRADY_RA_PERCENT_PACED', 'Paced in atrium', '%'),
  pacedVentricle: term(737_504, 'MDC_IDC_STAT_BRADY_RV_PERCENT_PACED', 'Paced in ventricle', '%'),
  steps: term(0xf003_0002, 'private', 'Steps', '{steps}', '55423-8'),
  motion: term(0xf003_0001, 'private', 'Motion', 'm/s2'),
} as const satisfies Record<string, Term>;

export type TermName = keyof typeof TERMS;

/** Units a number may carry on the wire (UCUM, case-sensitive). */
export const UNITS: readonly string[] = [
  '1', '%', '/min', 'mm[Hg]', 'Cel', 'mV', 'V', 'mA', 'Ohm', 'ms', 's', 'min', 'h', 'd', 'mo',
  'mL', 'mL/h', 'uL', 'm/s2', '{steps}', '{episodes}',
]; // prettier-ignore

const BY_CODE: ReadonlyMap<number, Term> = new Map(Object.values(TERMS).map((each) => [each.code, each]));

/** What a code stands for; undefined for one that this list does not have. */
export const termOf = (code: number): Term | undefined => BY_CODE.get(code);

/** Settings of the reference monitors that are alarm limits: of which metric, and on which side. */
export const ALARM_LIMITS: ReadonlyMap<number, { readonly metric: number; readonly side: 'low' | 'high' }> =
  new Map([
    [0xf002_0001, { metric: TERMS.heartRate.code, side: 'high' }],
    [0xf002_0002, { metric: TERMS.heartRate.code, side: 'low' }],
    [0xf002_0003, { metric: TERMS.spo2.code, side: 'low' }],
    [0xf002_0004, { metric: TERMS.respirationRate.code, side: 'high' }],
    [0xf002_0005, { metric: TERMS.respirationRate.code, side: 'low' }],
    [0xf002_0006, { metric: TERMS.systolic.code, side: 'high' }],
    [0xf002_0007, { metric: TERMS.systolic.code, side: 'low' }],
    [0xf002_0008, { metric: TERMS.temperature.code, side: 'high' }],
  ]);
