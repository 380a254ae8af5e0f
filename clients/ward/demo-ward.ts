import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { parseCheckpoint, parseNote } from '../../server/protocol/log/note.ts';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../../server/protocol/log/tiles.ts';
import type { Clinician, OpenDevice } from './clinician.ts';
import type { PersonName } from './people.ts';
import { choosePorts } from './ports.ts';
import { provision } from './provision.ts';
import { takeSeat } from './seats.ts';
import { portsOf, type Running, supervise, type WardProcess } from './supervisor.ts';

/** A ward of its own for a demonstration: real processes in a folder that goes away afterwards. */
export interface DemoWard {
  readonly folder: string;
  readonly running: Running;
  port(name: string): number;
  signIn(name: PersonName): Promise<Clinician>;
  patientOf(device: string): { mrn: string; birthYear: number; name: string };
  /** Opens a device by its name, waiting until it is in contact. */
  open(who: Clinician, name: string): Promise<OpenDevice>;
  stop(): Promise<void>;
}

const PATIENTS = z.array(
  z.object({ mrn: z.string(), birthYear: z.number(), name: z.string(), device: z.string() }),
);
const DEVICES = z.object({
  devices: z.array(z.object({ id: z.string(), name: z.string(), connected: z.boolean() })),
});
/** A device needs a moment to dial in or to be read; longer than this something is wrong. */
const CONTACT_MS = 15_000;

export async function openDemoWard(
  folder: string,
  processes: readonly WardProcess[],
  signal: AbortSignal,
): Promise<DemoWard> {
  const path = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports = await choosePorts(path('ports.json'), portsOf(processes));
  const policy = new URL('../../server/authorize/demo-policy.json', import.meta.url);
  await provision({ folder, ports, now: Math.floor(Date.now() / 1000), policy });
  const running = await supervise({ processes, ports, path, say: () => undefined, signal });
  const port = (name: string): number => ports.get(name) ?? 0;
  const patients = PATIENTS.parse(JSON.parse(readFileSync(path('keys', 'ward', 'patients.json'), 'utf8')));
  return {
    folder,
    running,
    port,
    signIn: (name) => takeSeat(folder, name, port('gateway-clinicians')),
    patientOf(device) {
      const patient = patients.find((p) => p.device === device);
      if (!patient) throw new Error(`no patient has ${device}`);
      return patient;
    },
    async open(who, name) {
      const end = Date.now() + CONTACT_MS;
      for (;;) {
        const { devices } = DEVICES.parse(await who.get('/v1/devices'));
        const found = devices.find((device) => device.name === name);
        if (found?.connected === true) return who.open(found.id);
        if (Date.now() > end) throw new Error(`${name} is not in contact`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: () => running.stop(5_000),
  };
}

/**
 * Copies the whole log, as an auditor may, into a folder of static tiles (C2SP tlog-tiles) that verifies without
 * the gateway. Gives the entries.
 */
export async function copyLog(auditor: Clinician, folder: string): Promise<readonly Bytes[]> {
  const save = async (path: string): Promise<Bytes> => {
    const bytes = await auditor.download(`/log/${path}`);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    return bytes;
  };
  const note = new TextDecoder().decode(await save('checkpoint'));
  const { size } = parseCheckpoint(parseNote(note).body);
  const entries: Bytes[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidth(size, 0, index);
    entries.push(...decodeBundle(await save(tilePath({ level: 'entries', index, width }))));
    await save(tilePath({ level: 0, index, width }));
  }
  return entries;
}
