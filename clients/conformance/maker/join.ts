import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { readProfileFile } from '../../../certs/profile-file.ts';
import { certificateInBag, deviceRequest } from '../../../certs/request.ts';
import { issueLeaf } from '../../../certs/x509.ts';
import { patientTag } from '../../../server/protocol/attestation.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { issueProfile } from '../../../server/protocol/profile.ts';
import { readConfigFile } from '../../common/process/config.ts';
import { nodeCrypto, signerFromPem } from '../../common/process/crypto.ts';
import { MADE, writeDeviceConfig } from './new-device.ts';

const YEAR_SECONDS = 365 * 86_400;
const LOOK_MS = 1_000;
const PORTS = z.record(z.string(), z.int());
const CARE = z.record(z.string(), z.array(z.string()));

export interface Join {
  /** Folder of the device. */
  readonly folder: string;
  /** The ward's folder. */
  readonly ward: string;
  /** Unix seconds. */
  readonly now: number;
  readonly say: (line: string) => void;
  /** Gives up after this long without an operator (ms). */
  readonly patienceMs: number;
}

/**
 * Brings a device into the simulated ward, by the doors that every device comes in by: its maker certifies its identity
 * and signs its profile, it asks for a certificate by EST, and an operator has to sign before it gets one.
 */
export async function joinWard({ folder, ward, now, say, patienceMs }: Join): Promise<void> {
  const at = (...parts: string[]): string => join(resolve(folder), ...parts);
  const keys = (...parts: string[]): string => join(resolve(ward), 'keys', ...parts);
  if (!existsSync(keys('public', 'anchors.bin')))
    throw new Error(`${ward} is no ward: start one with npm start, or name it with --dir`);
  const { id, name, serial } = readConfigFile(at('device.json'), MADE);
  const ports = readConfigFile(join(ward, 'ports.json'), PORTS);
  const pem = (...parts: string[]): string => readFileSync(keys(...parts), 'utf8');

  // What a maker does at the factory; in the simulated ward, its keys lie in the ward's folder.
  const profile = await issueProfile(
    readProfileFile(at('profile.json')),
    signerFromPem(pem('maker', 'profile.key.pem')),
  );
  keep(at('ward', 'profile.bin'), profile);
  for (const to of [keys('public', 'profiles'), join(ward, 'authority', 'published', 'profiles')])
    copyInto(at('ward', 'profile.bin'), join(to, `${name}.bin`));
  const subject = { commonName: id, serial, notBefore: now, notAfter: now + YEAR_SECONDS };
  const maker = {
    certificate: pem('public', 'ca', 'maker-identity-ca.cert.pem'),
    key: pem('maker', 'identity-ca.key.pem'),
  };
  const identityKey = readFileSync(at('identity.key.pem'), 'utf8');
  keep(at('ward', 'identity.cert.pem'), await issueLeaf(identityKey, { ...subject, use: 'identity' }, maker));
  if (!existsSync(at('ward', 'tls.key.pem'))) keep(at('ward', 'tls.key.pem'), freshKey());
  say(`The ward knows its profile as ${name}, signed by the maker.`);

  const csr = await deviceRequest(readFileSync(at('ward', 'tls.key.pem'), 'utf8'), id, serial);
  const enrol = (): Promise<{ status: number; body: string }> =>
    post(
      `https://127.0.0.1:${ports['est'] ?? 0}/.well-known/est/simpleenroll`,
      {
        key: identityKey,
        cert: readFileSync(at('ward', 'identity.cert.pem'), 'utf8'),
        ca: pem('public', 'ca', 'service-ca.cert.pem'),
      },
      csr,
    );
  keep(at('ward', 'tls.cert.pem'), await certificate(enrol, name, say, patienceMs));
  careFor(join(ward, 'hospital', 'care.json'), id);
  writeDeviceConfig(at('ward', 'device.json'), {
    id,
    folder: at('ward', 'state'),
    identityKey: at('identity.key.pem'),
    anchors: keys('public', 'anchors.bin'),
    profile: at('ward', 'profile.bin'),
    patient: patient(),
    time: now,
    gateway: {
      url: `wss://127.0.0.1:${ports['gateway-devices'] ?? 0}/device`,
      hostname: 'gate.localhost',
      key: at('ward', 'tls.key.pem'),
      cert: at('ward', 'tls.cert.pem'),
      ca: keys('public', 'ca', 'service-ca.cert.pem'),
    },
    trace: at('ward', 'trace.jsonl'),
  });
  say(`It has its certificate. Start it: countersign device run ${folder}`);
  say(`It is only read until an operator says otherwise: countersign enrolments use ${name}`);
}

/** Asks by EST until an operator has signed. */
async function certificate(
  enrol: () => Promise<{ status: number; body: string }>,
  name: string,
  say: (line: string) => void,
  patienceMs: number,
): Promise<string> {
  const end = Date.now() + patienceMs;
  for (let told = false; ;) {
    const { status, body } = await enrol();
    if (status === 200) return certificateInBag(body);
    if (status !== 202) throw new Error(`the authority refuses: ${body.trim()}`);
    const [, request = ''] = /approve this first: ([0-9a-f]{64})/u.exec(body) ?? [];
    if (!told) {
      say('It waits for an operator. In another terminal:');
      say(
        `  countersign enrolments approve ${request.slice(0, 12)} --name ${name} --site bench --profile ${name}`,
      );
    }
    told = true;
    if (Date.now() > end) throw new Error('no operator signed; ask again when one has');
    await pause(LOOK_MS);
  }
}

function post(
  url: string,
  tls: { readonly key: string; readonly cert: string; readonly ca: string },
  body: string,
): Promise<{ status: number; body: string }> {
  return new Promise((done, reject) => {
    const headers = { 'content-type': 'application/pkcs10', 'content-transfer-encoding': 'base64' };
    const call = request(
      url,
      { ...tls, method: 'POST', servername: 'authority.localhost', headers },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, body: text }));
      },
    );
    call.on('error', (error) =>
      reject(new Error(`the ward’s authority does not answer (${error.message}); is the ward running?`)),
    );
    call.end(body);
  });
}

/** In the simulated ward every clinician cares for every patient. */
function careFor(file: string, id: string): void {
  const care = readConfigFile(file, CARE);
  const more = Object.entries(care).map(([who, ids]) => [who, [...new Set([...ids, id])]]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(more), undefined, 2)}\n`, { mode: 0o600 });
}

/** The patient of the tutorial: wristband MRN-TUTORIAL, born in 1950. */
export const TUTORIAL_PATIENT = { mrn: 'MRN-TUTORIAL', birthYear: 1950 } as const;

function patient(): { salt: string; tag: string } {
  const salt = new Uint8Array(randomBytes(16));
  const tag = patientTag(nodeCrypto.sha256, salt, TUTORIAL_PATIENT.mrn, TUTORIAL_PATIENT.birthYear);
  return { salt: hex(salt), tag: hex(tag) };
}

function freshKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function keep(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode: 0o600 });
}

function copyInto(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
