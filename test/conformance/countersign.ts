import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CLI = join(ROOT, 'clients/cli/main.ts');

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `countersign` as people start it. */
export const countersign = (args: readonly string[], cwd?: string): Promise<Said> =>
  new Promise((resolve) => {
    const options = { maxBuffer: 2 ** 26, ...(cwd !== undefined && { cwd }) };
    execFile(process.execPath, [CLI, ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
