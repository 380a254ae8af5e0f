import { BreakGlass } from '../../authorize/break-glass.ts';
import type { Sessions } from '../../authenticate/sessions.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import { glassName } from './history.ts';
import type { Memory } from '../opening/memory.ts';

/** What was opened by break-glass and is not yet reviewed, over restarts. */
export const openGlass = (
  memory: Memory,
  sessions: Pick<Sessions, 'statement'>,
  sha256: Sha256,
): BreakGlass =>
  new BreakGlass({
    sha256,
    kept: memory.recall('break-glass'),
    keep: (list, entry, opening) => {
      const kept = opening
        ? [memory.mark(glassName(opening.id), encode([opening.until, opening.reason]))]
        : [];
      return memory.keepLogged('break-glass', list, entry, kept);
    },
    verify: async (signed, purpose) => (await sessions.statement(signed, purpose)).person,
  });
