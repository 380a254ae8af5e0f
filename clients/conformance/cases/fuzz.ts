import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, concat, equal } from '../../../server/protocol/bytes.ts';
import { encodeRequest } from '../../../server/protocol/wire.ts';
import type { Bench } from '../bench.ts';
import { CaseFault, same } from '../faults.ts';
import { Lost } from '../links/contact.ts';
import { type Case, small } from './case.ts';

/** Messages between two looks at the device: it is said which of them moved it. */
const LOOK_EVERY = 25;
const REFILL_EVERY = 75;

/** Repeatable chance: the same seed gives the same messages (mulberry32). */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Mutate = (bytes: Bytes, pick: (below: number) => number) => Bytes;

/** What can happen to a message on its way, or in the hands of somebody who wishes it ill. */
const MUTATIONS: readonly Mutate[] = [
  (bytes, pick) => changed(bytes, pick, (byte) => byte ^ (1 << pick(8))),
  (bytes, pick) => changed(bytes, pick, () => pick(256)),
  (bytes, pick) => bytes.slice(0, pick(bytes.length)),
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(
      bytes.slice(0, at),
      Uint8Array.from({ length: 1 + pick(8) }, () => pick(256)),
      bytes.slice(at),
    );
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(bytes.slice(0, at), bytes.slice(at + 1 + pick(16)));
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    return concat(bytes.slice(0, at), bytes.slice(Math.max(0, at - 1 - pick(64))));
  },
  // The head of an item says another type or length.
  (bytes, pick) => changed(bytes, pick, (byte) => (byte & 0x1f) | (pick(8) << 5)),
  (_bytes, pick) => Uint8Array.from({ length: 1 + pick(400) }, () => pick(256)),
];

function changed(bytes: Bytes, pick: (below: number) => number, change: (byte: number) => number): Bytes {
  const out = bytes.slice();
  const at = pick(out.length);
  out[at] = change(out[at] ?? 0) & 0xff;
  return out;
}

/** Noise: `count` messages that are nearly right, repeatable by their seed. */
export const fuzzCases = (seed: number, count: number): readonly Case[] => [
  {
    id: 'fuzz.messages',
    says: `${count} damaged messages (seed ${seed}) are each answered by a refusal, and nothing moves`,
    section: '2.1; 4',
    async run(bench) {
      const pick = chance(seed);
      await bench.open();
      let bases = await basesOf(bench);
      for (let sent = 0; sent < count; sent++) {
        const base = bases[pick(bases.length)] ?? new Uint8Array();
        const message = MUTATIONS[pick(MUTATIONS.length)]?.(base, pick) ?? base;
        if (message.length === 0 || bases.some((each) => equal(each, message))) continue;
        await provoke(bench, message, sent);
        if (sent % LOOK_EVERY !== LOOK_EVERY - 1) continue;
        await unmoved(bench, sent);
        // On a reader noise costs what strangers may cost; a genuine command gives it back.
        if (sent % REFILL_EVERY !== REFILL_EVERY - 1 || (await bench.contact()).kind !== 'nfc') continue;
        await bench.accept(1);
        bases = await basesOf(bench);
      }
      await unmoved(bench, count);
      await bench.accept(1);
    },
  },
];

/** Genuine messages to begin from: none of them is ever sent as it is. */
async function basesOf(bench: Bench): Promise<readonly Bytes[]> {
  const deliver = async (): Promise<Bytes> =>
    encodeRequest({ kind: 'deliver', bundle: encodeBundle(await small(bench)) });
  return [
    await deliver(),
    await deliver(),
    await deliver(),
    encodeRequest({ kind: 'receipt-for', command: bench.attestation.profile }),
    encodeRequest({ kind: 'receipts-since', number: 1 }),
  ];
}

async function provoke(bench: Bench, message: Bytes, sent: number): Promise<void> {
  try {
    const answer = await bench.send(message);
    // Damage may turn one question into another; what it must never become is a command that is done.
    if (answer.kind === 'receipt' || answer.kind === 'accepted')
      throw new CaseFault('what is damaged is never acknowledged', {
        expected: 'a refusal',
        got: `an answer that says ${answer.kind}`,
        field: `damaged message ${sent}`,
      });
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    bench.hangUp(); // it may hang up on what it cannot read
  }
}

async function unmoved(bench: Bench, sent: number): Promise<void> {
  const before = bench.attestation;
  const after = await bench.open();
  const at = `one of the ${LOOK_EVERY} messages up to ${sent}`;
  same('damaged messages change no setting', at, before.settings, after.settings);
  same('damaged messages are not counted as accepted', at, before.counter, after.counter);
  same('damaged messages change no mode', at, before.mode, after.mode);
  same('damaged messages move no list', at, before.statusVersion, after.statusVersion);
  same('damaged messages bring about no receipt', at, before.receiptNumber, after.receiptNumber);
  same('damaged messages spend no nonce', at, before.nonce, after.nonce);
}
