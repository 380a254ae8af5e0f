/** The four things that nobody may do alone, as the published table has them. */
export const GOAL_NAMES = ['therapy', 'read', 'deny', 'forge'] as const;
export type GoalName = (typeof GOAL_NAMES)[number];

/**
 * What each party may achieve by itself, as SECURITY.md admits it: the words a success is called. A success that is not
 * here is a hole.
 */
export const ADMITTED: Readonly<Record<string, readonly string[]>> = {
  'A1 deny': ['that device; shown as out of contact'],
  'A2 read': ['what this session may see'],
  'A3 read': ['what this session may see'],
  'A4 therapy': ['R1, within the limits, in the person’s name', 'the safe state, in contact'],
  'A4 read': ['what this session may see'],
  'A4 deny': ['commands stop with E_LOCKED'],
  'A5 read': ['what passes through', 'which device lies there', 'names of patients'],
  'A5 deny': ['commands and reading stop, in plain sight'],
  'A6 read': ['which device lies there'],
  'A6w deny': ['commands stop'],
  'A7 therapy': ['R1, within the limits, one for each genuine gesture'],
  'A7 read': ['what this session may see'],
  'A7 deny': ['commands stop with E_LOCKED'],
  'A8 read': ['which device lies there'],
  'A8 deny': ['that reader'],
  'A9 forge': ['itself'],
  'A9 deny': ['itself'],
  'A10 read': ['what passes through', 'which device lies there', 'names of patients'],
  'A10 deny': ['commands and reading stop, in plain sight'],
  'A11 deny': ['for as long as it stands there; bounded by the energy budget'],
  'A12 deny': ['commands and reading stop, in plain sight'],
  'AI deny': ['nobody signs in anew'],
};

/** The goal of a drill's result; undefined for an attack of the catalogue. */
export const goalOf = ({ id }: { readonly id: string }): GoalName | undefined =>
  GOAL_NAMES.find((goal) => id.startsWith(`${goal}@`));

/** True for a success that is said openly. */
export const isAdmitted = (attacker: string, goal: GoalName, how: string): boolean =>
  (ADMITTED[`${attacker} ${goal}`] ?? []).some((words) => how.startsWith(words));
