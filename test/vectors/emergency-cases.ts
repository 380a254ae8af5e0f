import { encodeEmergency } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/cose-key.ts';
import { encodeEmergencyEvidence, type EmergencyEvidence } from '../../server/protocol/emergency-evidence.ts';
import { issueReceipt, type Receipt, RESULT } from '../../server/protocol/receipt.ts';
import type { Case } from '../support/evidence.ts';
import { approve, draft, NOW, type Person } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

/** The evidence of an emergency. Its entry is the last of the log: nothing that was made before changes by it. */
export async function emergencyCases(whole: Case): Promise<Record<string, Vector[]>> {
  const { world, evidence } = whole;
  const { settings, emergencyNonce, receiptNumber, lastReceipt, counter } = world.attestation;
  const zero = (size: number): Bytes => new Uint8Array(size);
  const asked = (changes: Partial<Command> = {}): Bytes =>
    encodeCommand(
      draft(world, {
        nonce: emergencyNonce,
        counter: 0,
        profile: zero(32),
        settings: zero(32),
        operation: OPERATION.safeMode,
        changes: new Map(),
        patient: zero(32),
        ...changes,
      }),
    );
  const message = async (command: Bytes, by: Person = world.alice): Promise<Bytes> =>
    encodeEmergency({ command, approval: await approve(by, command), credential: world.alice.proven });
  const command = asked();
  const hash = nodeCrypto.sha256(command);
  const { kid } = world.alice.signer.key;
  const safe = new Map([...settings, ...world.profile.safeState]);
  const answer = (changes: Partial<Receipt> = {}): Promise<Bytes> =>
    issueReceipt(
      {
        device: world.deviceId,
        result: 'applied',
        command: hash,
        kids: [kid],
        number: receiptNumber + 1,
        counter,
        before: settings,
        after: safe,
        readBack: safe,
        previous: lastReceipt,
        ticks: 1_020,
        ...changes,
      },
      world.device,
    );
  const receipt = await answer();
  const index = world.log.append({
    type: 'emergency',
    time: NOW * 1000 + 2,
    device: world.deviceId,
    command: hash,
    kids: [kid],
    digest: nodeCrypto.sha256(receipt),
    number: receiptNumber + 1,
    result: RESULT.applied,
  });
  const made: EmergencyEvidence = {
    anchors: world.anchorsBytes,
    profile: world.profileBytes,
    message: await message(command),
    receipt,
    entry: await world.log.proof(index, NOW + 2),
    deviceKey: coseKey(world.device.key.alg, world.device.key.raw),
  };
  const bytes = encodeEmergencyEvidence(made);
  const but = (changes: Partial<EmergencyEvidence>): Bytes =>
    encodeEmergencyEvidence({ ...made, ...changes });
  const stranger = testSigner('stranger').key;
  const device = 'E_DEVICE_IDENTITY';
  const [[code = 0, value = 0] = []] = world.profile.safeState;
  const unsafe = new Map([...safe, [code, value + 1]]);
  const chosen = asked({ changes: new Map([[code, value]]) });
  return {
    'emergency-evidence': [
      good(bytes, 'from anchors to the entry that followed'),
      vector('parameter', but({ message: await message(chosen) }), 'E_CMD_SCHEMA', 'the safe mode takes none'),
      vector('other person', but({ message: await message(command, world.bob) }), 'E_ASSERTION', 'not signed by whose credential it is'),
      vector('granted', but({ receipt: await answer({ grant: testBytes('grant id', 16) }) }), device, 'the receipt names a grant'),
      vector('refused', but({ receipt: await answer({ result: 'refused', code: 'E_RATE' }) }), device, 'the device did not do it'),
      vector('unsafe', but({ receipt: await answer({ after: unsafe, readBack: unsafe }) }), device, 'not the safe state of its maker'),
      vector('other entry', but({ entry: evidence.outcome }), 'E_LOG_PROOF', 'the entry tells of no emergency'),
      vector('other device key', but({ deviceKey: coseKey(stranger.alg, stranger.raw) }), device, 'the receipt is not by this key'),
      vector('profile', but({ profile: flipped(made.profile, -1) }), 'E_PROFILE', 'not signed by the maker'),
      ...damaged(bytes, 'E_CMD_MALFORMED').slice(1),
    ], // prettier-ignore
  };
}
