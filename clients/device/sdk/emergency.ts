import { verifyApproval } from '../../../server/protocol/approval.ts';
import { parseEmergency } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, type Command, OPERATION, parseCommand } from '../../../server/protocol/command.ts';
import { checkInForce, checkNotRevoked, checkRole, ROLE } from '../../../server/protocol/credential.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Budget } from './budget.ts';
import type { Bench } from './judge.ts';
import { checkMarks, deviceTime, knownCredential, siteOf } from './people.ts';

/** Own time plus this: a device that was out of contact for a month still lets its patient be saved. */
export const GRACE_SECONDS = 30 * 24 * 3600;

/** The emergency safe mode, asked for by one clinician in contact with the device. */
export interface EmergencyAccepted {
  readonly command: Command;
  readonly hash: Bytes;
  readonly kid: Bytes;
}

/**
 * Judges an emergency: size, E nonce, device, credential (emergency role, trusted issuer, not on the list the
 * device holds), approval. No counter, lock, grant, log or cool-down applies. Throws Refusal.
 *
 * @param reserve the budget that only this door draws on
 */
export async function judgeEmergency(
  bytes: Bytes,
  bench: Bench,
  reserve: Budget,
): Promise<EmergencyAccepted> {
  const { command: signed, approval, credential: proven } = parseEmergency(bytes);
  const command = parseCommand(signed);
  checkShape(command, bench);
  if (!reserve.spend(bench.tick))
    throw new Refusal('E_RATE', 'the emergency door was used too often', 'emergency');
  const issuers = [...bench.anchors.authorities, ...bench.anchors.emergencyIssuers];
  // A memory of its own: what another hospital's authority certified must not be known at the ordinary door.
  const trusted: Bench = {
    ...bench,
    anchors: { ...bench.anchors, authorities: issuers },
    known: new Map(),
  };
  const { credential } = await knownCredential(proven, trusted);
  checkMarks(credential, bench.anchors);
  checkRole(credential, ROLE.emergency);
  checkInForce(credential, Math.max(deviceTime(bench), credential.notBefore), GRACE_SECONDS);
  checkNotRevoked(credential, bench.state.revoked);
  const challenge = challengeFor(bench.crypto.sha256, 'command', signed);
  await verifyApproval(bench.crypto, approval, credential.key, challenge, siteOf(credential, bench), true);
  return { command, hash: bench.crypto.sha256(signed), kid: approval.kid };
}

function checkShape(command: Command, bench: Bench): void {
  const zero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);
  if (command.operation !== OPERATION.safeMode) {
    throw new Refusal('E_BREAKGLASS_SCOPE', 'only the safe mode goes through this door', 'command.7');
  }
  if (!equal(command.nonce, bench.state.emergencyNonce))
    throw new Refusal('E_NONCE', 'not the emergency nonce', 'command.3');
  if (!equal(command.device, bench.device))
    throw new Refusal('E_GRANT_DEVICE', 'made for another device', 'command.2');
  const bare =
    command.changes.size === 0 &&
    command.counter === 0 &&
    zero(command.profile) &&
    zero(command.settings) &&
    zero(command.patient) &&
    !command.companion;
  if (!bare) throw new Refusal('E_CMD_SCHEMA', 'the safe mode takes no parameters', 'command');
}
