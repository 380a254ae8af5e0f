import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clinician } from '../../clients/ward/clinician.ts';
import { pcscMissing } from '../../clients/ward/pcsc-missing.ts';
import type { PersonName } from '../../clients/ward/people.ts';
import { monitorsOf } from '../../clients/ward/living.ts';
import { bedsideDevice, WARD, withoutNfc, withoutPages } from '../../clients/ward/plan.ts';
import { choosePorts } from '../../clients/ward/ports.ts';
import { provision } from '../../clients/ward/provision.ts';
import { takeSeat } from '../../clients/ward/seats.ts';
import { portsOf, type Running, supervise } from '../../clients/ward/supervisor.ts';

/** A ward of real processes in a folder of its own, on ports nobody else uses. */
export interface ProcessWard {
  readonly folder: string;
  readonly running: Running;
  /** Names of the devices that run, in their order. */
  readonly devices: readonly string[];
  /** Why there is no card reader, and so no pacemaker; undefined when there is one. */
  readonly withoutNfc: string | undefined;
  /** Those in force now. */
  readonly anchors: Uint8Array;
  /** At their own tablet, or at another one of the ward. */
  signIn(name: PersonName, tablet?: string): Promise<Clinician>;
  port(name: string): number;
  patientOf(device: string): { readonly mrn: string; readonly birthYear: number };
  /** EUI-64 of a device, in hexadecimal. */
  idOf(device: string): string;
  /** True while the process is ready to be used. */
  isUp(process: string): boolean;
  /** Says that a process was killed just now: it counts as down at once, not when its end is noticed. */
  killed(process: string): void;
  /** How often the process was started again. */
  restarts(process: string): number;
  stop(): Promise<void>;
}

export interface ProcessWardOptions {
  readonly folder: string;
  /** pump-1 is one of them. */
  readonly pumps: number;
  readonly policy: URL;
  /** With its pages; they have to be built. */
  readonly pages?: boolean;
  /** Simulated patients with a monitor each, named from monitor-1 on; none when left out. */
  readonly monitors?: number;
  /** More tablets than one for each of the people. */
  readonly tablets?: readonly string[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const PATIENTS = z.array(z.object({ mrn: z.string(), birthYear: z.number(), device: z.string() }));
const DEVICE = z.object({ id: z.string() });
/** Tests that end processes wait for them again and again: the ward's own long pauses would be most of the test. */
const LONGEST_PAUSE_MS = 250;

/** Provisions and starts a ward. Without PC/SC it has no pacemaker; with CI=true that is an error. */
export async function startProcesses(options: ProcessWardOptions): Promise<ProcessWard> {
  const { folder, pumps, policy, monitors = 0, tablets = [], say, signal } = options;
  const path = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const missing = pcscMissing();
  if (missing !== undefined && process.env['CI'] === 'true') throw new Error(`no card reader: ${missing}`);
  const more = Array.from({ length: pumps - 1 }, (_, i) => `pump-${i + 2}`);
  const beds = Array.from({ length: monitors }, (_, i) => `monitor-${i + 1}`);
  const whole = options.pages === true ? WARD : withoutPages(WARD);
  const processes = [
    ...(missing === undefined ? whole : withoutNfc(whole)),
    ...more.map((name) => bedsideDevice(name)),
    ...(monitors > 0 ? [monitorsOf(beds)] : []),
  ];
  const ports = await choosePorts(path('ports.json'), portsOf(processes));
  const now = Math.floor(Date.now() / 1000);
  await provision({
    folder,
    ports,
    now,
    policy,
    devices: [
      ...more.map((name) => ({ name, profile: 'pump' as const })),
      ...beds.map((name) => ({ name, profile: 'monitor' as const })),
    ],
    tablets,
  });

  const down = new Set<string>();
  const starts = new Map<string, number>();
  const onChange = (name: string, state: 'down' | 'up'): void => {
    if (state === 'down') return void down.add(name);
    down.delete(name);
    starts.set(name, (starts.get(name) ?? 0) + 1);
  };
  const running = await supervise({
    processes,
    ports,
    path,
    say,
    signal,
    onChange,
    longestPauseMs: LONGEST_PAUSE_MS,
  });
  const json = (...parts: string[]): unknown => JSON.parse(readFileSync(path('keys', ...parts), 'utf8'));
  const patients = PATIENTS.parse(json('ward', 'patients.json'));
  const devices = [...running.pids.keys()].filter((name) => /^(pump|pacemaker)-/u.test(name));
  return {
    folder,
    running,
    devices,
    withoutNfc: missing ?? running.left.get('virtual-reader'),
    get anchors() {
      return new Uint8Array(readFileSync(path('keys', 'public', 'anchors.bin')));
    },
    signIn: (name, tablet) => takeSeat(folder, name, ports.get('gateway-clinicians'), tablet),
    port: (name) => ports.get(name) ?? 0,
    patientOf(device) {
      const patient = patients.find((one) => one.device === device);
      if (!patient) throw new Error(`no patient has ${device}`);
      return patient;
    },
    idOf: (device) => DEVICE.parse(json('devices', device, 'device.json')).id,
    isUp: (name) => running.pids.has(name) && !down.has(name),
    killed: (name) => void down.add(name),
    restarts: (name) => starts.get(name) ?? 0,
    stop: () => running.stop(10_000),
  };
}
