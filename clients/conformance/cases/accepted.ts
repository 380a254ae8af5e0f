import { encodeAssociation } from '../../../server/protocol/association.ts';
import { patientTag } from '../../../server/protocol/attestation.ts';
import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { unexpected } from '../answers.ts';
import type { Bench } from '../bench.ts';
import { demand, same, Skipped } from '../faults.ts';
import type { Case } from './case.ts';

const { sha256 } = nodeCrypto;

/** What a device has to take, and what its receipts have to say. */
export const acceptedCases: readonly Case[] = [
  {
    id: 'accept.one',
    says: 'small changes that one person signed are applied, and their receipts say so in every field and name each other',
    section: '4; 3.7',
    async run(bench) {
      await bench.accept(1);
      await bench.accept(1);
    },
  },
  {
    id: 'accept.two',
    says: 'a change of high risk that two people signed on two pages is applied',
    section: '4; 3.7',
    run: async (bench) => void (await bench.accept(2)),
  },
  {
    id: 'accept.again',
    says: 'the same bundle again gives the same receipt, and nothing is done twice',
    section: '4, check 2',
    async run(bench) {
      const { bytes, bundle } = await bench.accept(1);
      const before = bench.attestation;
      const answer = await bench.send({ kind: 'deliver', bundle: encodeBundle(bundle) });
      if (answer.kind !== 'receipt') throw unexpected('the same receipt', answer);
      same('a bundle delivered twice gives the same receipt', 'answer.1', bytes, answer.receipt);
      const after = await bench.open();
      same('nothing is done twice', 'attestation.8', before.counter, after.counter);
      same('the same receipt is no new receipt', 'attestation.9', before.receiptNumber, after.receiptNumber);
      const asked = await bench.send({ kind: 'receipt-for', command: sha256(bundle.command) });
      same(
        'asked for it, the device gives the same receipt',
        'answer.1',
        bytes,
        asked.kind === 'receipt' ? asked.receipt : asked.kind,
      );
      const since = await bench.send({ kind: 'receipts-since', number: after.receiptNumber - 1 });
      same(
        'the last receipt is the newest it keeps',
        'answer.1',
        [bytes],
        since.kind === 'receipts' ? since.receipts : since.kind,
      );
    },
  },
  {
    id: 'accept.list',
    says: 'a newer revocation list that came with a command is kept',
    section: '4, check 11',
    async run(bench) {
      const { statusVersion } = await bench.open();
      await bench.statusList(statusVersion + 2);
      await bench.accept(1);
      same(
        'the list of an accepted command is the one it holds',
        'attestation.15',
        statusVersion + 2,
        bench.attestation.statusVersion,
      );
    },
  },
  {
    id: 'accept.associate',
    says: 'two people can give it another patient, and it knows the person by a tag alone',
    section: '3.3',
    async run(bench) {
      bench.ruleOf(OPERATION.associate);
      const { patientSalt, patient } = await bench.open();
      const salt = sha256(patientSalt).slice(0, 16);
      const tag = patientTag(sha256, salt, 'TEST-0001', 1951);
      try {
        await associate(bench, salt, tag);
        same(
          'it holds the salt that came beside the command',
          'attestation.6',
          salt,
          bench.attestation.patientSalt,
        );
        same(
          'it holds the tag that came beside the command',
          'attestation.7',
          tag,
          bench.attestation.patient,
        );
      } finally {
        await bench.open();
        if (!Buffer.from(bench.attestation.patient).equals(patient))
          await associate(bench, patientSalt, patient);
      }
    },
  },
  {
    id: 'accept.stop',
    says: 'it stops, refuses to go on while nobody confirms at the device, and goes on when somebody does',
    section: '4, check 15',
    async run(bench) {
      const [stop, resume] = [bench.ruleOf(OPERATION.stop), bench.ruleOf(OPERATION.resume)];
      if (resume.physicalIntent && bench.parts.declaration.confirm === undefined)
        throw new Skipped('nobody can confirm at the device: declare `confirm`');
      await bench.open();
      await done(bench, OPERATION.stop, stop.risk);
      same('it says that it stopped', 'attestation.17', 'stopped', bench.attestation.mode);
      if (resume.physicalIntent) {
        const bundle = await bench.bundle({ command: { operation: OPERATION.resume } }, resume.risk);
        const request = { kind: 'deliver', bundle: encodeBundle(bundle) } as const;
        await bench.refuse(request, { codes: ['E_INTENT_REQUIRED'], receipt: true });
      }
      await bench.confirmFor(OPERATION.resume);
      await done(bench, OPERATION.resume, resume.risk);
      same('it says that it runs again', 'attestation.17', 'running', bench.attestation.mode);
    },
  },
  {
    id: 'accept.witness',
    says: 'what lowers risk, and one person may do, does not wait for a witness',
    section: '5',
    async run(bench) {
      const [stop, resume] = [bench.ruleOf(OPERATION.stop), bench.ruleOf(OPERATION.resume)];
      if (!stop.lowers || stop.risk === 2)
        throw new Skipped('the profile does not say that `stop` lowers risk');
      if (resume.physicalIntent && bench.parts.declaration.confirm === undefined)
        throw new Skipped('nobody can confirm at the device: declare `confirm`');
      await bench.open();
      const bundle = await bench.bundle({ command: { operation: OPERATION.stop }, witnessedAt: null }, 1);
      const answer = await bench.patiently({ kind: 'deliver', bundle: encodeBundle(bundle) });
      if (answer.kind !== 'receipt') throw unexpected('a receipt', answer);
      await bench.open();
      same('it says that it stopped', 'attestation.17', 'stopped', bench.attestation.mode);
      await bench.confirmFor(OPERATION.resume);
      await done(bench, OPERATION.resume, resume.risk);
    },
  },
];

async function associate(bench: Bench, patientSalt: Uint8Array, patient: Uint8Array): Promise<void> {
  const companion = encodeAssociation({ patientSalt, patient });
  const command = { operation: OPERATION.associate, companion: sha256(companion) };
  const taken = await bench.perform(command, bench.ruleOf(OPERATION.associate).risk, companion);
  demand(taken !== 'rate-of-change', 'another patient is no change of settings', 'command.7');
}

/** An operation without settings that the device has to take. */
async function done(bench: Bench, operation: number, tier: 1 | 2): Promise<void> {
  const taken = await bench.perform({ operation }, tier);
  demand(taken !== 'rate-of-change', 'an operation without settings changes none', 'command.8');
}
