import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { isAllowed, type Parameter } from '../../../server/protocol/profile.ts';
import type { Bench } from '../bench.ts';
import { Skipped } from '../faults.ts';
import type { Changes } from '../world/wishes.ts';
import type { Case } from './case.ts';

/** More commands than this are not spent on one limit. */
const MOST_STEPS = 6;

interface Walk {
  readonly tier: 1 | 2;
  /** Changes that are taken one after the other. */
  readonly steps: readonly Changes[];
  /** The one that goes too far. */
  readonly last: Changes;
}

/** Many small changes: what each may do is not what all of them may do together. */
export const rateCases: readonly Case[] = [
  {
    id: 'rates.window',
    says: 'small changes that add up to more than their window allows are refused',
    section: '4, check 6; 3.2',
    run: (bench) => walk(bench, windowWalk),
  },
  {
    id: 'rates.drift',
    says: 'changes of one person never lead far from what two people last agreed on',
    section: '4, check 6; 3.2',
    run: (bench) => walk(bench, driftWalk),
  },
];

async function walk(bench: Bench, plan: (bench: Bench, p: Parameter) => Walk | undefined): Promise<void> {
  await bench.open();
  const plans = bench.parts.profile.parameters
    .filter((p) => p.programmed)
    .flatMap((p) => plan(bench, p) ?? [])
    .sort((a, b) => a.steps.length - b.steps.length);
  for (const { tier, steps, last } of plans) {
    if (!(await taken(bench, steps, tier))) continue; // an earlier case has used the window up already
    const command = { changes: last };
    const bundle = encodeBundle(await bench.bundle({ command }, tier));
    return bench.refuse({ kind: 'deliver', bundle }, { codes: ['E_CMD_RATE_OF_CHANGE'] });
  }
  throw new Skipped('the profile leaves no room for it, or the window is used up; declare `state`');
}

async function taken(bench: Bench, steps: readonly Changes[], tier: 1 | 2): Promise<boolean> {
  for (const changes of steps)
    if ((await bench.perform({ changes }, tier)) === 'rate-of-change') return false;
  return true;
}

/** Back and forth by as much as one command may change, until the window's sum is reached. */
function windowWalk(bench: Bench, p: Parameter): Walk | undefined {
  const now = bench.attestation.settings.get(p.code) ?? p.nominal;
  const reach = Math.floor(Math.min(p.maxChange, p.window.sum, p.drift) / p.step) * p.step;
  const away = [now + reach, now - reach].find((value) => plain(p, value));
  if (away === undefined || reach === 0 || !plain(p, now)) return undefined;
  const count = Math.floor(p.window.sum / reach);
  if (count > MOST_STEPS) return undefined;
  const values = Array.from({ length: count + 1 }, (_, i) => (i % 2 === 0 ? away : now));
  return walkOver(bench, p, values);
}

/** Away from what two people agreed on, one step of one person after the other. */
function driftWalk(bench: Bench, p: Parameter): Walk | undefined {
  const now = bench.attestation.settings.get(p.code) ?? p.nominal;
  if (p.risk === 2 || !plain(p, now)) return undefined;
  const largest = Math.floor(p.maxChange / p.step) * p.step;
  const end = Math.floor(p.drift / p.step + 1) * p.step;
  if (end > p.window.sum || largest === 0 || Math.ceil(end / largest) > MOST_STEPS) return undefined;
  // From the nominal value on: that is what a device fresh from the bench was agreed to have.
  for (const way of [1, -1]) {
    const values: number[] = [];
    for (let far = largest; far < end; far += largest) values.push(p.nominal + way * far);
    values.push(p.nominal + way * end);
    if (now !== p.nominal) values.unshift(p.nominal);
    if (values.every((value) => plain(p, value))) return walkOver(bench, p, values);
  }
  return undefined;
}

function walkOver(bench: Bench, p: Parameter, values: readonly number[]): Walk | undefined {
  const all = values.map((value): Changes => new Map([[p.code, value]]));
  const last = all.at(-1);
  const [first] = all;
  const tier = first && bench.tierOf(first);
  if (!last || !tier) return undefined;
  // A safe direction would make some of the steps another tier than the others.
  if (p.risk === 2 && p.safeDirection !== 0) return { tier: 2, steps: all.slice(0, -1), last };
  return { tier, steps: all.slice(0, -1), last };
}

const plain = (p: Parameter, value: number): boolean => isAllowed(p, value) && !p.options.has(value);
