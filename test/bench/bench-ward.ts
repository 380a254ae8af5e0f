import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Facts, WardProcess } from '../../clients/ward/supervisor.ts';
import { WARD } from '../../clients/ward/plan.ts';
import { choosePorts } from '../../clients/ward/ports.ts';
import { provision } from '../../clients/ward/provision.ts';
import { portsOf } from '../../clients/ward/supervisor.ts';
import { issuerOf } from '../support/ward-tokens.ts';
import { launch, type Measured } from './processes.ts';

/** Each has up to four streams. */
export const BENCH_TABLETS = Array.from({ length: 16 }, (_, i) => `bench-tablet-${i + 1}`);

/** A ward whose processes are started one by one, each with the probe in it. */
export interface BenchWard {
  readonly folder: string;
  readonly logs: string;
  /** Names of the simulated pumps of the fleet. */
  readonly pumps: readonly string[];
  port(name: string): number;
  /** Starts a process of the ward's plan; `change` may alter its configuration. */
  start(name: string, change?: object, flags?: readonly string[]): Promise<Measured>;
  /** Starts a process of the benchmark; it is given the ward's folder and ports. */
  startOwn(name: string, entry: string, config: object, flags?: readonly string[]): Promise<Measured>;
  /** Ends everything that was started, the last first. */
  stop(): Promise<void>;
}

/** Makes keys of all parties once in `folder`: a fleet of pumps beside the two reference devices. */
export async function makeWard(folder: string, fleet: number): Promise<BenchWard> {
  mkdirSync(folder, { recursive: true });
  const ports = await choosePorts(join(folder, 'ports.json'), [...portsOf(WARD), 'relay']);
  const pumps = Array.from({ length: fleet }, (_, i) => `bench-${i + 1}`);
  await provision({
    folder,
    ports,
    now: Math.floor(Date.now() / 1000),
    policy: new URL('../support/quick-policy.json', import.meta.url),
    devices: pumps.map((name) => ({ name, profile: 'pump' as const })),
    tablets: BENCH_TABLETS,
  });
  const logs = join(folder, 'logs');
  mkdirSync(join(folder, 'config'), { recursive: true });
  const running: Measured[] = [];
  const ready = new Map<string, Record<string, string | number>>();
  const port = (name: string): number => {
    const found = ports.get(name);
    if (found === undefined) throw new Error(`no port is named ${name}`);
    return found;
  };
  const facts: Facts = {
    path: (...parts) => join(folder, ...parts),
    now: Math.floor(Date.now() / 1000),
    port,
    ready,
  };
  const begin = async (
    name: string,
    entry: string,
    config: object,
    args: readonly string[],
    flags: readonly string[] = [],
  ): Promise<Measured> => {
    const file = join(folder, 'config', `${name}.json`);
    writeFileSync(file, JSON.stringify(config));
    const child = await launch({ name, entry, args: ['--config', file, ...args], logs, flags });
    running.push(child);
    ready.set(name, wordsOf(child.ready));
    return child;
  };
  return {
    folder,
    logs,
    pumps,
    port,
    start(name, given = {}, flags = []) {
      // Tokens of the benchmark's tablets come without a sign-in.
      const issuer = issuerOf(folder, `gate.localhost:${port('gateway-clinicians')}`);
      const change = name === 'gateway' ? { issuer, ...given } : given;
      const plan = planOf(name);
      return begin(name, plan.entry, { ...plan.config(facts), ...change }, plan.flags ?? [], flags);
    },
    startOwn: (name, entry, config, flags) =>
      begin(name, entry, { folder, ports: Object.fromEntries(ports), ...config }, [], flags),
    async stop() {
      for (const child of running.splice(0).toReversed()) await child.stop();
    },
  };
}

function planOf(name: string): WardProcess {
  const plan = WARD.find((one) => one.name === name);
  if (plan === undefined) throw new Error(`the ward has no ${name}`);
  return plan;
}

const wordsOf = (ready: Readonly<Record<string, unknown>>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(ready).flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[key, value]] : [],
    ),
  );

const OWN = z.looseObject({ folder: z.string(), ports: z.record(z.string(), z.number()) });

/** In a process of the benchmark: its configuration, checked. */
export function ownConfig<T extends z.ZodRawShape>(shape: T) {
  const at = process.argv.indexOf('--config');
  const raw: unknown = JSON.parse(readFileSync(process.argv[at + 1] ?? '', 'utf8'));
  return OWN.extend(shape).parse(raw);
}

const DEVICE = z.looseObject({
  id: z.string(),
  name: z.string(),
  profile: z.string(),
  patient: z.object({ salt: z.string(), tag: z.string() }),
});

/** What a device knows of itself, from the keys of the ward. */
export const deviceFile = (folder: string, name: string) =>
  DEVICE.parse(JSON.parse(readFileSync(join(folder, 'keys/devices', name, 'device.json'), 'utf8')));
