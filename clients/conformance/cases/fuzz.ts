import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { encodeRequest } from '../../../server/protocol/link/wire.ts';
import type { Bench } from '../bench.ts';
import { CaseFault, same } from '../faults.ts';
import { Lost } from '../links/contact.ts';
import { type Case, small } from './case.ts';
import { chance, damage } from './noise.ts';

/** Messages between two looks at the device: it is said which of them moved it. */
const LOOK_EVERY = 25;
const REFILL_EVERY = 75;

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
        const message = damage(base, pick);
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
