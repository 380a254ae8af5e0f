import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';

const kit = (name: string): string => fileURLToPath(new URL(`../conformance/${name}`, import.meta.url));

/** A maker's command, done by the kit in a process of its own. */
const handOver = (says: string, program: string): Command => ({
  says,
  help: '',
  ownHelp: true,
  run(args) {
    const { status } = spawnSync(process.execPath, [kit(program), ...args], { stdio: 'inherit' });
    return status === 0 ? 0 : status === 1 ? 1 : 2;
  },
});

/** For device makers. */
export const MAKER_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'conformance',
    handOver('test somebody’s device against the protocol, and sign what was found', 'main.ts'),
  ],
];
