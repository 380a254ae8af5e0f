import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** A configuration that cannot be used. `faults` names every fault, one readable line each. */
export class ConfigFault extends Error {
  readonly faults: readonly string[];
  constructor(where: string, faults: readonly string[]) {
    super(`${where}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigFault';
    this.faults = faults;
  }
}

/**
 * Reads a JSON file and checks it with `schema`, which has to be a `z.strictObject` at every level so that a
 * misspelt key is a fault and not a silent default. Throws {@link ConfigFault} naming every fault at once.
 */
export function readConfigFile<T>(file: string, schema: z.ZodType<T>): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFault(file, [
      `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  return parseConfig(text, schema, file);
}

/** Like {@link readConfigFile}, for text that is already in hand. `where` opens the message. */
export function parseConfig<T>(text: string, schema: z.ZodType<T>, where: string): T {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new ConfigFault(where, [`is not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw new ConfigFault(where, result.error.issues.flatMap(describeIssue));
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`}: no such setting`);
  }
  const what = issue.message.endsWith('received undefined') ? 'is missing' : issue.message;
  return [`${path === '' ? '(whole file)' : path}: ${what}`];
}
