import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';

export const reset: Command = {
  says: 'remove the simulated ward and everything it keeps',
  help: `Shows what would be removed and asks. Refuses while the ward is running.

  --dir FOLDER   the ward's folder (default .ward, or COUNTERSIGN_DIR)
  --yes          do not ask
  --json         one JSON object on standard output
`,
  run(args) {
    const ward = fileURLToPath(new URL('../ward/main.ts', import.meta.url));
    const { status } = spawnSync(process.execPath, [ward, 'reset', ...args], { stdio: 'inherit' });
    return status === 0 || status === 1 ? status : 2;
  },
};
