import type { Locks } from './locks.ts';
import type { CommandRequest } from './request.ts';
import type { Rule } from './rule.ts';

/** A lock on any person, tablet or role that signs, on the device, on its site, or on everything. */
export const locked: Rule = (request, { locks }) => stillUnlocked(request, locks, request.now);

/** The same question again, between the cancel window and the grant. Throws Refusal E_LOCKED. */
export function stillUnlocked(
  { who, device, tablets }: CommandRequest,
  locks: Pick<Locks, 'check'>,
  now: number,
): void {
  const people = who.people.map(({ subject, credential }) => ({ subject, roles: credential.roles }));
  locks.check({ people, tablets, device: device.id, site: device.site }, now);
}
