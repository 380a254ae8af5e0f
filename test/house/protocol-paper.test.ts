import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { AID } from '../../server/protocol/link/apdu.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { MAX_BUNDLE } from '../../server/protocol/bundle.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { KINDS } from '../../server/protocol/encoding/cose.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { ENTRY } from '../../server/protocol/log/entry.ts';
import { MAX_EVIDENCE } from '../../server/protocol/evidence/evidence.ts';
import { codeNamed, REFUSALS } from '../../server/protocol/refusal.ts';
import { SAYS } from '../../server/protocol/refusal-says.ts';
import { PURPOSE } from '../../server/protocol/statement.ts';
import { PROTOCOL } from '../../server/protocol/version.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';

const paper = readFileSync(new URL('../../server/protocol/PROTOCOL.md', import.meta.url), 'utf8');

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Rows of the table whose heading has these cells. */
function table(...heading: string[]): string[][] {
  const lines = paper.split('\n');
  const at = lines.findIndex((line) => cellsOf(line).join('|') === heading.join('|'));
  assert.ok(at >= 0, `the paper has the table ${heading.join(', ')}`);
  const end = lines.indexOf('', at);
  return lines.slice(at + 2, end).map(cellsOf);
}

describe('the protocol paper', () => {
  it('lists exactly the refusals of the code, with their numbers and sentences', () => {
    const codes = Object.keys(REFUSALS).flatMap((code) => codeNamed(code) ?? []);
    const expected = codes.map((code) => [code, String(REFUSALS[code].number), SAYS[code]]);
    assert.deepEqual(table('code', 'number', 'meaning'), expected);
  });

  it('lists exactly the log entries of the code, with their fields', () => {
    const expected = Object.entries(ENTRY).map(([kind, { number, required, optional }]) => [
      kind,
      String(number),
      required.join(', '),
      optional.join(', '),
    ]);
    assert.deepEqual(table('kind', 'number', 'must have', 'may have'), expected);
  });

  it('names the kinds of signed messages, operations, roles and purposes in their order', () => {
    const kinds = KINDS.map((kind) => `\`${kind}\``).join(', ');
    assert.ok(paper.includes(`KIND is one of ${kinds}.`), kinds);
    const spaced = (name: string): string =>
      name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    const operations = Object.entries(OPERATION).map(([name, number]) => `${number} ${spaced(name)}`);
    assert.ok(paper.includes(`Operations: ${operations.join(', ')}.`), operations.join(', '));
    const roles = Object.entries(ROLE).map(
      ([name, bit]) => `${bit} ${name === 'second' ? 'second person' : name}`,
    );
    assert.ok(paper.includes(`Roles, as bits: ${roles.join(', ')}.`), roles.join(', '));
    const purposes = Object.keys(PURPOSE).map((name) => spaced(name).replaceAll(' ', '-'));
    assert.ok(
      paper.includes(`purpose = 1..${purposes.length}   ; ${purposes.join(', ')}`),
      purposes.join(', '),
    );
  });

  it('gives the name of the applet, the sizes and the version as the code has them', () => {
    const count = (size: number): string => size.toLocaleString('en-US');
    assert.ok(
      paper.includes(
        `AID \`${hex(AID)
          .toUpperCase()
          .replaceAll(/..(?=.)/g, '$& ')}\``,
      ),
    );
    for (const size of [MAX_BUNDLE, MAX_MESSAGE, MAX_EVIDENCE]) {
      assert.ok(paper.includes(`t most ${count(size)} bytes`), count(size));
    }
    assert.match(paper, new RegExp(`^# .*, version ${PROTOCOL}\n`));
  });

  it('names no refusal that does not exist', () => {
    for (const [code] of paper.matchAll(/\bE_[A-Z_]+\b/g)) assert.ok(Object.hasOwn(REFUSALS, code), code);
  });
});
