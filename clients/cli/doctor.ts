import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Command, ExitCode } from './command.ts';
import { checkAuthority } from './doctor-authority.ts';
import { checkCertificates } from './doctor-certificates.ts';
import { type Finding, findings, reasonOf, type State } from './doctor-finding.ts';
import { checkGateway, checkRunning } from './doctor-gateway.ts';
import { checkIssuer } from './doctor-issuer.ts';
import { checkMachine, checkReader, checkRights, type Machine, thisMachine } from './doctor-machine.ts';
import { findPlace, type Place } from './doctor-place.ts';
import { checkStation } from './doctor-station.ts';
import { checkAnchors, checkOrigins, checkStatus } from './doctor-trust.ts';
import { checkWitnesses } from './doctor-witness.ts';

const HELP = `
  --dir FOLDER   the simulated ward to examine (default .ward, or COUNTERSIGN_DIR)
  --config FILE  the configuration of a gateway of its own, instead of a ward
  --json         one JSON object on standard output

  Looks and changes nothing; the ward may be running or not. Never prints a key, a token
  or anything about a patient.
  Exit codes: 0 well (warnings may be there), 1 something is wrong, 2 something could not be checked.
`;

/** `countersign doctor`: what is wrong with this gateway, and how to mend it. */
export const doctor: Command = {
  says: 'look for what is wrong with this gateway, and say how to mend it',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const dir =
    values.dir ?? process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../.ward', import.meta.url));
  const place = findPlace({ dir, config: values.config });
  const found = await examine(place, thisMachine());
  const code = exitOf(found);
  process.stdout.write(
    values.json ? `${JSON.stringify({ config: place.file, code, findings: found })}\n` : textOf(place, found),
  );
  return code;
}

/** Every check, in the order a person would go through them. */
export async function examine(place: Place, machine: Machine): Promise<readonly Finding[]> {
  const began = Date.now();
  const found: Finding[] = [];
  const take = async (
    group: string,
    look: () => Promise<readonly Finding[]> | readonly Finding[],
  ): Promise<void> => {
    try {
      found.push(...(await look()));
    } catch (error) {
      found.push(findings(group).unchecked('check', reasonOf(error), 'mend what stands above first'));
    }
  };
  await take('Machine', () => checkMachine(place, machine));
  await take('Card reader', () => checkReader(place, machine));
  await take('Files', () => checkRights(place));
  await take('Certificates', () => checkCertificates(place, machine.now));
  const { anchors, found: trusted } = await checkAnchors(place);
  found.push(...trusted);
  if (anchors) {
    await take('Trust', () => checkOrigins(place, anchors));
    await take('Trust', async () => [await checkStatus(place, anchors, machine.now)]);
    await take('Reader station', () => checkStation(place, anchors, machine.now));
  }
  const { note, found: own } = await checkGateway(place, anchors);
  found.push(...own);
  const now = (): number => machine.now + Date.now() - began;
  if (anchors) await take('Witnesses', () => checkWitnesses(place, anchors, note, now));
  await take('Token issuer', () => checkIssuer(place, now));
  if (anchors) await take('Authority', () => checkAuthority(place, anchors, now));
  await take('Evidence', () => checkRunning(place));
  return found;
}

/** A fault outweighs what could not be looked at. */
export function exitOf(found: readonly Finding[]): ExitCode {
  if (found.some(({ state }) => state === 'fault')) return 1;
  return found.some(({ state }) => state === 'unchecked') ? 2 : 0;
}

const SYMBOL: Readonly<Record<State, string>> = { ok: '✔', warning: '!', fault: '✘', unchecked: '?' };

function textOf({ file }: Place, found: readonly Finding[]): string {
  const lines = [`Examined: ${file}`];
  for (const [group, members] of Map.groupBy(found, (one) => one.group)) {
    lines.push('', group);
    for (const { name, state, says, mend } of members) {
      lines.push(`  ${SYMBOL[state]} ${name}: ${says}`);
      if (mend !== undefined) lines.push(`      ${mend}`);
    }
  }
  const count = (state: State): number => found.filter((one) => one.state === state).length;
  const [faults, warnings, open] = [count('fault'), count('warning'), count('unchecked')];
  lines.push('', `${faults} faults, ${warnings} warnings, ${open} not checked`);
  return `${lines.join('\n')}\n`;
}
