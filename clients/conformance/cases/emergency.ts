import { randomBytes } from 'node:crypto';
import { encodeBundle } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { ROLE } from '../../../server/protocol/credential.ts';
import { openPresence } from '../../../server/protocol/link/presence.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { unexpected } from '../answers.ts';
import type { Bench } from '../bench.ts';
import { openedReceipt } from '../bench-checks.ts';
import { demand, same, Skipped } from '../faults.ts';
import { type EmergencyChanges, makeEmergency } from '../world/bundles.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import { type Enrolment, FLAG } from '../world/people.ts';
import { type Case, reject } from './case.ts';

const SECTION = '4, emergency safe mode';
const NEEDS = ['nfc'] as const;
const { sha256 } = nodeCrypto;
const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

const refused = (
  id: string,
  says: string,
  code: RefusalCode,
  changes: EmergencyChanges,
  enrolment?: (bench: Bench) => Enrolment,
): Case =>
  reject(
    `emergency.${id}`,
    says,
    SECTION,
    code,
    async (bench) => {
      safeStateOf(bench);
      const person = enrolment ? await bench.parts.people.enrol(enrolment(bench)) : bench.parts.first;
      const { bytes } = await makeEmergency(
        await bench.facts(),
        person,
        bench.attestation.emergencyNonce,
        changes,
      );
      return { kind: 'emergency', emergency: bytes };
    },
    { needs: NEEDS },
  );

function safeStateOf({ parts }: Bench): ReadonlyMap<number, number> {
  if (parts.profile.safeState.size === 0) throw new Skipped('the profile has no safe state');
  return parts.profile.safeState;
}

/** The door for the day when nothing else works: in contact only, one clinician, one outcome. */
export const emergencyCases: readonly Case[] = [
  {
    id: 'emergency.presence',
    says: 'asked by a reader alone, it shows what helps in an emergency, and nothing clinical',
    section: '3.7',
    needs: NEEDS,
    async run(bench) {
      const { emergencyNonce, device } = await bench.open();
      const answer = await bench.send({ kind: 'emergency-open' });
      if (answer.kind !== 'presence') throw unexpected('a presence', answer);
      const said = await openPresence(nodeCrypto, answer.presence, bench.parts.declaration.identity);
      same('a presence shows the nonce of the emergency', 'presence.1', emergencyNonce, said.emergencyNonce);
      same('a presence names the device', 'presence.2', device, said.device);
      same(
        'a presence is bound to this channel',
        'presence.6',
        (await bench.contact()).channel,
        said.channel,
      );
    },
  },
  refused('nonce', 'an emergency for another nonce is refused', 'E_NONCE', {
    command: { nonce: random(16) },
  }),
  refused('device', 'an emergency for another device is refused', 'E_GRANT_DEVICE', {
    command: { device: random(8) },
  }),
  refused('operation', 'nothing but the safe mode goes through this door', 'E_BREAKGLASS_SCOPE', {
    command: { operation: OPERATION.program, changes: new Map([[1, 1]]) },
  }),
  refused('settings', 'the safe mode takes no settings', 'E_CMD_SCHEMA', {
    command: { changes: new Map([[1, 1]]) },
  }),
  refused('patient', 'the safe mode names no patient', 'E_CMD_SCHEMA', { command: { patient: random(32) } }),
  refused('no-touch', 'an emergency without a touch is refused', 'E_ASSERTION', {
    gesture: { flags: FLAG.UV },
  }),
  refused('copied', 'a passkey that can be copied opens no emergency', 'E_ASSERTION', {
    gesture: { flags: FLAG.UP | FLAG.UV | FLAG.BE },
  }),
  refused('role', 'somebody without the role opens no emergency', 'E_ROLE', {}, () => ({
    changes: { roles: ROLE.clinician | ROLE.second },
  })),
  refused(
    'stranger',
    'somebody whom a stranger certified opens no emergency',
    'E_ASSERTION_CRED',
    {},
    () => ({
      issuer: ephemeralSigner(),
    }),
  ),
  refused(
    'long-expired',
    'a credential that ran out two months ago opens no emergency',
    'E_ASSERTION_CRED',
    {},
    ({ parts }) => ({
      changes: { notBefore: parts.now - 90 * 86_400, notAfter: parts.now - 60 * 86_400 },
    }),
  ),
  {
    id: 'emergency.safe-mode',
    says: 'one clinician in contact puts it into its safe state; it takes nothing else there, and is re-armed by two',
    section: SECTION,
    needs: NEEDS,
    async run(bench) {
      const safe = safeStateOf(bench);
      const resume = bench.ruleOf(OPERATION.resume);
      if (resume.physicalIntent && bench.parts.declaration.confirm === undefined)
        throw new Skipped('it could not be re-armed: nobody can confirm at the device (declare `confirm`)');
      const before = await bench.open();
      const { bytes, command } = await makeEmergency(
        await bench.facts(),
        bench.parts.first,
        before.emergencyNonce,
      );
      const answer = await bench.patiently({ kind: 'emergency', emergency: bytes });
      if (answer.kind !== 'receipt') throw unexpected('a receipt', answer);
      const receipt = await openedReceipt(answer.receipt, bench.parts.declaration.identity);
      demand(receipt.result !== 'refused', 'a genuine emergency is done', 'receipt.2', receipt.code ?? '');
      same('the receipt names the emergency', 'receipt.4', sha256(command), receipt.command);
      same('no grant stands behind an emergency', 'receipt.5', undefined, receipt.grant);
      same('receipt numbers count every receipt', 'receipt.8', before.receiptNumber + 1, receipt.number);
      const again = await bench.send({ kind: 'emergency', emergency: bytes });
      same(
        'the same emergency again gives the same receipt',
        'answer.1',
        answer.receipt,
        again.kind === 'receipt' ? again.receipt : again.kind,
      );
      const after = await bench.open();
      same('it says that it is in safe mode', 'attestation.17', 'safe-mode', after.mode);
      for (const [code, value] of safe)
        same('it acts in its safe state', 'attestation.12', value, after.settings.get(code));
      demand(
        !Buffer.from(before.emergencyNonce).equals(after.emergencyNonce),
        'each emergency has its own nonce',
        'attestation.2',
      );
      await bench.refuse(
        {
          kind: 'deliver',
          bundle: encodeBundle(await bench.bundle({ command: { changes: await bench.wish(1) } })),
        },
        { codes: ['E_SAFE_STATE'] },
      );
      await bench.confirmFor(OPERATION.resume);
      await bench.perform({ operation: OPERATION.resume }, resume.risk);
      same('re-armed, it runs', 'attestation.17', 'running', bench.attestation.mode);
    },
  },
];
