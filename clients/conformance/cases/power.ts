import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { unexpected } from '../answers.ts';
import type { Bench } from '../bench.ts';
import { demand, same, Warned } from '../faults.ts';
import { type Case, small } from './case.ts';

const NEEDS = ['restart'] as const;

/** Cuts the device's power and switches it on again. */
async function cut(bench: Bench): Promise<void> {
  await bench.parts.process.cut();
  bench.hangUp();
  await bench.parts.place.left();
  bench.parts.process.start();
}

/** What has to survive when the power goes, and what must not. */
export const powerCases: readonly Case[] = [
  {
    id: 'power.state',
    says: 'after a power cut it has the settings, counters and receipts it had, and its ticks never went back',
    section: '4',
    needs: NEEDS,
    async run(bench) {
      const { bundle, bytes, receipt } = await bench.accept(1);
      const before = bench.attestation;
      await cut(bench);
      const after = await bench.open();
      same('settings survive a power cut', 'attestation.12', before.settings, after.settings);
      same('the counter survives a power cut', 'attestation.8', before.counter, after.counter);
      same(
        'the receipt number survives a power cut',
        'attestation.9',
        before.receiptNumber,
        after.receiptNumber,
      );
      same('the last receipt survives a power cut', 'attestation.10', before.lastReceipt, after.lastReceipt);
      same(
        'the revocation list survives a power cut',
        'attestation.15',
        before.statusVersion,
        after.statusVersion,
      );
      same('the anchors survive a power cut', 'attestation.14', before.anchorsVersion, after.anchorsVersion);
      same(
        'the nonce of the emergency survives a power cut',
        'attestation.2',
        before.emergencyNonce,
        after.emergencyNonce,
      );
      demand(after.ticks >= receipt.ticks, 'ticks never go back', 'attestation.3');
      const command = nodeCrypto.sha256(bundle.command);
      const answer = await bench.patiently({ kind: 'receipt-for', command });
      same(
        'receipts survive a power cut',
        'answer.1',
        bytes,
        answer.kind === 'receipt' ? answer.receipt : answer.kind,
      );
    },
  },
  {
    id: 'power.nonce',
    says: 'a command signed before a power cut is not taken after it',
    section: '4, nonces',
    needs: NEEDS,
    async run(bench) {
      const before = await bench.open();
      const bundle = encodeBundle(await small(bench));
      await cut(bench);
      await bench.open();
      if (Buffer.from(before.nonce).equals(bench.attestation.nonce))
        throw new Warned('its nonce lived on: only a device whose timer runs without power may do that');
      const answer = await bench.send({ kind: 'deliver', bundle });
      if (answer.kind !== 'refused') throw unexpected('a refusal with E_NONCE', answer);
      same('what was signed before is refused', 'answer.1', 'E_NONCE', answer.code);
      await bench.accept(1);
    },
  },
];
