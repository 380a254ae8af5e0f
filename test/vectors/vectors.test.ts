import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { codeNamed } from '../../server/protocol/refusal.ts';
import { judgesOf, outcomeOf, type World } from './judges.ts';
import { PROTOCOL } from '../../server/protocol/version.ts';
import { SECTIONS } from './sections.ts';
import type { VectorFile } from './vector-file.ts';

const folder = new URL('.', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !['keys.json', 'world.json'].includes(name))
  .map((name) => name.slice(0, -'.json'.length));

/** Rules of PROTOCOL.md that are parts of a message, and in which; each of the others is a message of its own. */
const PARTS: Readonly<Record<string, string>> = {
  hash: 'grant', kid: 'approval', 'device-id': 'command', settings: 'attestation', alg: 'cose-key', 'anchor-set': 'anchors',
  parameter: 'profile', 'joint-rule': 'profile', 'operation-rule': 'profile', enrolled: 'fleet', certificates: 'fleet',
  proven: 'bundle', purpose: 'statement', content: 'from-device', metric: 'from-device', quality: 'from-device',
  alarm: 'from-device', telemetry: 'from-device', 'statement-file': 'conformance', bed: 'live', frame: 'live', tick: 'live',
  watch: 'monitor',
}; // prettier-ignore
/** What is on the air in a tap: traces of EDHOC, by others too, are its vectors (test/edhoc). */
const IN_TAPS = ['sealed', 'nonce', 'plain'];

describe('the portable vectors', () => {
  const judges = judgesOf(read('world.json') as World);
  const vectorsOf = (file: string) => (read(`${file}.json`) as VectorFile).vectors;

  it('are there for every message, good and bad, and for no other', () => {
    assert.deepEqual(files.toSorted(), Object.keys(judges).toSorted());
    for (const file of files) {
      const outcomes = vectorsOf(file).map(({ expect }) => expect);
      assert.ok(outcomes.includes('ok'), `${file} has a good one`);
      assert.ok(
        outcomes.some((outcome) => outcome !== 'ok'),
        `${file} has a bad one`,
      );
    }
  });

  it('are there for every rule that PROTOCOL.md writes down', () => {
    const paper = readFileSync(new URL('../../server/protocol/PROTOCOL.md', folder), 'utf8');
    const written = [...paper.matchAll(/```cddl\n(.*?)```/gsu)].flatMap(([, block = '']) =>
      [...block.matchAll(/^([a-z][a-z-]*) *= /gmu)].map(([, name = '']) => name),
    );
    assert.ok(written.length > 40, 'rules were found');
    for (const name of written.filter((each) => !IN_TAPS.includes(each)))
      assert.ok(files.includes(PARTS[name] ?? name), `${name} has no vectors`);
    for (const name of Object.keys(PARTS)) assert.ok(written.includes(name), `${name} is written nowhere`);
  });

  it('say which protocol they are of, and where it is written', () => {
    const paper = readFileSync(new URL('../../server/protocol/PROTOCOL.md', folder), 'utf8');
    for (const file of files) {
      const { protocol, message, section } = read(`${file}.json`) as VectorFile;
      assert.deepEqual(
        { protocol, message, section },
        { protocol: PROTOCOL, message: file, section: SECTIONS[file] },
      );
      assert.match(
        paper,
        new RegExp(`^###? ${section.replace('.', '\\.')}[. ]`, 'mu'),
        `${file}: section ${section}`,
      );
    }
  });

  for (const file of files) {
    it(`of ${file} do what they say`, async () => {
      const judge = judges[file];
      assert.ok(judge);
      const vectors = vectorsOf(file);
      assert.equal(new Set(vectors.map(({ name }) => name)).size, vectors.length, 'names are unique');
      for (const { name, given, expect, note } of vectors) {
        assert.ok(expect === 'ok' || codeNamed(expect) !== undefined, `${file}: ${expect}`);
        assert.equal(await outcomeOf(judge, unhex(given)), expect, `${file}: ${name} (${note})`);
      }
    });
  }
});
