import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TreeAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array | string;
}

const FILE =
  /^(?:status\.bin|anchors\.bin|fleet\.bin|anchors\/[1-9]\d{0,8}\.bin|(?:credentials|links|profiles)\/[a-z0-9][a-z0-9-]{0,39}\.bin)$/u;
const MISSING: TreeAnswer = { status: 404, type: 'text/plain', body: 'There is nothing here.\n' };

/**
 * What the authority publishes, by path: `index.json`, `{ files: { path: SHA-256 } }`, and the files it names. Everything
 * in them is signed; whoever carries them cannot change them.
 */
export function published(folder: string, path: string): TreeAnswer {
  if (path === 'index.json') {
    const files = Object.fromEntries(
      [...listed(folder)].map((name) => [name, hash(readFileSync(join(folder, name)))]),
    );
    return { status: 200, type: 'application/json', body: JSON.stringify({ files }) };
  }
  if (!FILE.test(path)) return MISSING;
  try {
    return { status: 200, type: 'application/octet-stream', body: readFileSync(join(folder, path)) };
  } catch {
    return MISSING;
  }
}

function* listed(folder: string): Generator<string> {
  for (const name of ['anchors.bin', 'status.bin', 'fleet.bin'])
    if (readdirSync(folder).includes(name)) yield name;
  for (const part of ['anchors', 'credentials', 'links', 'profiles'])
    if (existsSync(join(folder, part)))
      for (const name of readdirSync(join(folder, part)))
        if (FILE.test(`${part}/${name}`)) yield `${part}/${name}`;
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
