import { PROTOCOL, SCHEMA } from '../../server/protocol/version.ts';
import { programVersion } from '../common/process/lifecycle.ts';
import type { Command } from './command.ts';

export const version: Command = {
  says: 'program, protocol and database schema versions',
  help: `
  --json         one JSON object on standard output
`,
  run(args) {
    const versions = { program: programVersion(), protocol: PROTOCOL, schema: SCHEMA };
    const { program, protocol, schema } = versions;
    const text = `countersign ${program}, protocol ${protocol}, schema ${schema}`;
    process.stdout.write(`${args.includes('--json') ? JSON.stringify(versions) : text}\n`);
    return 0;
  },
};
