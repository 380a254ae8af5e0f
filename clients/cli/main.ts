import { oneLine } from '../common/process/lifecycle.ts';
import type { Command, ExitCode } from './command.ts';
import { doctor } from './doctor.ts';
import { fingerprint } from './fingerprint.ts';
import { GATEWAY_COMMANDS } from './gateway.ts';
import { MAKER_COMMANDS } from './maker.ts';
import { monitor } from './monitor.ts';
import { reset } from './reset.ts';
import { scenario } from './scenario.ts';
import { verify } from './verify.ts';
import { version } from './version.ts';

/** Every command of the front door; a new one is a new line here. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ...GATEWAY_COMMANDS,
  ['doctor', doctor],
  ['verify', verify],
  ['fingerprint', fingerprint],
  ['monitor', monitor],
  ['scenario', scenario],
  ...MAKER_COMMANDS,
  ['reset', reset],
  ['version', version],
]);

function help(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const lines = [...COMMANDS].map(([name, { says }]) => `  ${name.padEnd(width)}  ${says}`);
  return `Usage: countersign COMMAND [options]

${lines.join('\n')}

Every command has --help and --json. Exit codes: 0 ok, 1 a check failed, 2 could not check.
`;
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.get(name === '--version' ? 'version' : name);
  if (command === undefined) throw new Error(`there is no command "${name}"; try --help`);
  if (rest.includes('--help') && command.ownHelp !== true) {
    process.stdout.write(`Usage: countersign ${name} [options]\n\n${command.help.trim()}\n`);
    return 0;
  }
  return command.run(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`countersign: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
