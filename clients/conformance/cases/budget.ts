import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { unexpected } from '../answers.ts';
import type { Bench } from '../bench.ts';
import { checkUnmoved } from '../bench-checks.ts';
import { demand, same, Skipped } from '../faults.ts';
import type { Work } from '../links/device-process.ts';
import { makeEmergency } from '../world/bundles.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import { type Case, small } from './case.ts';

const SECTION = '4, unauthenticated work';
/** A refusal without any proof may not cost a device a signature, made or checked. */
const FREE = 0;
/** A command of one person: its grant, its log and witness, a list, a credential with its proof, an approval. */
const MOST_FOR_ONE = 12;

/** A tap: four agreements on keys, the gateway’s credential and its place in the witnessed log, the attestation. */
const MOST_FOR_TAP = 10;

/** Asymmetric operations that something costs the device: signatures made and checked, keys agreed on. */
async function costs(bench: Bench, what: () => Promise<unknown>): Promise<number> {
  const before = await bench.parts.process.work();
  if (!before) throw new Skipped('the device does not count its work: declare `countsWork`');
  await what();
  const after = await bench.parts.process.work();
  if (!after) throw new Skipped('the device stopped counting its work');
  return sum(after) - sum(before);
}

const sum = ({ verifications, signatures, agreements }: Work): number =>
  verifications + signatures + agreements;

/** What messages that prove nothing may cost: counted where a device counts, seen by its answers everywhere. */
export const budgetCases: readonly Case[] = [
  {
    id: 'work.free',
    says: 'a command that is out of place costs it no signature, made or checked',
    section: SECTION,
    async run(bench) {
      await bench.open();
      const bundle = encodeBundle(
        await small(bench, { command: { counter: bench.attestation.counter + 9 } }),
      );
      const cost = await costs(bench, () => bench.send({ kind: 'deliver', bundle }));
      same('a refusal before the grant costs nothing', 'work', FREE, cost);
    },
  },
  {
    id: 'work.forged',
    says: 'a forged grant costs it one check of a signature, and nothing it made',
    section: SECTION,
    async run(bench) {
      await bench.open();
      const bundle = encodeBundle(
        await small(bench, { bundle: (b) => ({ ...b, grant: tampered(b.grant) }) }),
      );
      const cost = await costs(bench, () => bench.send({ kind: 'deliver', bundle }));
      demand(cost <= 1, 'a forged grant costs one check at most', 'work', String(cost));
    },
  },
  {
    id: 'work.command',
    says: `a genuine command of one person costs it ${MOST_FOR_ONE} signatures at most`,
    section: SECTION,
    async run(bench) {
      await bench.open();
      const bundle = encodeBundle(await small(bench));
      const cost = await costs(bench, () => bench.patiently({ kind: 'deliver', bundle }));
      demand(cost <= MOST_FOR_ONE, 'a genuine command is affordable', 'work', String(cost));
      await bench.open();
    },
  },
  {
    id: 'work.tap',
    says: `a tap, from its selection to the attestation, costs it ${MOST_FOR_TAP} asymmetric operations at most`,
    section: '6',
    needs: ['nfc'],
    async run(bench) {
      bench.hangUp();
      const cost = await costs(bench, () => bench.open());
      demand(cost <= MOST_FOR_TAP, 'a tap is affordable', 'work', String(cost));
    },
  },
  {
    id: 'budget.strangers',
    says: 'forged grants in a row are cut off, the emergency door stays open, and a genuine command is taken after a while',
    section: SECTION,
    async run(bench) {
      const { strangers } = bench.parts.declaration;
      const before = await bench.open();
      const forged = encodeBundle(
        await small(bench, { bundle: (b) => ({ ...b, grant: tampered(b.grant) }) }),
      );
      let sent = 0;
      for (; sent <= strangers; sent++) {
        const answer = await bench.send({ kind: 'deliver', bundle: forged });
        if (answer.kind !== 'refused') throw unexpected('a refusal', answer);
        if (answer.code === 'E_RATE') break;
        same('a forged grant is refused', 'answer.1', 'E_GRANT', answer.code);
      }
      demand(sent <= strangers, `after ${strangers} forged grants it says E_RATE`, 'answer.1', 'E_GRANT');
      if ((await bench.contact()).kind === 'nfc') await stillOpen(bench, before.emergencyNonce);
      // Not opened before: on a reader that would be one more signature for a stranger.
      await bench.perform({ changes: await bench.wish(1) }, 1);
    },
  },
  {
    id: 'budget.silence',
    says: 'forged commands change nothing and are never receipted, however many',
    section: '4, refusals',
    async run(bench) {
      const before = await bench.open();
      for (let i = 0; i < 8; i++) {
        const bundle = encodeBundle(await small(bench, { grantKey: ephemeralSigner() }));
        const answer = await bench.send({ kind: 'deliver', bundle });
        same('a stranger’s command is refused unsigned', 'answer.0', 'refused', answer.kind);
      }
      checkUnmoved(before, await bench.open(), { receipt: false });
    },
  },
];

/** The last bit of a signature: the key that is named is the right one, so it has to be tried. */
function tampered(grant: Uint8Array): Uint8Array {
  const out = grant.slice();
  const last = out.length - 1;
  out[last] = (out[last] ?? 0) ^ 1;
  return out;
}

/** Whatever strangers have cost, somebody without the right nonce is still heard at the emergency door. */
async function stillOpen(bench: Bench, nonce: Uint8Array): Promise<void> {
  const person = await bench.parts.people.enrol({ issuer: ephemeralSigner() });
  const { bytes } = await makeEmergency(await bench.facts(), person, nonce);
  const answer = await bench.send({ kind: 'emergency', emergency: bytes });
  same(
    'the emergency door has a budget of its own',
    'answer.1',
    'E_ASSERTION_CRED',
    answer.kind === 'refused' ? answer.code : answer.kind,
  );
}
