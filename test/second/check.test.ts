import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Anchors, readAnchors } from '../../clients/second/check/anchors.ts';
import { type Bytes, hex, Objection, same, unhex, Wrong } from '../../clients/second/check/bytes.ts';
import { isMap, type Item, read, write } from '../../clients/second/check/cbor.ts';
import { build, lines, PROGRAM } from '../../clients/second/check/command.ts';
import {
  belongsTo,
  readAttestation,
  readReceipt,
  runsFirmwareOf,
  wordOf,
} from '../../clients/second/check/device.ts';
import { bytes, fields, list, settings, text as textIn } from '../../clients/second/check/fields.ts';
import { readListing } from '../../clients/second/check/listing.ts';
import { provenOutcome } from '../../clients/second/check/log.ts';
import { decimal, type Profile, readProfile, typed } from '../../clients/second/check/profile.ts';
import { movedBy, rescueReceipt } from '../../clients/second/check/rescue.ts';
import { checkShown } from '../../clients/second/check/shown.ts';
import { type Key, readKey } from '../../clients/second/check/signed.ts';
import { REFUSALS_DE } from '../../clients/second/texts/refusals-de.ts';
import { REFUSALS } from '../../server/protocol/refusal.ts';
import { PATIENT } from '../support/fixtures.ts';

interface File {
  readonly vectors: readonly { readonly name: string; readonly given: string; readonly expect: string }[];
}

const file = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
const vectors = (name: string) => (file(name) as File).vectors;
const good = (name: string): Bytes => unhex(vectors(name).find(({ expect }) => expect === 'ok')?.given ?? '');
const world = file('world') as Record<'anchors' | 'command' | 'deviceKey' | 'profile' | 'settings', string>;

/** What the second signer's page makes of a vector: `ok`, or that something is wrong. Anything else is a fault. */
async function judged(check: (given: Bytes) => unknown, given: Bytes): Promise<'ok' | 'wrong'> {
  try {
    await check(given);
    return 'ok';
  } catch (error) {
    if (error instanceof Wrong || error instanceof Objection) return 'wrong';
    throw error;
  }
}

describe('the second signer’s own checks', () => {
  let anchors: Anchors;
  let device: Key;
  let profile: Profile;

  before(async () => {
    anchors = await readAnchors(unhex(world.anchors));
    device = await readKey(unhex(world.deviceKey));
    profile = await readProfile(unhex(world.profile), anchors.maker);
  });

  const judges: Readonly<Record<string, (given: Bytes) => unknown>> = {
    cbor: (given) => read(given),
    'cose-key': (given) => readKey(given),
    anchors: (given) => readAnchors(given),
    profile: (given) => readProfile(given, anchors.maker),
    attestation: (given) => readAttestation(given, device),
    receipt: (given) => readReceipt(given, device),
    listing: (given) => readListing(given, anchors.authorities),
  };

  for (const [name, judge] of Object.entries(judges))
    it(`make of every vector of ${name} what the protocol says`, async () => {
      for (const { name: one, given, expect } of vectors(name))
        assert.equal(await judged(judge, unhex(given)), expect === 'ok' ? 'ok' : 'wrong', one);
    });

  it('follow one command from the anchors to its outcome in the log, from an evidence file', async () => {
    const [, , , bundle, attested, receipt, proof] = list(read(good('evidence')), 8, 9);
    const now = await readAttestation(bytes(attested), device);
    const command = bytes(list(read(bytes(bundle)), 7, 7)[1]);
    const rebuilt = await build(
      profile,
      now,
      PROGRAM,
      settings(fields(command, [1, 2, 3, 4, 5, 6, 7, 8, 9]).get(8)),
    );
    assert.equal(hex(rebuilt), hex(command), 'a second entry of the same values is the same bytes');
    const said = await lines(command, profile, now);
    const told = await readReceipt(bytes(receipt), device);
    const logged = await provenOutcome(proof, anchors);
    assert.ok(same(told.command, said.hash) && same(logged.command, said.hash));
    assert.ok(logged.digest && same(logged.digest, told.digest));
    assert.equal(logged.number, told.number);
  });

  it('take no outcome that too few witnesses saw, that was changed, or that lies elsewhere in the log', async () => {
    const [entry, index, path, note] = list(list(read(good('evidence')), 8, 9)[6], 4, 4);
    const text = textIn(note);
    const [, cosigned = ''] = /(\u2014 witness\S* \S+\n)/u.exec(text) ?? [];
    assert.notEqual(cosigned, '');
    const changed = bytes(entry).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte));
    const cases = [
      [entry, index, path, text.replace(cosigned, '')],
      [entry, index, path, text.replace(/\n\d+\n/u, '\n9\n')],
      [entry, Number(index) + 1, path, text],
      [entry, index, list(path).slice(1), text],
      [changed, index, path, text],
    ];
    await provenOutcome([bytes(entry), Number(index), list(path), text], anchors);
    for (const one of cases)
      assert.equal(await judged(() => provenOutcome(one as never, anchors), new Uint8Array()), 'wrong');
  });

  it('hold a second entry against the device’s limits before anybody signs it', async () => {
    const now = await readAttestation(good('attestation'), device);
    const stated = new Map(now.settings);
    for (const { name, given, expect } of vectors('changes')) {
      const said = fields(unhex(given), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
      const operation = Number(said.get(7));
      const changes = settings(said.get(8));
      // The window and the drift are the device's memory: no page can know them.
      const make = () =>
        build(profile, { ...now, profile: profile.hash, settings: stated }, operation, changes);
      assert.equal(await judged(make, new Uint8Array()), expect === 'ok' ? 'ok' : 'wrong', name);
    }
  });

  it('believe values that are shown to them when they would build the very same bytes, and in no other case', async () => {
    const now = await readAttestation(good('attestation'), device);
    const bytesShown = unhex(world.command);
    const codes = [...settings(fields(bytesShown, [1, 2, 3, 4, 5, 6, 7, 8, 9]).get(8)).keys()];
    const shown = (command: Bytes, announced = codes) =>
      judged(() => checkShown(command, announced, profile, now), command);
    assert.equal(await shown(bytesShown), 'ok');
    assert.equal(await shown(bytesShown, [...codes, 99]), 'wrong', 'other settings than announced');
    const said = read(bytesShown);
    assert.ok(isMap(said));
    const changed = (key: number, value: Item): Bytes => write(new Map([...said, [key, value]]));
    const others: readonly [number, Item][] = [
      [2, new Uint8Array(8)], [3, new Uint8Array(16)], [4, 1], [5, new Uint8Array(32)], [6, new Uint8Array(32)],
      [7, 3], [8, new Map([[codes[0] ?? 0, 2 ** 20]])], [9, new Uint8Array(32)],
    ]; // prettier-ignore
    for (const [key, value] of others)
      assert.equal(await shown(changed(key, value)), 'wrong', `field ${key}`);
    assert.equal((await readAnchors(unhex(world.anchors))).primedChecks, false);
    const admits = vectors('anchors').find(({ name }) => name === 'primed checks');
    assert.equal((await readAnchors(unhex(admits?.given ?? ''))).primedChecks, true);
  });

  it('take no reading of a firmware that the profile is not signed for', async () => {
    const now = await readAttestation(good('attestation'), device);
    const another = now.firmware.map((byte) => byte ^ 1);
    assert.equal(runsFirmwareOf({ firmware: undefined }, now), true, 'a profile that names none is for any');
    assert.equal(runsFirmwareOf({ firmware: [another, now.firmware] }, now), true);
    assert.equal(runsFirmwareOf({ firmware: [another] }, now), false);
  });

  it('believe of an emergency what the device signed, for exactly that command, and nothing else', async () => {
    const named = (name: string): Bytes =>
      unhex(vectors('emergency-evidence').find((one) => one.name === name)?.given ?? '');
    const receipt = await readReceipt(bytes(list(read(named('valid')), 7, 8)[4]), device);
    const of = { id: receipt.device, key: device };
    const judge = (name: string, command = receipt.command, whose = of) =>
      judged((given) => rescueReceipt(given, command, whose), named(name));
    assert.equal(await judge('valid'), 'ok');
    assert.deepEqual(
      movedBy(await rescueReceipt(named('valid'), receipt.command, of), profile).map(({ name }) => name),
      [...profile.settings].filter(({ code }) => receipt.before.get(code) !== receipt.readBack.get(code)).map(({ name }) => name), // prettier-ignore
    );
    for (const name of ['granted', 'refused', 'receipt of another', 'cut', 'longer'])
      assert.equal(await judge(name), 'wrong', name);
    assert.equal(await judge('valid', new Uint8Array(32)), 'wrong', 'another command');
    assert.equal(await judge('valid', receipt.command, { ...of, id: new Uint8Array(8) }), 'wrong');
    assert.equal(
      await judge('valid', receipt.command, { ...of, key: anchors.maker }),
      'wrong',
      'another key',
    );
  });

  it('know the person by record number and year of birth together', async () => {
    const now = await readAttestation(good('attestation'), device);
    assert.equal(await belongsTo(now, PATIENT), true);
    assert.equal(await belongsTo(now, { ...PATIENT, birthYear: PATIENT.birthYear + 1 }), false);
    assert.equal(await belongsTo(now, { ...PATIENT, mrn: 'MRN-0002' }), false);
  });

  it('take a device’s word that it is unchanged from a newer reading alone', async () => {
    const before = await readAttestation(good('attestation'), device);
    const newer = { ...before, ticks: before.ticks + 20 };
    assert.equal(wordOf(before, newer), 'unchanged');
    assert.equal(wordOf(before, { ...newer, counter: before.counter + 1 }), 'changed');
    assert.equal(wordOf(before, before), 'not-asked', 'the reading of before is no news');
  });

  it('have a German sentence for every refusal of the protocol, and for no other', () => {
    assert.deepEqual([...REFUSALS_DE.keys()].toSorted(), Object.keys(REFUSALS).toSorted());
    for (const [code, says] of REFUSALS_DE) assert.match(says, /^[A-ZÄÖÜ].*[.!]$/u, code);
  });

  it('read and spell numbers without rounding', () => {
    assert.equal(decimal(1605, 1), '160.5');
    assert.equal(decimal(-5, 2), '-0.05');
    assert.deepEqual(
      [decimal(500, 1), decimal(0, 2), decimal(250, 2)],
      ['50', '0', '2.5'],
      'as people read them',
    );
    const setting = { name: 'Rate', scale: 1 } as Profile['settings'][number];
    assert.equal(typed(setting, '4,5'), 45);
    assert.equal(typed(setting, '60'), 600);
    for (const bad of ['', '.5', '5.', '05', '1.25', '1.50', '1e3', '1 000', '-'])
      assert.throws(() => typed(setting, bad), Objection, bad);
    assert.ok(isMap(read(write(new Map([[1, 2]])))));
  });
});
