import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';

const kit = (name: string): string => fileURLToPath(new URL(`../conformance/${name}`, import.meta.url));

/** A maker's command, done by the kit in a process of its own. */
const handOver = (says: string, program: string, ...first: readonly string[]): Command => ({
  says,
  help: '',
  ownHelp: true,
  run(args) {
    const { status } = spawnSync(process.execPath, [kit(program), ...first, ...args], { stdio: 'inherit' });
    return status === 0 ? 0 : status === 1 ? 1 : 2;
  },
});

/** For device makers. */
export const MAKER_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'conformance',
    handOver('test somebody’s device against the protocol, and sign what was found', 'main.ts'),
  ],
  [
    'device',
    handOver('a device to begin with: new, join (the simulated ward), run', 'maker/main.ts', 'device'),
  ],
  [
    'profile',
    handOver('check a device profile: units, ranges, steps, joint rules', 'maker/main.ts', 'profile'),
  ],
  ['refusals', handOver('why a device refused a message, with the byte marked', 'maker/main.ts', 'refusals')],
];
