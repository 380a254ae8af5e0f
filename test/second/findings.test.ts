import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { findingInGerman } from '../../clients/second/texts/findings-de.ts';

const ROOM = new URL('../../clients/second/', import.meta.url);

describe('what the second signer’s page finds wrong', () => {
  it('has words in German, whatever it is', () => {
    const sources = readdirSync(ROOM, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, ROOM), 'utf8'));
    const said = sources.flatMap((text) =>
      [...text.matchAll(/new (?:Wrong|NotUnderstood)\(\s*(['`])(.*?)\1/gu)].map(([, , words = '']) => words),
    );
    assert.ok(said.length > 50, `${said.length} findings`);
    for (const words of said) assert.ok(findingInGerman(words) ?? words === 'file', words);
  });
});
