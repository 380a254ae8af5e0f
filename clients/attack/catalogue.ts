import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One published attack on a medical device or on what stands around one. */
const ATTACK = z.strictObject({
  id: z.string().regex(/^[A-Z]+-[0-9]{2}$/u),
  title: z.string(),
  year: z.int(),
  /** What was attacked in the real world. */
  device: z.string(),
  tier: z.enum(['P0', 'P1', 'P2']),
  attackers: z.array(z.string()).min(1),
  surface: z.string(),
  cwe: z.string(),
  /** How far the source was checked. */
  evidence: z.enum(['advisory read', 'page seen', 'measured', 'unchecked']),
  /** The fault behind it. */
  cause: z.string(),
  sources: z.array(z.string()).min(1),
  codes: z.array(z.string()),
  controls: z.array(z.string()).min(1),
  requirements: z.array(z.string()),
});
export type PublishedAttack = z.infer<typeof ATTACK>;

/** What regulators ask of a gateway, in one sentence, and the attacks that try it. */
const REQUIREMENT = z.strictObject({
  id: z.string().regex(/^REQ-[0-9]{2}$/u),
  requirement: z.string(),
  sources: z.array(z.string()).min(1),
  attacks: z.array(z.string()),
});
export type Requirement = z.infer<typeof REQUIREMENT>;

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const CATALOGUE: readonly PublishedAttack[] = z.array(ATTACK).parse(read('catalogue.json'));
export const REQUIREMENTS: readonly Requirement[] = z.array(REQUIREMENT).parse(read('requirements.json'));

/** The attack with this id. Throws Error when there is none. */
export function publishedAttack(id: string): PublishedAttack {
  const found = CATALOGUE.find((attack) => attack.id === id);
  if (!found) throw new Error(`there is no attack ${id}`);
  return found;
}
