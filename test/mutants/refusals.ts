import { type Mutant, mutantsOf } from './mutant.ts';

const seen = 'trust/seen-refusals';
const LATELY = 'what was refused lately ';

/** Who sees what was refused, and how much of it. */
// prettier-ignore
export const refusalMutants: readonly Mutant[] = [
  ...mutantsOf('server/gateway/desks/seen-refusals.ts', [
    ['seen-operators', 'what was refused is told to operators only', 'if ((roles & ROLE.operator) === 0)', 'if (false)',
      seen, `${LATELY}is told to operators, and to nobody else`],
    ['seen-messages', 'messages are kept in a simulation only', 'this.#parts.keepsMessages() ? message : undefined', 'message',
      seen, `${LATELY}keeps no message where it may concern a patient, and says how long it was`],
    ['seen-bytes', 'what is kept in memory is bounded', ' || this.#bytes > LIMITS.seenRefusalBytes.max', '',
      seen, `${LATELY}is bounded in number and in bytes: the oldest give way`],
  ]),
];
