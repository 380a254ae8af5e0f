import { checkCommand } from './commands/check.ts';
import { keysCommand } from './commands/keys.ts';
import { runCommand } from './commands/run.ts';
import { oneLine } from '../common/process/lifecycle.ts';

const HELP = `Usage: countersign conformance [run] DECLARATION [options]   test a device or a gateway
       countersign conformance keys [options]               make test keys and a declaration for it
       countersign conformance check STATEMENT [options]    verify a signed statement

DECLARATION is declaration.json, or the folder it lies in. \`countersign conformance COMMAND --help\` tells more.
`;

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  run: runCommand,
  keys: keysCommand,
  check: checkCommand,
};

async function main(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--help') {
    process.stdout.write(HELP);
    return args.length === 0 ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command ? command(rest) : runCommand(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`conformance: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
