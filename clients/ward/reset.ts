import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { MARKER, holderOf } from './folder.ts';

export interface Reset {
  readonly folder: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** What `reset` ends with: 0 done or nothing to do, 1 not done, 2 nobody there to ask. */
export type ResetCode = 0 | 1 | 2;

/** Shows what would go, asks, and removes the ward's folder. Refuses while the ward runs, and any other folder. */
export async function resetWard({ folder, yes, json }: Reset): Promise<ResetCode> {
  const at = resolve(folder);
  const tell = (result: string, text: string, entries: readonly string[] = []): void => {
    if (json) process.stdout.write(`${JSON.stringify({ result, folder: at, entries })}\n`);
    else process.stdout.write(`${text}\n`);
  };
  if (!existsSync(at)) {
    tell('nothing', `${at} does not exist; there is nothing to remove`);
    return 0;
  }
  if (!existsSync(join(at, MARKER))) {
    tell('refused', `${at} is not the folder of a ward; nothing was removed`);
    return 1;
  }
  const holder = holderOf(at);
  if (holder !== undefined) {
    tell(
      'running',
      `the ward is running (pid ${holder.pid}); stop it first with Ctrl-C. Nothing was removed`,
    );
    return 1;
  }
  const entries = readdirSync(at).toSorted();
  if (!json) {
    process.stdout.write(
      `This removes ${at}, with the development keys, the log and every device's memory:\n`,
    );
    for (const entry of entries) process.stdout.write(`  ${entry}${sizeNote(join(at, entry))}\n`);
  }
  if (!yes) {
    if (!process.stdin.isTTY) {
      tell('not-asked', 'nobody is there to ask; say --yes to remove it', entries);
      return 2;
    }
    if (!(await confirmed())) {
      tell('kept', 'nothing was removed', entries);
      return 1;
    }
  }
  rmSync(at, { recursive: true });
  tell('removed', 'removed; npm start makes a new one', entries);
  return 0;
}

async function confirmed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Remove it? Type yes: ');
  terminal.close();
  return answer.trim() === 'yes';
}

function sizeNote(path: string): string {
  const stat = statSync(path);
  if (stat.isDirectory()) return `/ (${readdirSync(path, { recursive: true }).length} entries)`;
  return ` (${stat.size} bytes)`;
}
