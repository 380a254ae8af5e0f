import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TEST = fileURLToPath(new URL('..', import.meta.url));

describe('what a test file sets up', () => {
  it('stands inside a describe: outside of one, it runs for every test of every file', () => {
    const everywhere = globSync('**/*.test.ts', { cwd: TEST }).filter((file) =>
      /^(?:before|after)(?:Each)?\(/mu.test(readFileSync(new URL(file, `file://${TEST}/`), 'utf8')),
    );
    assert.deepEqual(everywhere, []);
  });
});
