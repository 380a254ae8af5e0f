import { OPERATION } from '../../server/protocol/command.ts';
import type { Parameter, Profile } from '../../server/protocol/profile.ts';

/** Codes of the test device's settings. */
export const LOWER = 1;
export const UPPER = 2;
export const AMPLITUDE = 3;
export const PACING = 4;
export const BATTERY = 5;

const parameter = (code: number, name: string, rest: Partial<Parameter>): Parameter => ({
  code,
  name,
  unit: '1',
  scale: 0,
  min: 0,
  max: 100,
  step: 1,
  maxChange: 100,
  risk: 1,
  safeDirection: 0,
  programmed: true,
  options: new Map(),
  window: { ticks: 86_400, sum: 1_000 },
  drift: 1_000,
  nominal: 0,
  ...rest,
});

/** A small pacemaker: two rates with a joint rule, an amplitude that takes two people, a mode, and a reading. */
export const testProfile: Profile = {
  model: 'Test pacemaker',
  maker: 'Test maker',
  version: 1,
  deviceClass: 528_388,
  parameters: [
    parameter(LOWER, 'Lower rate', {
      unit: '/min',
      min: 40,
      max: 120,
      step: 5,
      maxChange: 20,
      window: { ticks: 3_600, sum: 40 },
      drift: 30,
      nominal: 60,
    }),
    parameter(UPPER, 'Upper rate', { unit: '/min', min: 90, max: 180, step: 5, maxChange: 40, nominal: 120 }),
    parameter(AMPLITUDE, 'Amplitude', {
      unit: 'V',
      scale: 1,
      min: 5,
      max: 75,
      step: 5,
      maxChange: 20,
      risk: 2,
      safeDirection: 1,
      nominal: 25,
    }),
    parameter(PACING, 'Mode', {
      max: 0,
      options: new Map([
        [0, 'Off'],
        [1, 'VVI'],
        [2, 'DDD'],
      ]),
      risk: 2,
      nominal: 2,
    }),
    parameter(BATTERY, 'Battery', { unit: '%', programmed: false, nominal: 80 }),
  ],
  rules: [
    {
      terms: [
        [LOWER, 1],
        [UPPER, -1],
      ],
      times: 0,
      bound: -20,
      says: 'The upper rate stays at least 20 above the lower rate.',
    },
  ],
  operations: [
    { operation: OPERATION.program, risk: 1, lowers: false, physicalIntent: false },
    { operation: OPERATION.associate, risk: 2, lowers: false, physicalIntent: false },
    { operation: OPERATION.stop, risk: 2, lowers: false, physicalIntent: false },
    { operation: OPERATION.safeMode, risk: 1, lowers: true, physicalIntent: false },
  ],
  safeState: new Map([
    [LOWER, 60],
    [UPPER, 120],
    [AMPLITUDE, 50],
    [PACING, 1],
  ]),
  nonceTicks: { r1: 120, r2: 900 },
};

/** What the test device is set to before any command. */
export const startSettings: ReadonlyMap<number, number> = new Map([
  [LOWER, 60],
  [UPPER, 120],
  [AMPLITUDE, 25],
  [PACING, 2],
  [BATTERY, 80],
]);
