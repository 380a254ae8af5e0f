import type { Authenticated } from '../authenticate/authenticated.ts';
import type { CommandRequest, DeviceFacts } from '../authorize/request.ts';
import { chargeOf } from '../protocol/battery.ts';
import { equal } from '../protocol/encoding/bytes.ts';
import { OPERATION } from '../protocol/command.ts';
import { checkFirmware } from '../protocol/firmware.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { checkChanges, operationRule, tierOf, waitsForWitnesses } from '../protocol/limits.ts';
import { settingsHash } from '../protocol/profile.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Context } from '../protocol/stream.ts';
import type { Bedside } from './bedside.ts';

/**
 * Holds a signed command against what its device last attested, as the device itself will: a mistake is told
 * before it costs a log entry and a grant. The device decides all the same. Throws Refusal.
 *
 * @param now Unix ms
 */
export function situate(
  who: Authenticated,
  bedside: Bedside,
  from: { readonly context: Context; readonly tablets: readonly string[]; readonly roles: number },
  sha256: Sha256,
  now: number,
): CommandRequest {
  const { command } = who;
  const { profile, profileHash } = bedside.device;
  const attested = bedside.seen?.attestation;
  if (!attested || !equal(attested.nonce, command.nonce)) {
    throw new Refusal('E_NONCE', 'the device was opened again since, or never', 'command.3');
  }
  if (command.counter !== attested.counter + 1)
    throw new Refusal('E_COUNTER', 'not the next counter', 'command.4');
  if (!equal(command.patient, attested.patient))
    throw new Refusal('E_PATIENT', 'for another patient', 'command.9');
  if (!equal(command.profile, profileHash))
    throw new Refusal('E_PROFILE', 'for another profile', 'command.5');
  checkFirmware(profile, attested);
  if (!equal(command.settings, settingsHash(sha256, profile, attested.settings))) {
    throw new Refusal('E_APPROVAL_STALE', 'starts from other settings', 'command.6');
  }
  const rule = operationRule(profile, command.operation);
  const tier = tierOf(profile, command, attested.settings);
  // What happened before is the device's own memory: here every command counts as the first.
  const fresh = (p: { code: number }) => ({ changed: 0, baseline: attested.settings.get(p.code) ?? 0 });
  checkChanges(profile, command, attested.settings, fresh, tier);
  return {
    who,
    device: factsOf(bedside),
    tier,
    commandClass: className(command.operation),
    lowers: rule.lowers,
    waits: waitsForWitnesses(profile, command.operation, tier),
    context: from.context,
    tablets: from.tablets,
    roles: from.roles,
    now,
  };
}

const factsOf = ({ device, unknown, review, lastApplied, posture, seen }: Bedside): DeviceFacts => ({
  id: device.hex,
  model: device.model,
  site: device.site,
  profile: device.profile,
  charge: seen && chargeOf(device.profile, seen.attestation.settings)?.percent,
  posture,
  unknown: unknown !== undefined,
  review: review !== undefined,
  lastApplied,
});

/** The name policy and rate limits know an operation by. */
export const className = (operation: number): string =>
  Object.entries(OPERATION).find(([, number]) => number === operation)?.[0] ?? 'unknown';
