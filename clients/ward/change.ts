import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { OPERATION } from '../../server/protocol/command.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { Clinician, OpenDevice, Outcome } from './clinician.ts';
import { takeSeat } from './seats.ts';

const DEVICES = z.object({ devices: z.array(z.object({ id: z.string(), name: z.string() })) });
const PATIENTS = z.array(z.object({ mrn: z.string(), birthYear: z.number(), device: z.string() }));
const CONTEXT = { reason: 'titration', note: 'from the command line', order: 'TEST' };

interface Patient {
  readonly mrn: string;
  readonly birthYear: number;
}

/**
 * `countersign change`: the simulated ward's clinicians change one setting of one device, as they would at their tablets;
 * a second one where the device asks for two. Says "Done" only when the device's receipt is in the witnessed log.
 */
export async function change(folder: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      json: { type: 'boolean', default: false },
      mrn: { type: 'string' },
      born: { type: 'string' },
    },
  });
  const [name, setting, value] = positionals;
  if (name === undefined || setting === undefined || value === undefined)
    throw new Error('name the device, the setting and the value: change pump-1 "Alarm volume" 8');
  const patient =
    values.mrn === undefined
      ? patientOf(folder, name)
      : { mrn: values.mrn, birthYear: Number(values.born ?? NaN) };
  const first = await takeSeat(folder, 'dr-a');
  try {
    const outcome = await sign(folder, first, { name, setting, value: Number(value) }, patient);
    const { kind } = outcome;
    const says =
      kind === 'refused'
        ? `refused: ${outcome.code}`
        : kind === 'done'
          ? 'Done: the device’s receipt is in the witnessed log.'
          : `not known yet: ${kind}`;
    process.stdout.write(values.json ? `${JSON.stringify({ outcome: kind })}\n` : `${says}\n`);
    return kind === 'done' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stdout.write(`refused: ${error.message}\n`);
    return 1;
  } finally {
    first.close();
  }
}

interface Wanted {
  readonly name: string;
  readonly setting: string;
  readonly value: number;
}

async function sign(folder: string, first: Clinician, wanted: Wanted, patient: Patient): Promise<Outcome> {
  const device = await openNamed(first, wanted.name);
  const bytes = first.prepare(device, patient, wishOf(device, wanted));
  const asked = await first.sign(device, bytes, CONTEXT);
  if (asked.kind !== 'awaiting-second') return asked;
  process.stdout.write('Signed by the first; a second clinician enters it again.\n');
  const second = await takeSeat(folder, 'dr-b');
  try {
    const again = await openNamed(second, wanted.name);
    const same = second.prepare(again, patient, wishOf(again, wanted));
    if (!(await second.enter(asked.draft, same))) throw new Error('the second entry differs');
    return await second.second(again, asked.draft, same);
  } finally {
    second.close();
  }
}

async function openNamed(who: Clinician, name: string): Promise<OpenDevice> {
  const { devices } = DEVICES.parse(await who.get('/v1/devices'));
  const found = devices.find((device) => device.name === name);
  if (!found)
    throw new Error(`there is no ${name} here; there are ${devices.map((one) => one.name).join(', ')}`);
  return who.open(found.id);
}

function wishOf(device: OpenDevice, { setting, value }: Wanted) {
  const found = device.profile.parameters.find((p) => p.name.toLowerCase() === setting.toLowerCase());
  if (!found) {
    const names = device.profile.parameters.filter((p) => p.programmed).map((p) => p.name);
    throw new Error(`${device.name} has no setting "${setting}"; it has ${names.join(', ')}`);
  }
  const changes = new Map([[found.code, Math.round(value * 10 ** found.scale)]]);
  return { operation: OPERATION.program, changes };
}

function patientOf(folder: string, device: string): Patient {
  const all = PATIENTS.parse(JSON.parse(readFileSync(join(folder, 'keys', 'ward', 'patients.json'), 'utf8')));
  const patient = all.find((each) => each.device === device);
  if (!patient) throw new Error(`this ward knows no patient of ${device}: say --mrn and --born`);
  return patient;
}
