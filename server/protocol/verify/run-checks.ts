import type { TrustedKeys } from '../evidence/evidence-tools.ts';
import { Unavailable } from '../evidence/evidence-parts.ts';
import { Refusal } from '../refusal.ts';

export type CheckVerdict = 'PASS' | 'FAIL' | 'NOT CHECKED';

/** What is asked of every piece of evidence, in the order in which a reader asks. */
export const CHECK_IDS = [
  'bytes',
  'signatures',
  'credentials',
  'people',
  'grant',
  'receipt',
  'readBack',
  'inclusion',
  'checkpoint',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export interface Check {
  readonly id: CheckId;
  readonly name: string;
  readonly verdict: CheckVerdict;
  /** What was found, in one sentence. */
  readonly says: string;
  /** How anybody can make this check. */
  readonly how: string;
  /** Asked of an emergency, where some questions mean something else. */
  readonly emergency?: true;
}

export interface CheckKind<Parts> {
  readonly name: string;
  readonly how: string;
  /** All of them have to pass. Each gives in words what it found; it throws Refusal when it failed, Unavailable when it cannot judge. */
  readonly runs: readonly ((parts: Parts, trusted: TrustedKeys | undefined) => Promise<string>)[];
}

/** Makes all nine checks, also after one failed. */
export async function runChecks<Parts>(
  kindOf: (id: CheckId) => CheckKind<Parts>,
  parts: Parts,
  trusted: TrustedKeys | undefined,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const id of CHECK_IDS) checks.push(await runCheck(id, kindOf(id), parts, trusted));
  return checks;
}

async function runCheck<Parts>(
  id: CheckId,
  { name, how, runs }: CheckKind<Parts>,
  parts: Parts,
  trusted: TrustedKeys | undefined,
): Promise<Check> {
  const found: string[] = [];
  let open: string | undefined;
  for (const run of runs) {
    try {
      found.push(await run(parts, trusted));
    } catch (error) {
      if (error instanceof Refusal) return { id, name, verdict: 'FAIL', says: error.message, how };
      if (!(error instanceof Unavailable)) throw error;
      open ??= error.message;
    }
  }
  if (open !== undefined) return { id, name, verdict: 'NOT CHECKED', says: open, how };
  return { id, name, verdict: 'PASS', says: found.join('; '), how };
}

/** One failed check fails the whole; what was not checked is never taken for passed. */
export function verdictOf(checks: readonly Pick<Check, 'verdict'>[]): 'VERIFIED' | 'FAILED' | 'INCOMPLETE' {
  if (checks.some(({ verdict }) => verdict === 'FAIL')) return 'FAILED';
  return checks.every(({ verdict }) => verdict === 'PASS') ? 'VERIFIED' : 'INCOMPLETE';
}
