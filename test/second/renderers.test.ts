import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readAnchors } from '../../clients/second/check/anchors.ts';
import { unhex } from '../../clients/second/check/bytes.ts';
import { lines } from '../../clients/second/check/command.ts';
import type { Attestation } from '../../clients/second/check/device.ts';
import { type Profile, readProfile } from '../../clients/second/check/profile.ts';
import { wordsOf, WORDS } from '../../clients/second/check/words.ts';
import { encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { openProfile, type Profile as FirstProfile } from '../../server/protocol/profile.ts';
import { renderCommand } from '../../server/protocol/render.ts';
import { wordList } from '../../server/protocol/words.ts';
import { readFileSync } from 'node:fs';
import { readAnchors as firstAnchors } from '../../server/protocol/anchors.ts';
import { nodeCrypto } from '../support/keys.ts';

const world = JSON.parse(readFileSync(new URL('../vectors/world.json', import.meta.url), 'utf8')) as Record<
  'anchors' | 'profile' | 'deviceKey',
  string
>;

/** The bytes' own rendering keeps each decimal and the unit's code; people read the shortest number, and the unit in words. */
const asPeopleRead = (value: string): string =>
  value
    .replace(/(\.\d*?)0+(?= |$)/u, '$1')
    .replace(/\.(?= |$)/u, '')
    .replace(/ \/min$/u, ' per minute')
    .replaceAll(/[[\]{}]/gu, '')
    .replace(/ uL$/u, ' µL')
    .replace(/ Cel$/u, ' °C');

describe('the two renderers', () => {
  let second: Profile;
  let first: FirstProfile;

  before(async () => {
    const anchors = await readAnchors(unhex(world.anchors));
    second = await readProfile(unhex(world.profile), anchors.maker);
    const maker = firstAnchors(nodeCrypto, unhex(world.anchors)).profileMaker;
    first = (await openProfile(nodeCrypto, unhex(world.profile), [maker])).profile;
  });

  it('say the same of the same bytes, whatever the change', async () => {
    const codes = first.parameters.map(({ code }) => code);
    const value = fc.integer({ min: -100_000, max: 100_000 });
    const bytes = (size: number) =>
      fc.uint8Array({ minLength: size, maxLength: size }).map((b) => new Uint8Array(b));
    const command = fc.record({
      device: bytes(8),
      nonce: bytes(16),
      counter: fc.nat(),
      profile: bytes(32),
      settings: bytes(32),
      operation: fc.constantFrom(...Object.values(OPERATION).filter((one) => one !== OPERATION.safeMode)),
      changes: fc.uniqueArray(fc.tuple(fc.constantFrom(...codes), value), { maxLength: 8, selector: ([code]) => code }).map((pairs) => new Map(pairs)),
      patient: bytes(32),
    }); // prettier-ignore
    const before = new Map(first.parameters.map(({ code, nominal }) => [code, nominal]));
    await fc.assert(
      fc.asyncProperty(command, async (one) => {
        const signed = new Uint8Array(encodeCommand(one));
        const said = renderCommand(nodeCrypto.sha256, signed, first, before);
        const now = { device: one.device, tag: one.patient, settings: before } as unknown as Attestation;
        const again = await lines(signed, second, now);
        assert.equal(again.title, said.title);
        assert.equal(wordsOf(again.hash), said.words);
        assert.deepEqual(
          again.changes,
          said.changes.map(({ name, before: was, after }) => ({
            name,
            before: asPeopleRead(was),
            after: asPeopleRead(after),
          })),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('have the same words', () => {
    assert.deepEqual(WORDS, wordList());
  });
});
