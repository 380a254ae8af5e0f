import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { credentialOf } from '../../certs/clinicians.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { parseSign1 } from '../../server/protocol/encoding/cose.ts';
import { readCredential, ROLE } from '../../server/protocol/credential.ts';
import { type DeviceWord, deviceWordDetail } from '../../server/protocol/fleet/enrolment.ts';
import { MAX_PROFILE, parseProfile } from '../../server/protocol/profile.ts';
import { encodeSigned, encodeStatement } from '../../server/protocol/statement.ts';
import { layWord, type Waiting, waitingIn } from '../authority/admin-devices.ts';
import { Enrolled, type EnrolledRecord } from '../authority/enrolled.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { Clinician } from './clinician.ts';
import { softwarePasskey } from './passkey.ts';
import { people, type PersonName } from './people.ts';
import { takeSeat } from './seats.ts';
import { table } from './table.ts';

interface Asked {
  /** The ward's folder, and the authority's part about devices. */
  readonly folder: string;
  readonly devices: string;
  readonly who: string;
  readonly word: string;
  readonly options: {
    readonly name?: string | undefined;
    readonly site?: string | undefined;
    readonly profile?: string | undefined;
    readonly nfc?: boolean | undefined;
  };
  readonly json: boolean;
  readonly say: (line: string) => void;
}

/** The authority looks once a second. */
const PATIENCE_MS = 5_000;
/** The gateway asks the authority every few seconds. */
const HEARD_MS = 30_000;
const DEVICES = z.object({ devices: z.array(z.object({ id: z.string(), posture: z.string() })) });

const VERBS: Readonly<Record<string, (asked: Asked) => Promise<void> | void>> = {
  list,
  show: (asked) => show(asked, waiting(asked)),
  approve,
  deny,
  use: (asked) => place(asked, 'enrolled'),
  watch: (asked) => place(asked, 'monitor-only'),
};

/**
 * `countersign enrolments`: an operator of the simulated ward sees which devices wait, and signs what becomes of them with
 * the operator's passkey. Throws Error with one readable line.
 */
export async function enrolments(folder: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      json: { type: 'boolean', default: false },
      as: { type: 'string', default: 'operator' },
      name: { type: 'string' },
      site: { type: 'string' },
      profile: { type: 'string' },
      nfc: { type: 'boolean' },
    },
  });
  const [verb = 'list', word = ''] = positionals;
  const run = VERBS[verb];
  if (!run)
    throw new Error(`there is no "enrolments ${verb}"; countersign enrolments --help shows what there is`);
  await run({
    folder,
    devices: join(folder, 'authority', 'devices'),
    who: values.as,
    word,
    options: values,
    json: values.json,
    say: (line) => void process.stdout.write(`${line}\n`),
  });
  return 0;
}

function list({ devices, json, say }: Asked): void {
  const known = new Enrolled(devices);
  const waits = waitingIn(devices);
  const enrolled = known.devices();
  if (json) return say(JSON.stringify({ waiting: waits, enrolled }));
  if (waits.length === 0) say('No device waits for a certificate.');
  else
    table(say, ['waits under', 'device', 'serial number', 'operators needed'], waits.map((one) => [
      one.id.slice(0, 12),
      one.device,
      one.serial,
      needs(known, one) === 2 ? 'TWO: it is known with another key' : 'one',
    ])); // prettier-ignore
  if (enrolled.length > 0) say('');
  if (enrolled.length > 0)
    table(say, ['enrolled', 'name', 'site', 'takes commands'], enrolled.map((one) => [
      one.id,
      one.name,
      one.site,
      one.posture === 'enrolled' ? 'yes' : 'no, is only read',
    ])); // prettier-ignore
}

const needs = (known: Enrolled, { device, identity }: Waiting): 1 | 2 => {
  const before = known.find(device);
  return before && before.identity !== identity ? 2 : 1;
};

/** The one that waits under an id, of which the first eight digits or more are given. Throws Error. */
function waiting({ devices, word }: Asked): Waiting {
  if (!/^[0-9a-f]{8,64}$/u.test(word))
    throw new Error('name the request by its first 8 digits or more; countersign enrolments shows who waits');
  const found = waitingIn(devices).filter(({ id }) => id.startsWith(word));
  if (found.length > 1) throw new Error(`${found.length} requests begin with ${word}: give more digits`);
  const [one] = found;
  if (!one) throw new Error(`no device waits under ${word}; countersign enrolments shows who does`);
  return one;
}

function show({ devices, json, say }: Asked, one: Waiting): void {
  const known = new Enrolled(devices);
  if (json)
    return say(JSON.stringify({ ...one, operators: needs(known, one), known: known.find(one.device) }));
  say(`device          ${one.device}`);
  say(`serial number   ${one.serial}`);
  say(`its key         ${fingerprint(one)}   compare it with the device, or with what its maker sent`);
  say(`request         ${one.id}`);
  const before = known.find(one.device);
  if (!before) return say('It was never enrolled here.');
  say(`It is known as ${before.name}, ${before.site}.`);
  if (needs(known, one) === 2)
    say(
      'IT SHOWS ANOTHER KEY than the one it was enrolled with. Two operators have to sign, in the same words.',
    );
}

const fingerprint = ({ identity }: Waiting): string =>
  (hex(nodeCrypto.sha256(unhex(identity))).slice(0, 32).match(/.{4}/gu) ?? []).join(' '); // prettier-ignore

async function approve(asked: Asked): Promise<void> {
  const one = waiting(asked);
  const { name, site, profile, nfc } = asked.options;
  if (name === undefined || site === undefined || profile === undefined)
    throw new Error(
      '--name, --site and --profile are needed: what the device is called, where it is, what it is',
    );
  const is = profileNamed(asked.folder, profile);
  if (!asked.json) show(asked, one);
  await sign(asked, {
    kind: 'device certificate',
    request: unhex(one.id),
    identity: nodeCrypto.sha256(unhex(one.identity)),
    name,
    site,
    transport: nfc === true ? 'nfc' : 'websocket',
    profile: is.hash,
  });
  if (!asked.json) asked.say(`Signed: ${name}, ${site}, a ${is.model}. It is only read until you say "use".`);
}

async function deny(asked: Asked): Promise<void> {
  const one = waiting(asked);
  await sign(asked, { kind: 'device refused', request: unhex(one.id) });
  if (!asked.json) asked.say(`Signed: ${one.device} gets no certificate for this request.`);
}

async function place(asked: Asked, posture: EnrolledRecord['posture']): Promise<void> {
  const known = new Enrolled(asked.devices);
  const device = known.devices().find(({ id, name }) => id === asked.word || name === asked.word);
  if (!device) throw new Error(`no device ${asked.word} is enrolled; countersign enrolments shows which are`);
  await sign(asked, { kind: 'device posture', device: unhex(device.id), posture });
  const end = Date.now() + PATIENCE_MS;
  while (known.find(device.id)?.posture !== posture) {
    if (Date.now() > end)
      throw new Error(
        'it was signed, and the authority has not done it: is the ward running? See logs/authority.log',
      );
    await pause(100);
  }
  const what = posture === 'enrolled' ? 'takes commands' : 'is only read';
  const since = (await heardOf(asked, device.id, posture))
    ? 'from now on'
    : 'as soon as the gateway hears of it';
  if (!asked.json) asked.say(`${device.name} ${what} ${since}.`);
}

/** Waits until the gateway, which asks the authority every few seconds, says the same; false when it is not there. */
async function heardOf(
  { folder, who }: Asked,
  id: string,
  posture: EnrolledRecord['posture'],
): Promise<boolean> {
  let seat: Clinician;
  try {
    seat = await takeSeat(folder, operator(folder, who));
  } catch {
    return false;
  }
  try {
    for (const end = Date.now() + HEARD_MS; Date.now() < end; await pause(200)) {
      const { devices } = DEVICES.parse(await seat.get('/v1/devices'));
      if (devices.some((device) => device.id === id && device.posture === posture)) return true;
    }
    return false;
  } finally {
    seat.close();
  }
}

/** Signs with the operator's passkey, and hands it to the authority. */
async function sign({ folder, devices, who, json, say }: Asked, word: DeviceWord): Promise<void> {
  const passkey = softwarePasskey(people(folder)[operator(folder, who)]);
  const statement = encodeStatement({
    purpose: 'enrolment',
    time: Math.floor(Date.now() / 1000),
    nonce: new Uint8Array(randomBytes(16)),
    detail: deviceWordDetail(word),
  });
  const approval = await passkey.approve(challengeFor(nodeCrypto.sha256, 'statement', statement));
  const says = layWord(devices, encodeSigned({ statement, approval }));
  say(json ? JSON.stringify({ signed: word.kind, by: who }) : `${says[0]?.toUpperCase()}${says.slice(1)}.`);
}

/** Throws Error unless somebody is an operator: the authority would only say so in its log. */
function operator(folder: string, name: string): PersonName {
  const known = Object.keys(people(folder)).find((one): one is PersonName => one === name);
  if (!known) throw new Error(`there is no ${name} in this ward`);
  const bytes = new Uint8Array(readFileSync(join(folder, 'keys', credentialOf(known))));
  if ((readCredential(nodeCrypto, bytes).said.roles & ROLE.operator) === 0)
    throw new Error(`${name} is no operator, and the authority would not count the signature`);
  return known;
}

/** A profile that the maker signed, by the name of its file. Throws Error naming those there are. */
function profileNamed(folder: string, name: string): { readonly hash: Uint8Array; readonly model: string } {
  const at = join(folder, 'keys', 'public', 'profiles');
  const names = readdirSync(at).map((file) => file.replace(/\.bin$/u, ''));
  if (!names.includes(name)) throw new Error(`--profile is one of ${names.join(', ')}`);
  const signed = new Uint8Array(readFileSync(join(at, `${name}.bin`)));
  const { payload } = parseSign1(signed, 'profile', MAX_PROFILE, 'E_PROFILE');
  return { hash: nodeCrypto.sha256(payload), model: parseProfile(payload).model };
}
