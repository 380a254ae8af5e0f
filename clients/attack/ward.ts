import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { bedsideDevice, WARD, withoutNfc, withoutPages } from '../ward/plan.ts';
import { choosePorts } from '../ward/ports.ts';
import { provision } from '../ward/provision.ts';
import { type Facts, portsOf, type Running, supervise, type WardProcess } from '../ward/supervisor.ts';
import { pcscMissing } from '../ward/pcsc-missing.ts';
import { Network } from './network.ts';
import { Skin } from './skin.ts';

/** A ward to be attacked: its own folder, keys, ports and processes, gone afterwards. */
export interface AttackWard {
  readonly folder: string;
  readonly running: Running;
  port(name: string): number;
  /** The wire of pump-1. */
  readonly network: Network;
  /** The antenna of pacemaker-1. */
  readonly skin: Skin;
  /** Why there is no legitimate card reader here, when there is none. */
  readonly withoutReader: string | undefined;
  /** Processes that ended by themselves, with the time. */
  readonly crashes: readonly string[];
  stop(): Promise<void>;
}

const POLICY = new URL('../../server/authorize/demo-policy.json', import.meta.url);
/** How pump-1 and pacemaker-1 reach the ward: through the attacker. */
const WIRE = 'wire';

/** Opens a ward whose pump is reached over the attacker's wire, and whose implant lies in the attacker's reach. */
export async function openAttackWard(signal: AbortSignal): Promise<AttackWard> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-attack-'));
  const path = (...parts: string[]): string => join(folder, ...parts);
  // However this program ends: keys and databases of a ward do not stay behind.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const missing = pcscMissing();
  let cardSocket: string | undefined;
  const skin = await Skin.open(path('skin.sock'), () => cardSocket);
  const processes = planOf(missing === undefined, path('skin.sock'), (socket) => (cardSocket = socket));
  const ports = await choosePorts(path('ports.json'), [...portsOf(processes), WIRE]);
  const port = (name: string): number => ports.get(name) ?? 0;
  const now = Math.floor(Date.now() / 1000);
  await provision({ folder, ports, now, policy: POLICY, devices: [{ name: 'pump-2', profile: 'pump' }] });
  separate(folder);
  const network = await Network.open(port(WIRE), port('gateway-devices'));
  const crashes: string[] = [];
  const close = async (): Promise<void> => {
    await network.close();
    await skin.close();
    process.removeListener('exit', remove);
    remove();
  };
  try {
    const running = await supervise({
      processes,
      ports,
      path,
      say: () => undefined,
      signal,
      onChange: (name, state) => state === 'down' && crashes.push(name),
    });
    return {
      folder,
      running,
      port,
      network,
      skin,
      withoutReader: missing ?? running.left.get('virtual-reader'),
      crashes,
      async stop() {
        await running.stop(5_000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** dr-b does not care for the patient at pump-2: somebody has to be a stranger to somebody. */
function separate(folder: string): void {
  const file = join(folder, 'hospital', 'care.json');
  const care = z.record(z.string(), z.array(z.string())).parse(JSON.parse(readFileSync(file, 'utf8')));
  const text = (path: string): string => readFileSync(join(folder, 'keys', path), 'utf8');
  const pump = z.object({ id: z.string() }).parse(JSON.parse(text('devices/pump-2/device.json'))).id;
  const doctor = readFileSync(join(folder, 'keys/public/credentials/dr-b.bin'));
  const subject = hex(readCredential(nodeCrypto, new Uint8Array(doctor)).said.subject);
  care[subject] = (care[subject] ?? []).filter((id) => id !== pump);
  writeFileSync(file, JSON.stringify(care));
}

function planOf(
  reader: boolean,
  skinSocket: string,
  onReader: (cardSocket: string) => void,
): readonly WardProcess[] {
  const pageless = withoutPages(WARD);
  const all = (reader ? pageless : withoutNfc(pageless)).filter(
    ({ name }) => name !== 'pump-1' && name !== 'pacemaker-1',
  );
  const implant = WARD.find(({ name }) => name === 'pacemaker-1');
  const pump = bedsideDevice('pump-1');
  const onTheWire = (facts: Facts): Facts => ({
    ...facts,
    port: (name) => facts.port(name === 'gateway-devices' ? WIRE : name),
  });
  const inReach = (facts: Facts): Facts => {
    const real = facts.ready.get('virtual-reader')?.['cardSocket'];
    if (typeof real === 'string') onReader(real);
    return { ...facts, ready: new Map([['virtual-reader', { cardSocket: skinSocket }]]) };
  };
  return [
    ...all,
    { name: pump.name, entry: pump.entry, config: (facts) => pump.config(onTheWire(facts)) },
    ...(implant
      ? [
          {
            name: implant.name,
            entry: implant.entry,
            config: (facts: Facts) => implant.config(inReach(facts)),
          },
        ]
      : []),
    bedsideDevice('pump-2'),
  ];
}
