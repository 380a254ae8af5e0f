import { z } from 'zod';

/** First code a maker may use without asking anybody (IEEE 11073 keeps the numbers below). */
export const PRIVATE_CODES = 0xf000_0000;
const MAX_I32 = 0x7fff_ffff;

const code = z
  .union(
    [
      z.int().min(1).max(0xffff_ffff),
      z
        .string()
        .regex(/^0x[0-9A-F]{8}$/u)
        .transform(Number),
    ],
    'expected a number, or eight digits like "0xF0000001"',
  )
  .describe('IEEE 11073 code, or a private one from 0xF0000000 up.');
const codeSource = z.enum(['IDCO', 'IDCO (check RTMMS)', 'IEEE 11073-10101 (check RTMMS)', 'private']);
const comment = z.union([z.string(), z.array(z.string())]).optional();
const key = z.string().regex(/^[a-z][a-zA-Z0-9]*$/u, 'expected a name like lowerRate');
const value = z.number().min(-MAX_I32).max(MAX_I32);
const size = z.number().min(0).max(MAX_I32);
/** A number in the parameter's unit, or the name of one of its options. */
const named = z.union([value, z.string().min(1)], 'expected a number, or the name of an option');
const ticks = z.int().min(1).max(0xffff);

const parameter = z
  .strictObject({
    key,
    name: z.string().min(1).max(80),
    code,
    codeSource,
    comment,
    unit: z.string().min(1).max(20).describe('UCUM; "1" for none.'),
    scale: z.int().min(0).max(6).default(0).describe('Decimals.'),
    min: value.optional(),
    max: value.optional(),
    step: size.optional(),
    options: z.record(z.string().min(1).max(40), z.int().min(-MAX_I32).max(MAX_I32)).optional(),
    maxChange: size.optional(),
    window: z.strictObject({ ticks: z.int().min(1).max(MAX_I32), sum: size }).optional(),
    drift: size.optional(),
    risk: z.literal([1, 2]),
    safeDirection: z.enum(['down', 'up', 'none']).default('none'),
    programmed: z.boolean(),
    nominal: named,
  })
  .superRefine((p, context) => {
    const fault = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    const ranged = [p.min, p.max, p.step].filter((one) => one !== undefined).length;
    if (ranged !== 0 && ranged !== 3) fault('min', 'min, max and step stand together');
    if (p.min !== undefined && p.max !== undefined && p.min > p.max) fault('min', 'is above max');
    if (p.step === 0) fault('step', 'has to be more than 0');
    if (ranged === 0 && p.options === undefined) fault('min', 'a setting needs a range or options');
    if ((p.codeSource === 'private') !== p.code >= PRIVATE_CODES) {
      fault('codeSource', 'private codes begin at 0xF0000000, and only they do');
    }
    for (const limit of ['maxChange', 'window', 'drift'] as const) {
      const wanted = p.programmed && ranged === 3;
      if (wanted && p[limit] === undefined) fault(limit, 'is missing for a setting that commands change');
      if (!wanted && p[limit] !== undefined) fault(limit, 'has no meaning here');
    }
  });

const rule = z.strictObject({
  says: z.string().min(1).max(120),
  comment,
  terms: z
    .record(key, z.int().min(-MAX_I32).max(MAX_I32))
    .refine(
      (terms) => Object.keys(terms).length >= 1 && Object.keys(terms).length <= 8,
      'expected 1 to 8 settings',
    ),
  times: key.optional(),
  bound: z.int().min(-MAX_I32).max(MAX_I32),
});

const operation = z.strictObject({
  operation: z.enum(['program', 'associate', 'stop', 'resume', 'firmware', 'profile', 'safeMode']),
  risk: z.literal([1, 2]),
  lowers: z.boolean().default(false),
  physicalIntent: z.boolean().default(false),
  comment,
});

/**
 * A maker's profile as people write it: values in the unit (3.5 V), settings named by a key. Rules count in the
 * scaled integers that devices use: { terms: { key: coefficient }, times: key, bound }.
 */
export const PROFILE_FILE = z.strictObject({
  comment,
  model: z.string().min(1).max(80),
  maker: z.string().min(1).max(80),
  version: z.int().min(1).max(0xffff_ffff),
  deviceClass: z.strictObject({ code, codeSource }),
  parameters: z.array(parameter).min(1).max(64),
  rules: z.array(rule).max(64),
  operations: z.array(operation).min(1).max(16),
  safeState: z.record(key, named),
  nonceTicks: z.strictObject({ r1: ticks, r2: ticks }),
  /** SHA-256 of each firmware that this profile is for, as the device attests it; without it: for any. */
  firmware: z
    .array(z.string().regex(/^[0-9a-f]{64}$/u, 'expected SHA-256 in hexadecimal'))
    .min(1)
    .max(16)
    .optional(),
});

export type ProfileFile = z.infer<typeof PROFILE_FILE>;
export type ParameterFile = ProfileFile['parameters'][number];
