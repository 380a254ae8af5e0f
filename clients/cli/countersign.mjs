#!/usr/bin/env node
// The front door. Plain JavaScript, so that an old Node gets a sentence and not a stack trace: it hands over to the
// Node that set-up installed, or says what to do.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > 24 || (major === 24 && minor >= 15);
const own = here('../../node_modules/.bin/node');
const node = newEnough ? process.execPath : own;

if (!existsSync(here('../../node_modules/zod'))) {
  process.stderr.write('countersign: not set up yet; run npm start once in the project folder\n');
  process.exitCode = 2;
} else if (!existsSync(node)) {
  process.stderr.write(
    `countersign: needs Node 24.15 or newer, this is ${process.version}; install it and try again\n`,
  );
  process.exitCode = 2;
} else {
  const run = spawnSync(node, [here('main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = run.status ?? 2;
}
