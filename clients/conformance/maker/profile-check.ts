import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseProfileFile } from '../../../certs/profile-file.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { encodeProfile, type Parameter, type Profile } from '../../../server/protocol/profile.ts';
import { ConfigFault } from '../../common/process/config.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { lineOf, linesOf } from './json-lines.ts';
import { isUcum } from './ucum.ts';

const HELP = `Usage: countersign profile check FILE [--json]

Reads a device profile as people write it and says what is wrong with it, with the line and the field: units, ranges,
steps, limits of change, options, joint rules, the safe state. Warnings are things that are allowed and rarely meant.

  Exit codes: 0 it is sound, 1 it is not, 2 it could not be read.
`;

/** One thing that is wrong, where it stands. */
export interface ProfileFault {
  readonly line: number;
  readonly field: string;
  readonly says: string;
}

export interface ProfileVerdict {
  readonly faults: readonly ProfileFault[];
  readonly warnings: readonly ProfileFault[];
  readonly profile?: Profile;
}

const NAMED = z.object({
  parameters: z.array(z.object({ name: z.string() })),
  rules: z.array(z.object({ says: z.string() })),
});
const UNITS = z.object({ parameters: z.array(z.object({ unit: z.string().optional() })) });

/** Checks the text of a profile file. */
export function checkProfileText(text: string): ProfileVerdict {
  let lines: ReadonlyMap<string, number>;
  let units: readonly (readonly [path: string, unit: string])[];
  let named: z.output<typeof NAMED>;
  try {
    const file: unknown = JSON.parse(text);
    units = unitsIn(file);
    named = NAMED.safeParse(file).data ?? { parameters: [], rules: [] };
    lines = linesOf(text);
  } catch (error) {
    const said = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/gu, ' ');
    return {
      faults: [{ line: faultyLine(text), field: '(whole file)', says: `is not JSON: ${said}` }],
      warnings: [],
    };
  }
  const at = (path: string, says: string): ProfileFault => ({ line: lineOf(lines, path), field: path, says });
  const wrongUnits = units
    .filter(([, unit]) => !isUcum(unit))
    .map(([path, unit]) =>
      at(
        path,
        `${unit} is not a unit of UCUM; those are spelled like mL/h, mm[Hg], /min or {steps}; "1" for none`,
      ),
    );
  try {
    const profile = parseProfileFile(text);
    if (wrongUnits.length > 0) return { faults: wrongUnits, warnings: [] };
    return { faults: [], warnings: warningsOf(profile, at), profile };
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const faults = error.faults.map((fault) => {
      const split = fault.indexOf(': ');
      const [field, says] = [fault.slice(0, split), fault.slice(split + 2).replace(/^E_[A-Z_]+: /u, '')];
      return at(placeOf(field, says, named) ?? field, `${BREAKS[field] ?? ''}${says}`);
    });
    return { faults: [...faults, ...wrongUnits].toSorted((a, b) => a.line - b.line), warnings: [] };
  }
}

/** Which settings break a joint rule, before its words. */
const BREAKS: Readonly<Record<string, string>> = {
  nominal: 'the nominal values break this rule: ',
  safeState: 'the safe state breaks the rule: ',
};

/** The line on which text stops to be JSON: that of the first character after which nothing could mend it. */
function faultyLine(text: string): number {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (couldGoOn(text.slice(0, middle))) low = middle + 1;
    else high = middle;
  }
  return text.slice(0, low).split('\n').length;
}

function couldGoOn(part: string): boolean {
  try {
    JSON.parse(part);
    return true;
  } catch (error) {
    const says = error instanceof Error ? error.message : '';
    const [, position] = /position (\d+)/u.exec(says) ?? [];
    return /end of JSON|Unterminated/u.test(says) || Number(position ?? NaN) === part.length;
  }
}

/** What contradicts itself is told by the name of a setting or the words of a rule; the text has them at a path. */
function placeOf(
  field: string,
  says: string,
  { parameters, rules }: z.output<typeof NAMED>,
): string | undefined {
  if (field.includes('.')) return undefined;
  const rule = rules.findIndex((each) => says.includes(each.says));
  if (rule >= 0 && field !== 'safeState') return `rules.${rule}`;
  const setting = parameters.findIndex(
    ({ name }) => says.includes(`(${name})`) || says.startsWith(`${name} `),
  );
  if (setting < 0) return undefined;
  const part = ['nominal', 'option', 'min'].find((word) => says.includes(word));
  return `parameters.${setting}.${part === 'option' ? 'options' : (part ?? 'name')}`;
}

/** Units of the settings, by their path, as far as the text has any. */
function unitsIn(file: unknown): readonly (readonly [path: string, unit: string])[] {
  const parsed = UNITS.safeParse(file);
  return parsed.success
    ? parsed.data.parameters.flatMap(({ unit }, i) =>
        unit === undefined ? [] : [[`parameters.${i}.unit`, unit] as const],
      )
    : [];
}

type At = (path: string, says: string) => ProfileFault;

function warningsOf(profile: Profile, at: At): readonly ProfileFault[] {
  const found: ProfileFault[] = [];
  for (const [i, p] of profile.parameters.entries()) {
    const path = `parameters.${i}`;
    if (p.options.size === 0 && (p.max - p.min) % p.step !== 0)
      found.push(at(`${path}.max`, 'can never be reached: it is not min plus a whole number of steps'));
    if (p.programmed) found.push(...limitWarnings(p, path, at));
  }
  return found;
}

function limitWarnings(p: Parameter, path: string, at: At): readonly ProfileFault[] {
  if (p.options.size > 0) return [];
  const found: ProfileFault[] = [];
  if (p.maxChange < p.step)
    found.push(at(`${path}.maxChange`, 'is less than one step: no command can change this'));
  if (p.window.sum < p.maxChange) found.push(at(`${path}.window`, 'allows less than one command may change'));
  if (p.maxChange >= p.max - p.min)
    found.push(at(`${path}.maxChange`, 'lets one command cross the whole range'));
  return found;
}

/** `countersign profile check`. */
export function profileCommand(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [verb, file] = positionals;
  if (values.help) return (process.stdout.write(HELP), 0);
  if (verb !== 'check' || file === undefined) throw new Error('say: countersign profile check FILE');
  const { faults, warnings, profile } = checkProfileText(readFileSync(file, 'utf8'));
  if (values.json) process.stdout.write(`${JSON.stringify({ faults, warnings })}\n`);
  else {
    const say = (kind: string, { line, field, says }: ProfileFault): void =>
      void process.stdout.write(`${file}:${line}: ${kind}${field}: ${says}\n`);
    for (const fault of faults) say('', fault);
    for (const warning of warnings) say('warning: ', warning);
    if (profile)
      process.stdout.write(
        `${file} is sound: ${profile.model} version ${profile.version}, ${profile.parameters.length} settings, hash ${hex(nodeCrypto.sha256(encodeProfile(profile)))}\n`,
      );
  }
  return faults.length > 0 ? 1 : 0;
}
