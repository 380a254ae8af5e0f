import { z } from 'zod';
import type { Policy } from './policy-file.ts';

/** A site's name, or `*` for every other site. */
export const siteName = z
  .string()
  .regex(/^(?:\*|[ -~]{1,64})$/u, 'expected printable text, or * for every other site');

/** As profiles write codes: in decimal, or as "0x" and hexadecimal digits. */
const code = z
  .union([z.int().min(0).max(0xffff_ffff), z.string().regex(/^0x[0-9A-Fa-f]{1,8}$/u)])
  .transform((said) => Number(said));

/** Values are what people read on the device, in the unit that stands beside them. */
const limit = z
  .strictObject({
    site: siteName,
    model: z.string().min(1).max(80),
    parameter: code,
    unit: z.string().min(1).max(20),
    low: z.number(),
    high: z.number(),
  })
  .refine(({ low, high }) => low <= high, { path: ['high'], error: 'lower than low' });

/** Settings of all models and sites of a hospital that it narrows. */
const MAX_LIMITS = 1_024;
export const limits = z.array(limit).max(MAX_LIMITS).default([]);

/** Within which values one person may set a parameter at a site; the device's own limits are wider, and stand. */
export type SiteLimit = Readonly<z.output<typeof limit>>;

/** What a limit is about: two of them about the same would contradict each other. */
export const limitKey = ({ site, model, parameter }: Omit<SiteLimit, 'unit' | 'low' | 'high'>): string =>
  JSON.stringify([site, model, parameter]);

/** The limit that holds at a site: its own row, or else the row for every other site. */
const limitAt = (policy: Policy, about: Parameters<typeof limitKey>[0]): SiteLimit | undefined =>
  policy.limits.get(limitKey(about)) ?? policy.limits.get(limitKey({ ...about, site: '*' }));

/** Every limit of a model at a site. */
export function limitsAt(policy: Policy, site: string, model: string): readonly SiteLimit[] {
  const rows = [...policy.limits.values()].filter((row) => row.model === model);
  const codes = new Set(rows.map(({ parameter }) => parameter));
  return [...codes].flatMap((parameter) => limitAt(policy, { site, model, parameter }) ?? []);
}

/** Does a policy leave a value to one person that the one before did not? A limit in another unit cannot be compared. */
export function isWider(policy: Policy, old: Policy): boolean {
  const sites = new Set([...policy.limits.values(), ...old.limits.values()].map(({ site }) => site));
  return [...old.limits.values()].some(({ model, parameter }) =>
    [...sites].some((site) => {
      const [is, was] = [
        limitAt(policy, { site, model, parameter }),
        limitAt(old, { site, model, parameter }),
      ];
      if (!was) return false;
      return !is || is.unit !== was.unit || is.low < was.low || is.high > was.high;
    }),
  );
}
