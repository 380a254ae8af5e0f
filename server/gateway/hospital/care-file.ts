import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CareRelations } from '../../authorize/care-relation.ts';
import type { Config } from '../../config.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import type { GatewayLog } from '../watch/program-log.ts';

/**
 * Who cares for whom, followed while the gateway runs: what is wrong with a new file is said once, and leaves the
 * relations in force.
 */
export function openCare(
  { hospital }: Pick<Config, 'hospital'>,
  first: Bytes,
  program: GatewayLog,
): { readonly care: CareRelations; readonly refreshCare: () => Promise<void> } {
  const care = new CareRelations(first);
  let seen = first;
  let said = '';
  const refreshCare = async (): Promise<void> => {
    try {
      const bytes = new Uint8Array(await readFile(join(hospital, 'care.json')));
      if (!equal(bytes, seen)) care.reload(bytes);
      seen = bytes;
      said = '';
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (fault !== said) program.warn('hospital', { reason: fault });
      said = fault;
    }
  };
  return { care, refreshCare };
}
