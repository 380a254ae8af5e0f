import { createPublicKey, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readProfileFile } from '../../../certs/profile-file.ts';
import { patientTag } from '../../../server/protocol/attestation.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { DECLARATION } from '../declaration.ts';
import { GATEWAY_NAME, makeHospital } from '../world/hospital.ts';

const HELP = `Usage: countersign conformance keys --profile FILE --device ID --identity PEM [options]

Makes a hospital that exists for tests alone: keys, trust anchors (development only) and certificates. Existing files
are kept; the profile is signed anew each time. A device that is set up with them belongs on a bench, never on a person.

  --profile FILE   the device’s profile, as people write it (countersign profile check)
  --device ID      EUI-64 of the device, 16 hexadecimal digits
  --identity PEM   the key that signs its attestations and receipts; its public half is enough
  --name NAME      what the report calls it (default: the profile’s model)
  --link KIND      websocket or nfc (default websocket)
  --port N         where the device or the reader station dials in (default 8444)
  --out FOLDER     default: conformance, in the folder you are in

Then set the device up with what is in FOLDER/keys:
  trust/anchors.bin          what it believes in
  trust/profile.bin          what it is and accepts
  trust/service-ca.cert.pem  the authority of the gateway’s certificate (${GATEWAY_NAME})
  device/tls.*.pem           its own certificate, for the network
  device/patient.json        salt and tag of its patient
and say in FOLDER/declaration.json how to start it and how somebody confirms at it.
`;

const OPTIONS = z.object({
  profile: z.string(),
  device: z.string().regex(/^[0-9a-f]{16}$/u),
  identity: z.string(),
  name: z.string().optional(),
  link: z.enum(['websocket', 'nfc']).default('websocket'),
  port: z
    .string()
    .regex(/^\d{1,5}$/u)
    .default('8444'),
  out: z.string().default('conformance'),
});

/** `countersign conformance keys`: a hospital for tests, and a declaration to begin with. */
export async function keysCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string' },
      device: { type: 'string' },
      identity: { type: 'string' },
      name: { type: 'string' },
      link: { type: 'string' },
      port: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return (process.stdout.write(HELP), 0);
  const parsed = OPTIONS.safeParse(values);
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    throw new Error(`--${first?.path.join('.') ?? ''} is missing or not usable; try --help`);
  }
  const made = await makeKeys({ ...parsed.data, now: Math.floor(Date.now() / 1000) });
  process.stdout.write(`${made.join('\n')}\n`);
  return 0;
}

export interface MakeKeys extends Omit<z.output<typeof OPTIONS>, 'name'> {
  readonly name?: string | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/** Makes what is missing and gives what to say about it. */
export async function makeKeys(options: MakeKeys): Promise<readonly string[]> {
  const { profile: file, device, identity, name, link, port, out, now } = options;
  const profile = readProfileFile(file);
  const publicKey = createPublicKey(readFileSync(identity)).export({ format: 'pem', type: 'spki' });
  const folder = resolve(out);
  const keys = join(folder, 'keys');
  await makeHospital(keys, profile, device, now);
  keep(join(keys, 'device', 'patient.json'), patient());
  writeFileSync(join(folder, 'identity.pub.pem'), publicKey);
  const declaration = join(folder, 'declaration.json');
  const said: z.input<typeof DECLARATION> = {
    device,
    name: name ?? profile.model,
    identityKey: 'identity.pub.pem',
    keys: 'keys',
    profile: relative(folder, resolve(file)),
    link,
    port: Number(port),
  };
  keep(declaration, `${JSON.stringify(said, undefined, 2)}\n`);
  return [
    `Test keys, anchors and certificates are in ${keys} (TEST ONLY).`,
    `What you say of your device is in ${declaration}.`,
  ];
}

/** A patient who does not exist. */
function patient(): string {
  const salt = new Uint8Array(randomBytes(16));
  const tag = patientTag(nodeCrypto.sha256, salt, 'TEST-0000', 1950);
  return `${JSON.stringify({ salt: hex(salt), tag: hex(tag) }, undefined, 2)}\n`;
}

function keep(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, content);
}
