import type { Check } from './run-checks.ts';

/** Worse is higher: what failed outranks what was not checked, and that outranks what passed. */
export const RANK = { PASS: 0, 'NOT CHECKED': 1, FAIL: 2 } as const;

/** Two findings on one question: the worse one decides; two good ones are told together. */
export function joined(a: Check, b: Check): Check {
  if (RANK[a.verdict] !== RANK[b.verdict]) return RANK[a.verdict] > RANK[b.verdict] ? a : b;
  return a.verdict === 'PASS' ? { ...a, says: `${a.says}; ${b.says}` } : a;
}
