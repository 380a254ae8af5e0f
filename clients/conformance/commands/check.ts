import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAnchors, readAnchors } from '../../../server/protocol/anchors.ts';
import { equal } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto, publicKeyFromPem } from '../../common/process/crypto.ts';
import { openStatement, statementText } from '../report/statement.ts';

const HELP = `Usage: countersign conformance check STATEMENT --keys FOLDER [--report FILE]

  --keys FOLDER  the tester’s trust/ folder, or the folder it lies in: tester.pub.pem and anchors.bin.
                 Have it from the tester, not from whoever shows you the statement.
  --report FILE  the report.json that the statement should be about

  Exit codes: 0 genuine (whatever it says), 1 not genuine, 2 could not be checked.
`;

/** `countersign conformance check`: is a statement signed by this tester, in their log, and about this report? */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      keys: { type: 'string' },
      report: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (values.help) return (process.stdout.write(HELP), 0);
  if (file === undefined || values.keys === undefined)
    throw new Error('name a statement and --keys; try --help');
  const trust = (name: string): Buffer => {
    try {
      return readFileSync(join(values.keys ?? '', 'trust', name));
    } catch {
      return readFileSync(join(values.keys ?? '', name));
    }
  };
  const anchored = new Uint8Array(trust('anchors.bin'));
  try {
    const anchors = await openAnchors(nodeCrypto, anchored, readAnchors(nodeCrypto, anchored));
    const tester = publicKeyFromPem(trust('tester.pub.pem').toString());
    const statement = await openStatement(new Uint8Array(readFileSync(file)), tester, anchors);
    if (values.report !== undefined) {
      const digest = nodeCrypto.sha256(new Uint8Array(readFileSync(values.report)));
      if (!equal(digest, statement.report))
        throw new Refusal('E_EVIDENCE', 'the statement is about another report');
    }
    process.stdout.write(`genuine\n\n${statementText(statement).join('\n')}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stdout.write(`NOT GENUINE  ${error.message}\n`);
    return 1;
  }
}
