import { readFileSync } from 'node:fs';
import { ConfigFault, parseConfig } from '../clients/common/process/config.ts';
import { unhex } from '../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../server/protocol/command.ts';
import { checkJointRules } from '../server/protocol/limits.ts';
import { encodeProfile, type Parameter, parseProfile, type Profile } from '../server/protocol/profile.ts';
import { Refusal } from '../server/protocol/refusal.ts';
import { type ParameterFile, PROFILE_FILE, type ProfileFile } from './profile-schema.ts';

/** Reads a maker's profile file; throws ConfigFault as {@link parseProfileFile} does. */
export const readProfileFile = (file: string | URL): Profile =>
  parseProfileFile(readFileSync(file, 'utf8'), String(file));

/**
 * Compiles a maker's profile from its readable form (JSON, see PROFILE_FILE) to the form that devices judge by:
 * every value an integer, every name a code. Holds it against itself: nominal settings and the safe state keep
 * the joint rules, and the encoded profile reads back. Throws ConfigFault naming every faulty field.
 */
export function parseProfileFile(text: string, where = 'profile'): Profile {
  const file = parseConfig(text, PROFILE_FILE, where);
  const compiler = new Compiler(file);
  const profile = compiler.profile();
  const faults = [...compiler.faults];
  if (faults.length === 0) faults.push(...contradictions(profile));
  if (faults.length > 0) throw new ConfigFault(where, faults);
  return profile;
}

class Compiler {
  readonly faults: string[] = [];
  readonly #file: ProfileFile;
  readonly #byKey = new Map<string, ParameterFile>();

  constructor(file: ProfileFile) {
    this.#file = file;
    for (const [i, p] of file.parameters.entries()) {
      if (this.#byKey.has(p.key)) this.faults.push(`parameters.${i}.key: ${p.key} appears twice`);
      this.#byKey.set(p.key, p);
      const first = file.parameters.findIndex(({ code }) => code === p.code);
      if (first < i)
        this.faults.push(
          `parameters.${i}.code: the code of ${file.parameters[first]?.key ?? ''} appears twice`,
        );
    }
  }

  profile(): Profile {
    const file = this.#file;
    return {
      model: file.model,
      maker: file.maker,
      version: file.version,
      deviceClass: file.deviceClass.code,
      parameters: file.parameters.map((p, i) => this.#parameter(p, `parameters.${i}`)),
      rules: file.rules.map((rule, i) => ({
        terms: Object.entries(rule.terms).map(([key, coefficient]): readonly [number, number] => [
          this.#code(key, `rules.${i}.terms.${key}`),
          coefficient,
        ]),
        times: rule.times === undefined ? 0 : this.#code(rule.times, `rules.${i}.times`),
        bound: rule.bound,
        says: rule.says,
      })),
      operations: file.operations.map(({ operation, risk, lowers, physicalIntent }) => ({
        operation: OPERATION[operation],
        risk,
        lowers,
        physicalIntent,
      })),
      safeState: new Map(
        Object.entries(file.safeState).map(([key, value]) => {
          const at = `safeState.${key}`;
          const p = this.#byKey.get(key);
          return [this.#code(key, at), p === undefined ? 0 : this.#value(p, value, at)];
        }),
      ),
      nonceTicks: file.nonceTicks,
      ...(file.firmware && { firmware: file.firmware.map(unhex) }),
    };
  }

  #parameter(p: ParameterFile, at: string): Parameter {
    const nominal = this.#value(p, p.nominal, `${at}.nominal`);
    const scaled = (field: string, value: number | undefined, without: number): number =>
      value === undefined ? without : this.#scaled(value, p.scale, `${at}.${field}`);
    return {
      code: p.code,
      name: p.name,
      unit: p.unit,
      scale: p.scale,
      // A setting of options only has the range of one of them, so that no unnamed value is allowed.
      min: scaled('min', p.min, nominal),
      max: scaled('max', p.max, nominal),
      step: scaled('step', p.step, 1),
      maxChange: scaled('maxChange', p.maxChange, 0),
      risk: p.risk,
      safeDirection: p.safeDirection === 'down' ? -1 : p.safeDirection === 'up' ? 1 : 0,
      programmed: p.programmed,
      options: new Map(Object.entries(p.options ?? {}).map(([name, value]) => [value, name])),
      window: { ticks: p.window?.ticks ?? 0, sum: scaled('window.sum', p.window?.sum, 0) },
      drift: scaled('drift', p.drift, 0),
      nominal,
    };
  }

  #code(key: string, at: string): number {
    const p = this.#byKey.get(key);
    if (p === undefined) this.faults.push(`${at}: no setting has the key ${key}`);
    return p?.code ?? 0;
  }

  #value(p: ParameterFile, value: number | string, at: string): number {
    if (typeof value === 'number') return this.#scaled(value, p.scale, at);
    const option = Object.entries(p.options ?? {}).find(([name]) => name === value);
    if (option === undefined) this.faults.push(`${at}: ${p.key} has no option ${value}`);
    return option?.[1] ?? 0;
  }

  /** By its decimal digits, never by multiplication: 0.7 x 10 is not 7 in floating point. */
  #scaled(value: number, scale: number, at: string): number {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value));
    const [, sign = '', whole = '', decimals = ''] = match ?? [];
    if (match === null || decimals.length > scale) {
      this.faults.push(`${at}: more decimals than the scale of ${scale}`);
      return 0;
    }
    const magnitude = Number(`${whole}${decimals.padEnd(scale, '0')}`);
    if (magnitude > 0x7fff_ffff) this.faults.push(`${at}: too large`);
    return sign === '-' ? -magnitude : magnitude;
  }
}

/** What no single field shows: an encoding that does not read back, a set of settings that breaks a joint rule. */
function contradictions(profile: Profile): string[] {
  const nominal = new Map(profile.parameters.map((p) => [p.code, p.nominal]));
  const ruled = profile.rules.flatMap((rule) => rule.terms.map(([code]) => code).concat(rule.times || []));
  const missing = profile.parameters.filter((p) => ruled.includes(p.code) && !profile.safeState.has(p.code));
  const found: string[] = [];
  const attempt = (field: string, check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      found.push(`${field}: ${error.message}`);
    }
  };
  attempt('(whole file)', () => parseProfile(encodeProfile(profile)));
  attempt('nominal', () => checkJointRules(profile, nominal));
  // The device enters its safe state from any settings, so a rule that reaches outside it could break there.
  for (const p of missing) found.push(`safeState: ${p.name} stands in a rule and has to be fixed too`);
  attempt('safeState', () => checkJointRules(profile, new Map([...nominal, ...profile.safeState])));
  return found;
}
