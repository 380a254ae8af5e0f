import { z } from 'zod';

/** A tree of settings as found, before it is checked. */
export type Raw = Record<string, unknown>;

export interface Sources {
  readonly raw: Raw;
  /** Flags without a value, by name. */
  readonly switches: ReadonlySet<string>;
  readonly faults: string[];
}

const FOREIGN = ['COUNTERSIGN_VECTORS', 'COUNTERSIGN_DIR']; // read by tests and the ward, not by the gateway

/** Every setting of a schema by its dotted path, with its description. */
export function settingPaths(schema: z.ZodObject, prefix = ''): [path: string, says: string][] {
  return Object.entries(schema.shape).flatMap(([key, value]): [string, string][] => {
    if (value instanceof z.ZodObject) return settingPaths(value, `${prefix}${key}.`);
    return [[`${prefix}${key}`, value instanceof z.ZodType ? (value.description ?? '') : '']];
  });
}

/**
 * Collects settings from `--config FILE`, from `COUNTERSIGN_*` and from flags, later ones winning. Nothing is
 * thrown: what cannot be understood becomes a fault, so that all of them can be shown together.
 */
export function collect(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  known: { readonly paths: readonly string[]; readonly switches: readonly string[] },
  read: (path: string) => string,
): Sources {
  const faults: string[] = [];
  const { values: flags, switches } = readFlags(argv, known, faults);
  const variables = readEnvironment(env, known.paths, faults);
  const file = flags.get('config') ?? variables.get('config');
  const raw = file === undefined ? {} : readJson(file, read, faults);
  for (const [path, value] of [...variables, ...flags]) if (path !== 'config') set(raw, path, value, faults);
  return { raw, switches, faults };
}

function readFlags(
  argv: readonly string[],
  known: { readonly paths: readonly string[]; readonly switches: readonly string[] },
  faults: string[],
): { values: Map<string, string>; switches: Set<string> } {
  const values = new Map<string, string>();
  const switches = new Set<string>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const key = word.startsWith('--') ? word.slice(2) : undefined;
    if (key === undefined) faults.push(`${word}: expected --setting value`);
    else if (known.switches.includes(key)) switches.add(key);
    else {
      const value = rest[0]?.startsWith('--') === false ? rest.shift() : undefined;
      if (key !== 'config' && !known.paths.includes(key)) faults.push(`${key}: no such setting`);
      else if (value === undefined) faults.push(`${key}: its value is missing`);
      else if (values.has(key)) faults.push(`${key}: given twice`);
      else values.set(key, value);
    }
  }
  return { values, switches };
}

function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  paths: readonly string[],
  faults: string[],
): Map<string, string> {
  const names = new Map(['config', ...paths].map((path) => [variableOf(path), path]));
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('COUNTERSIGN_') || FOREIGN.includes(name) || value === undefined) continue;
    const path = names.get(name);
    if (path === undefined) faults.push(`${name}: no such setting`);
    else values.set(path, value);
  }
  return values;
}

function variableOf(path: string): string {
  return `COUNTERSIGN_${path.replaceAll('.', '_').toUpperCase()}`;
}

function readJson(file: string, read: (path: string) => string, faults: string[]): Raw {
  try {
    const raw: unknown = JSON.parse(read(file));
    if (isTree(raw)) return raw;
    faults.push(`${file}: expected one JSON object`);
  } catch (error) {
    faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
}

function set(raw: Raw, path: string, text: string, faults: string[]): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = raw;
  for (const key of keys) {
    const below = at[key];
    const next: Raw = isTree(below) ? below : {};
    at[key] = next;
    at = next;
  }
  try {
    at[last] = valueOf(text);
  } catch {
    faults.push(`${path}: not valid JSON`);
  }
}

/** Lists are given as JSON, numbers in plain decimal; everything else is text. */
function valueOf(text: string): unknown {
  if (text.startsWith('[')) return JSON.parse(text);
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : text;
}

function isTree(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
