import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { bundleWith, emergencyWith } from '../support/bundles.ts';
import {
  apply,
  type Bench,
  digest,
  makeDeviceWorld,
  nfc,
  opened,
  receiptIn,
  send,
  switchOn,
  websocket,
} from '../support/device.ts';
import type { World } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import { AMPLITUDE } from '../support/profile.ts';

/** Room for every flip: here all of them are to be judged, not only the first thirty. */
const strangers = { capacity: 1_000_000, ticksPerToken: 1 };
const flip = (bytes: Bytes, bit: number): Bytes =>
  bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));

/** The same verdicts, each one worked out once: most flips leave most signatures as they were. */
function remembering(crypto: Crypto): Crypto {
  const verdicts = new Map<string, Promise<boolean>>();
  return {
    sha256: (bytes) => crypto.sha256(bytes),
    verify(key, message, signature) {
      const name = [key.raw, crypto.sha256(message), signature].map(hex).join(':');
      const verdict = verdicts.get(name) ?? crypto.verify(key, message, signature);
      verdicts.set(name, verdict);
      return verdict;
    },
  };
}
const crypto = remembering(nodeCrypto);

let world: World;
const setUpOnce = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

describe('one wrong bit', () => {
  before(setUpOnce);
  it('anywhere in a genuine bundle, and the device refuses it without a trace', async () => {
    const bench = await opened(world, { strangers, crypto });
    const genuine = await bundleWith(world);
    const bundle = encodeBundle(genuine);
    const before = await digest(bench);
    for (let bit = 0; bit < bundle.length * 8; bit++) {
      const answer = await send(bench, { kind: 'deliver', bundle: flip(bundle, bit) });
      assert.equal(answer.kind, 'refused', `bit ${bit} of ${bundle.length * 8}`);
    }
    assert.equal(await digest(bench), before);
    await apply(bench, genuine);
  }).timeout(60_000);

  it('in a bundle by two people changes no setting, counter or list, whatever it does to the record', async () => {
    const people = [world.alice, world.bob];
    const genuine = await bundleWith(world, { people, command: { changes: new Map([[AMPLITUDE, 20]]) } });
    const bundle = encodeBundle(genuine);
    let bench = await opened(world, { strangers, crypto });
    const before = bench.device.state;
    // Every seventh bit: the places differ from byte to byte, and each field is met many times.
    for (let bit = 0; bit < bundle.length * 8; bit += 7) {
      const answer = await send(bench, { kind: 'deliver', bundle: flip(bundle, bit) });
      const { state } = bench.device;
      assert.deepEqual(
        [state.settings, state.counter, state.time, state.statusVersion, state.mode],
        [before.settings, before.counter, before.time, before.statusVersion, before.mode],
      );
      if (answer.kind === 'refused') continue;
      assert.equal((await receiptIn(bench, answer)).result, 'refused', `bit ${bit}`);
      // The next flip is to be judged, not answered from memory.
      bench = await opened(world, { strangers, crypto });
    }
    await apply(bench, genuine);
  }).timeout(60_000);

  it('anywhere in an emergency, and the door stays shut', async () => {
    const { bytes } = await emergencyWith(world);
    let bench = await switchOn(world, { crypto });
    const before = await digest(bench);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      // The reserve is ten: a device fresh from its box for every ten flips.
      if (bit % 10 === 0) bench = await switchOn(world, { crypto });
      const answer = await send(bench, { kind: 'emergency', emergency: flip(bytes, bit) }, nfc);
      assert.equal(answer.kind, 'refused', `bit ${bit}`);
      if (answer.kind === 'refused') assert.notEqual(answer.code, 'E_RATE');
      if (bit % 10 === 9) assert.equal(await digest(bench), before);
    }
  }).timeout(60_000);
});

describe('any bytes at all', () => {
  before(setUpOnce);
  const contacts = [nfc, websocket];

  /** Whatever comes, comes with a coded answer and changes nothing. */
  async function harmless(bench: Bench, message: Bytes): Promise<void> {
    const before = await digest(bench);
    for (const contact of contacts) {
      const answer = parseAnswer(await bench.device.handle(message, contact));
      assert.equal(answer.kind, 'refused');
    }
    assert.equal(await digest(bench), before);
  }

  it('noise is refused', async () => {
    const bench = await opened(world, { strangers, crypto });
    const noise = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(noise, (bytes) => harmless(bench, bytes)),
      { numRuns: 300 },
    );
  });

  it('well-formed nonsense in every kind of message is refused', async () => {
    const bench = await opened(world, { strangers, crypto });
    const { value } = fc.letrec<{ value: Nonsense }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
        fc.string({ maxLength: 8 }).filter((text) => text.isWellFormed()),
        fc.uint8Array({ maxLength: 40 }),
        fc.array(tie('value'), { maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(20), tie('value')), { maxLength: 8 }).map((members) => new Map(members)),
      ),
    }));
    const message = fc.tuple(fc.integer({ min: 2, max: 9 }), fc.array(value, { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(message, async ([kind, rest]) => {
        const inner = rest.map((item) => (item instanceof Uint8Array ? item : encode(item)));
        if (isQuestion(kind, rest, inner)) return;
        await harmless(bench, encode([kind, ...rest]));
        if (!isQuestion(kind, inner, inner)) await harmless(bench, encode([kind, ...inner]));
      }),
      { numRuns: 300 },
    );
  });

  it('a genuine bundle cut short or grown anywhere is refused', async () => {
    const bench = await opened(world, { strangers, crypto });
    const whole = encodeRequest({ kind: 'deliver', bundle: encodeBundle(await bundleWith(world)) });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 9 }), async (at, grown) => {
        const cut = new Uint8Array([
          ...whole.subarray(0, at),
          ...grown,
          ...whole.subarray(at + grown.length + 1),
        ]);
        await harmless(bench, cut);
      }),
      { numRuns: 200 },
    );
  });

  /** Receipts may be asked for by anybody who is polite; those messages are answered, not refused. */
  function isQuestion(kind: number, rest: readonly unknown[], inner: readonly Bytes[]): boolean {
    const [only] = rest;
    if (rest.length === 0) return kind === 7;
    if (rest.length !== 1) return false;
    return (
      (kind === 4 && only instanceof Uint8Array && inner[0]?.length === 32) ||
      (kind === 5 && typeof only === 'number' && only >= 0)
    );
  }
});

type Nonsense = number | string | Uint8Array | Nonsense[] | Map<number, Nonsense>;
