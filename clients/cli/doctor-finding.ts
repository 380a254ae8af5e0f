/** `unchecked`: it could not be looked at, which is not the same as being well. */
export type State = 'ok' | 'warning' | 'fault' | 'unchecked';

/** One thing the doctor looked at. Neither text ever holds a key, a token or anything about a patient. */
export interface Finding {
  readonly group: string;
  readonly name: string;
  readonly state: State;
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

export interface Findings {
  ok(name: string, says: string): Finding;
  warning(name: string, says: string, mend: string): Finding;
  fault(name: string, says: string, mend: string): Finding;
  unchecked(name: string, says: string, mend: string): Finding;
}

/** Makes findings of one group. */
export const findings = (group: string): Findings => ({
  ok: (name, says) => ({ group, name, state: 'ok', says }),
  warning: (name, says, mend) => ({ group, name, state: 'warning', says, mend }),
  fault: (name, says, mend) => ({ group, name, state: 'fault', says, mend }),
  unchecked: (name, says, mend) => ({ group, name, state: 'unchecked', says, mend }),
});

/** An error's own words, without its stack. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
