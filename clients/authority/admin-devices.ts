import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { parseDeviceWord } from '../../server/protocol/fleet/enrolment.ts';
import { parseSigned, parseStatement } from '../../server/protocol/statement.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { NAME } from './config.ts';
import { certificateOf, Enrolled } from './enrolled.ts';
import { PENDING } from './enrolments.ts';

interface Given {
  readonly id?: string | undefined;
  readonly serial?: string | undefined;
  readonly statement?: string | undefined;
  readonly label?: string | undefined;
  readonly cert?: string | undefined;
}

/** What the authority's operator asks about devices and stations: by verb. Each gives what to say; throws Error. */
export const ABOUT_DEVICES: Readonly<Record<string, (folder: string, given: Given) => string>> = {
  devices: list,
  word: lay,
  'end-certificate': end,
  'remove-device': remove,
  'add-station': addStation,
  'end-station': endStation,
};

/** A device that waits for a certificate. */
export interface Waiting {
  /** SHA-256 of its request, hexadecimal. */
  readonly id: string;
  readonly device: string;
  readonly serial: string;
  /** COSE_Key of its maker's certificate, hexadecimal. */
  readonly identity: string;
}

/** Who waits for a certificate. */
export function waitingIn(folder: string): readonly Waiting[] {
  const at = join(folder, 'pending');
  const files = existsSync(at) ? readdirSync(at).filter((name) => name.endsWith('.json')) : [];
  return files.flatMap((file) => {
    const id = file.slice(0, -5);
    if (existsSync(join(folder, 'issued', `${id}.pem`))) return [];
    const { device, serial, identity } = PENDING.parse(JSON.parse(readFileSync(join(at, file), 'utf8')));
    return [{ id, device, serial, identity }];
  });
}

function list(folder: string): string {
  const waiting = waitingIn(folder).map(({ id, device, serial }) => `${id}  ${device}  ${serial}`);
  const enrolled = new Enrolled(folder);
  const known = enrolled
    .devices()
    .map(({ id, name, site, posture }) => `  ${id}  ${name}, ${site}: ${posture}`);
  const stations = enrolled.stations().map(({ label }) => `  ${label}`);
  return [
    ...(waiting.length === 0 ? ['No device waits for a certificate.'] : ['Waiting:', ...waiting]),
    ...(known.length === 0 ? [] : ['Enrolled:', ...known]),
    ...(stations.length === 0 ? [] : ['Stations:', ...stations]),
  ].join('\n');
}

function lay(folder: string, { statement = '' }: Given): string {
  if (!existsSync(statement)) throw new Error('--statement: there is no such file');
  return layWord(folder, new Uint8Array(readFileSync(statement)));
}

/**
 * Lays an operator's word where the running authority finds it; gives what to say. Whether it holds is for the authority
 * to say. Throws Error or Refusal when it is about no device that waits or is enrolled here.
 */
export function layWord(folder: string, bytes: Bytes): string {
  const word = parseDeviceWord(parseStatement(parseSigned(bytes).statement).detail);
  const mark = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  if (word.kind === 'device posture') {
    const id = hex(word.device);
    if (!new Enrolled(folder).find(id)) throw new Error(`no device ${id} is enrolled here`);
    keep(folder, 'postures', `${id}-${mark}`, bytes);
    return 'it counts within a second, if the signature holds';
  }
  const id = hex(word.request);
  if (!existsSync(join(folder, 'pending', `${id}.json`)))
    throw new Error(`no device waits under ${id.slice(0, 16)}; see "devices"`);
  keep(folder, 'approvals', `${id}-${mark}`, bytes);
  return word.kind === 'device refused'
    ? 'the device is told so when it asks again, if the signature holds'
    : 'the device gets its certificate when it asks again, if the signature holds';
}

function keep(folder: string, part: string, name: string, bytes: Uint8Array): void {
  mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  keepFile(join(folder, part, `${name}.statement`), bytes);
}

function end(folder: string, { serial = '' }: Given): string {
  if (!/^[0-9a-f]{1,40}$/u.test(serial)) throw new Error('--serial: expected lower-case hexadecimal digits');
  new Enrolled(folder).end(serial);
  return `certificate ${serial} is on the next list`;
}

function remove(folder: string, { id = '' }: Given): string {
  const enrolled = new Enrolled(folder);
  const device = /^[0-9a-f]{16}$/u.test(id) ? enrolled.find(id) : undefined;
  if (!device) throw new Error('--id: no device of that id is enrolled here; see "devices"');
  enrolled.remove(device);
  return `${device.name} is on no list any more; gateways drop it within seconds`;
}

function addStation(folder: string, { label, cert = '' }: Given): string {
  const name = NAME.safeParse(label);
  if (!name.success) throw new Error(`--label: ${name.error.issues[0]?.message ?? 'cannot be read'}`);
  if (!existsSync(cert)) throw new Error('--cert: there is no such file');
  const certificate = certificateOf(readFileSync(cert, 'utf8'));
  new Enrolled(folder).keepStation({ label: name.data, certificates: [certificate] });
  return `station ${name.data} is on the next list`;
}

function endStation(folder: string, { label = '' }: Given): string {
  if (!new Enrolled(folder).dropStation(label))
    throw new Error('--label: no station of that name; see "devices"');
  return `station ${label} is on no list any more; gateways drop it within seconds`;
}
