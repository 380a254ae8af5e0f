import { X509Certificate } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { clinicianFaults, clinicianItems } from './clinicians.ts';
import {
  admitPatients,
  deviceFaults,
  deviceItems,
  deviceNames,
  indexDevices,
  type NewDevice,
} from './devices.ts';
import { certificateFault } from './expiry.ts';
import { type Item, KeyFolder, KeysFault } from './key-folder.ts';
import { partyItems } from './parties.ts';
import { patientFaults } from './patients.ts';
import { TABLETS, tabletItems } from './tablets.ts';
import { indexKeys, PROFILES, type SigningPorts, trustFaults, trustItems } from './trust.ts';

export interface MakeKeys {
  readonly folder: string;
  /** Only the signing hosts' ports are part of what is signed; the others may be handed over with them. */
  readonly ports: SigningPorts & Readonly<Record<string, number>>;
  /** Unix seconds. */
  readonly now: number;
  /** Credentials that count in high-risk commands at once, as a demonstration needs it. */
  readonly demo?: boolean;
  /** Beside pump-1 and pacemaker-1, and those made earlier. */
  readonly devices?: readonly NewDevice[];
  /** Beside those of the ward's people. */
  readonly tablets?: readonly string[];
}

export interface MadeKeys {
  /** Paths from the folder on. A list that grew (patients, devices, keys) counts as created. */
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

const ALWAYS: readonly NewDevice[] = [
  { name: 'pump-1', profile: 'pump' },
  { name: 'pacemaker-1', profile: 'pacemaker' },
];

/**
 * Makes a complete set of development keys: one folder per party, one key per purpose, everything that follows
 * from them signed and in `public/`. Keeps every file that exists and completes what is missing. Throws KeysFault,
 * before anything is written, when what exists does not fit together or not what is asked for.
 */
export async function makeKeys({
  folder,
  ports,
  now,
  demo = false,
  devices = [],
  tablets = [],
}: MakeKeys): Promise<MadeKeys> {
  const keys = new KeyFolder(folder);
  const wanted = [...ALWAYS, ...devices];
  const unusable = deviceFaults(keys, wanted);
  if (unusable.length > 0) throw new KeysFault(unusable);

  const plan = [
    ...partyItems(keys, now),
    ...clinicianItems(keys, now, demo),
    ...tabletItems([...TABLETS, ...tablets]),
    ...trustItems(keys, now, ports, demo),
    ...deviceItems(keys, now, wanted),
  ];
  const faults = [
    ...keys.orphans(plan),
    ...trustFaults(keys, ports),
    ...clinicianFaults(keys, now, demo),
    ...expired(keys, plan, now),
    ...patientFaults(keys, deviceNames(keys, [])),
  ];
  if (faults.length > 0) throw new KeysFault(faults);

  admitPatients(keys, wanted);
  await keys.complete(plan);
  indexDevices(keys);
  indexKeys(keys);
  return { created: keys.created, kept: keys.kept };
}

const expired = (folder: KeyFolder, plan: readonly Item[], now: number): readonly string[] =>
  plan
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.cert.pem') && folder.has(path))
    .flatMap((path) => {
      const until = new X509Certificate(folder.text(path)).validToDate.getTime() / 1000;
      return certificateFault(path, until, now);
    });

const HELP = `Usage: node certs/make.ts --folder DIR [options]

Makes development keys for a simulated ward. Existing files are kept, missing ones are made.

  --folder DIR        where to; made with mode 0700
  --device NAME:KIND  one more device, KIND ${PROFILES.join(' or ')}; may be repeated
  --demo              credentials count in high-risk commands at once
  --host-a PORT       port of signing host A (default 8081)
  --host-b PORT       port of signing host B (default 8082)
  --help              this text
`;

function newDevice(text: string): NewDevice {
  const [name = '', kind] = text.split(':');
  const profile = PROFILES.find((known) => known === kind);
  if (profile === undefined) throw new Error(`--device ${text}: expected NAME:${PROFILES.join(' or NAME:')}`);
  return { name, profile };
}

function port(text: string): number {
  const value = /^\d{1,5}$/u.test(text) ? Number(text) : 0;
  if (value < 1 || value > 65_535) throw new Error(`${text} is not a port`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      device: { type: 'string', multiple: true, default: [] },
      demo: { type: 'boolean', default: false },
      'host-a': { type: 'string', default: '8081' },
      'host-b': { type: 'string', default: '8082' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.folder === undefined) throw new Error('--folder DIR is missing; --help tells more');
  const { created, kept } = await makeKeys({
    folder: values.folder,
    ports: { hostA: port(values['host-a']), hostB: port(values['host-b']) },
    now: Math.floor(Date.now() / 1000),
    demo: values.demo,
    devices: values.device.map(newDevice),
  });
  for (const path of created) process.stdout.write(`made ${path}\n`);
  process.stdout.write(`${created.length} made, ${kept.length} kept in ${values.folder}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`keys: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
