import type { Approval } from '../../../server/protocol/approval.ts';
import type { Attestation } from '../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, parseCommand } from '../../../server/protocol/command.ts';
import type { PersonName } from '../../ward/people.ts';
import { type Attempts, refused } from '../case.ts';
import type { Wanted } from '../forge.ts';
import { type Lab, TARGET } from '../lab.ts';

/** An attack by whoever plays the gateway to the pump. One who cannot even do that is refused by its TLS. */
export const onWire = (play: (at: Lab, attestation: Attestation) => Attempts) =>
  async function* (at: Lab): Attempts {
    const attestation = await at.attested();
    if (attestation) yield* play(at, attestation);
    else yield refused('plays the gateway to the pump', 'device', 'E_TLS_PEER');
  };

/** A command with everything two honest people put to it: they saw this attestation, and signed what they wanted. */
export interface Signed extends Wanted {
  readonly approvals: readonly Approval[];
}

const BOTH = ['dr-a', 'dr-b'] as const;

/** Two honest clinicians agree on a value of a setting of high risk. */
export async function signedByBoth(
  at: Lab,
  attestation: Attestation,
  called: string,
  value: number,
): Promise<Signed> {
  const command = at.honest.set(TARGET, attestation, called, value);
  const approvals = await Promise.all(BOTH.map((name) => at.honest.approve(name, command)));
  return { command, approvals, people: BOTH, tier: 2 };
}

/** One honest clinician sets a value of low risk. */
export async function signedByOne(
  at: Lab,
  attestation: Attestation,
  called: string,
  value: number,
): Promise<Signed> {
  const command = at.honest.set(TARGET, attestation, called, value);
  return { command, approvals: [await at.honest.approve('dr-a', command)], people: ['dr-a'], tier: 1 };
}

/** Bytes that these people sign in the attacker's hands: with real passkeys where they are held. */
export async function signedByAttacker(
  at: Lab,
  command: Bytes,
  people: readonly PersonName[],
): Promise<Signed> {
  const approvals = await Promise.all(people.map((name) => at.hands.approve(name, command)));
  return { command, approvals, people, tier: people.length === 2 ? 2 : 1 };
}

/** The same command with some members changed: bytes that nobody signed yet. */
export const changed = (command: Bytes, members: Partial<Command>): Bytes =>
  encodeCommand({ ...parseCommand(command), ...members });

/** Delivers what honest people signed, as a gateway should: what the attack is about comes after it. */
export async function deliverGenuine(at: Lab, signed: Signed): Promise<Bytes> {
  const bundle = await at.forger.bytes(signed);
  const done = await at.deliver('a genuine command', bundle);
  if (done.refused) throw new Error(`a genuine command was refused: ${done.code}`);
  await at.settle();
  return bundle;
}

/** An alarm limit (one person) that differs from the present one and stays well within what one person may. */
export function anotherAlarmLimit(at: Lab, { settings }: Attestation): number {
  const now = settings.get(at.honest.setting(TARGET, 'Occlusion alarm limit').code) ?? 300;
  return now <= 300 ? now + 25 : now - 25;
}

/** A rate (two people) near the present one, and one that was not asked for before. */
export function anotherRate(at: Lab, { settings }: Attestation): number {
  const { code, scale } = at.honest.setting(TARGET, 'Infusion rate');
  const now = settings.get(code) ?? 500;
  const away = 20 + (at.next % 100);
  return (now < 600 ? now + away : now - away) / 10 ** scale;
}
