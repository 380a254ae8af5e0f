import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { Command, ExitCode } from './command.ts';

const WARD = process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../.ward', import.meta.url));

/** `countersign fingerprint`: what a hospital prints on paper, so that anybody can check its evidence. */
export const fingerprint: Command = {
  says: 'the fingerprint of the hospital’s keys, to be given to people on paper',
  help: '  ANCHORS-FILE   the hospital’s trust anchors (default: those of the simulated ward)\n\n  --json         one JSON object on standard output',
  async run(args): Promise<ExitCode> {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    if (positionals.length > 1) throw new Error('name one file of trust anchors');
    const file = positionals[0] ?? join(WARD, 'keys', 'public', 'anchors.bin');
    if (positionals.length === 0 && !existsSync(file))
      throw new Error('there is no simulated ward here (npm start): name the file of the trust anchors');
    const bytes = new Uint8Array(await readFile(file));
    try {
      const anchors = await openAnchors(nodeCrypto, bytes, readAnchors(nodeCrypto, bytes));
      const print = rootsFingerprint(nodeCrypto.sha256, anchors);
      process.stdout.write(`${values.json ? JSON.stringify({ fingerprint: print }) : print}\n`);
      return 0;
    } catch (error) {
      if (error instanceof Refusal)
        throw new Error(`${file} does not hold usable anchors: ${error.message}`, { cause: error });
      throw error;
    }
  },
};
