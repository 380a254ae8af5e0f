import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { collect, settingPaths } from './config/sources.ts';

/**
 * Weak settings for development. They are symbols, and named so that nobody overlooks them: no file and no
 * environment variable can set one, only the command line of someone who typed its whole name.
 */
export const DEVELOPMENT_ONLY_plainHttpOnLoopback: unique symbol = Symbol(
  'plain HTTP for people, on loopback',
);
export const DEVELOPMENT_ONLY_softwarePasskeys: unique symbol = Symbol('accept passkeys held in software');
export const DEVELOPMENT_ONLY_shortWaits: unique symbol = Symbol('cool-down and cancel window of one second');

export type Weakness =
  | typeof DEVELOPMENT_ONLY_plainHttpOnLoopback
  | typeof DEVELOPMENT_ONLY_softwarePasskeys
  | typeof DEVELOPMENT_ONLY_shortWaits;

const WEAK_FLAGS: readonly (readonly [flag: string, weak: Weakness])[] = [
  ['DEVELOPMENT-ONLY-plain-http-on-loopback', DEVELOPMENT_ONLY_plainHttpOnLoopback],
  ['DEVELOPMENT-ONLY-software-passkeys', DEVELOPMENT_ONLY_softwarePasskeys],
  ['DEVELOPMENT-ONLY-short-waits', DEVELOPMENT_ONLY_shortWaits],
];

const LOOPBACK = ['127.0.0.1', '::1'] as const;
const port = z.int().min(1).max(65_535);
const path = z.string().min(1);
const host = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/u, 'expected a lower-case host name');
const origin = z.string().refine(isOrigin, 'expected an origin like https://sign-a.example, without a path');
const witness = z.strictObject({ name: z.string().min(1), url: z.url(), vkey: z.string().min(1) });

const SCHEMA = z.strictObject({
  folder: path.describe('Folder of the database and the journal; made at first start, mode 0700.'),
  keys: path.describe("Folder of this gateway's keys and certificates; nothing is ever written there."),
  listen: z
    .enum([...LOOPBACK, '0.0.0.0', '::'])
    .default('127.0.0.1')
    .describe('Address to listen on.'),
  ports: z.strictObject({
    devices: port.describe('Mutual-TLS port of devices and reader stations.'),
    clinicians: port.describe('Port of tablets, auditors and operators.'),
  }),
  hostnames: z.strictObject({
    devices: host.describe('Name that devices expect in the certificate.'),
    clinicians: host.describe('Name under which people reach the gateway; every other Host is refused.'),
  }),
  metrics: z.strictObject({
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(9_464)
      .describe('Port of /metrics, on 127.0.0.1 only; 0 leaves it out.'),
  }),
  origins: z.array(origin).max(16).default([]).describe('Web origins whose pages may talk to the gateway.'),
  issuer: z.strictObject({
    url: z.url().describe('Identifier of the token issuer: exactly what its tokens say in `iss`.'),
    audience: z
      .url()
      .describe('Base of this API under its public name, which tokens name in `aud` and proofs in `htu`.'),
    jwks: path
      .optional()
      .describe('File with the issuer’s key set; without it the set is fetched from the issuer’s metadata.'),
    subjectClaim: z
      .string()
      .regex(/^[a-z][a-z0-9_.:/-]{0,99}$/iu)
      .default('sub')
      .describe('Claim that holds the subject of the credential, 16 bytes in lower-case hexadecimal.'),
  }),
  authority: z
    .strictObject({
      url: z.url({ protocol: /^https$/ }).describe('Address of the credentialing authority, https only.'),
      ca: path.describe('PEM file of the authority that vouches for its TLS certificate.'),
    })
    .optional()
    .describe(
      'Where credentials and revocation lists come from; without it, they are put into `trust` by hand.',
    ),
  engine: z
    .strictObject({
      host: host.describe('Host of the hospital’s interface engine (HL7 v2 over MLLP in TLS).'),
      port: port.describe('Its port.'),
      hostname: host.describe('The name its certificate has to carry.'),
      ca: path.describe('PEM file of the authority that vouches for its TLS certificate.'),
    })
    .optional()
    .describe('Where measurements go as ORU^R01; without it, nowhere.'),
  verifier: path
    .optional()
    .describe(
      'The built offline verifier, one HTML file that goes into every evidence bundle; without it they have none.',
    ),
  witnesses: z
    .array(witness)
    .max(16)
    .describe('Witnesses: [{ name, url, vkey }]; the anchors say how many have to cosign.'),
  trust: path.describe(
    "Folder of the authority's published files: anchors, credentials, status, devices, profiles.",
  ),
  hospital: path.describe(
    "Folder of the hospital's own files: policy and its signature, care relations, stations.",
  ),
});

export type Config = Readonly<z.infer<typeof SCHEMA>> & { readonly weaknesses: readonly Weakness[] };

/**
 * Turns a command line (`--config FILE`, `--ports.devices 8443`) and an environment (`COUNTERSIGN_CONFIG`,
 * `COUNTERSIGN_PORTS_DEVICES`) into a frozen configuration; the command line wins over the environment, the
 * environment over the file. Throws one Error that names every fault.
 */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): Config {
  const known = { paths: settingPaths(SCHEMA).map(([at]) => at), switches: WEAK_FLAGS.map(([flag]) => flag) };
  const { raw, switches, faults } = collect(argv, env, known, read);
  const weaknesses = WEAK_FLAGS.filter(([flag]) => switches.has(flag)).map(([, weak]): Weakness => weak);
  for (const [key, field] of Object.entries(SCHEMA.shape)) {
    if (field instanceof z.ZodObject) raw[key] ??= {}; // so that the settings inside are named, not the group
  }
  const result = SCHEMA.safeParse(raw);
  if (!result.success) faults.push(...result.error.issues.flatMap(describeIssue));
  faults.push(...wrongCombinations(raw, weaknesses));
  if (!result.success || faults.length > 0) {
    throw new Error(`will not start:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
  return deepFreeze({ ...result.data, weaknesses });
}

/** The settings as `--help` shows them, from the same table that checks them. */
export function describeConfig(): string {
  const settings = settingPaths(SCHEMA);
  const width = Math.max(...settings.map(([at]) => at.length));
  return [
    'Settings come from --config FILE (JSON), then COUNTERSIGN_* variables, then flags; the last one wins.',
    ...settings.map(([at, says]) => `  --${at.padEnd(width)}  ${says}`),
    'For development only; flags, never in a file:',
    ...WEAK_FLAGS.map(([flag, weak]) => `  --${flag}  ${weak.description ?? ''}`),
  ].join('\n');
}

/** Faults between settings; each field is read by itself, so that one bad field does not hide these. */
function wrongCombinations(
  raw: Readonly<Record<string, unknown>>,
  weaknesses: readonly Weakness[],
): string[] {
  const { listen, ports, origins, witnesses, issuer } = SCHEMA.shape;
  const found: string[] = [];
  const ask = <T>(field: z.ZodType<T>, value: unknown): T | undefined => field.safeParse(value).data;
  const at = ask(listen, raw['listen']);
  const doors = ask(ports, raw['ports']);
  const known = ask(witnesses, raw['witnesses']);
  if (doors !== undefined && doors.devices === doors.clinicians) {
    found.push('ports: devices and clinicians need two different ports');
  }
  for (const field of ['name', 'vkey'] as const) {
    if (known !== undefined && new Set(known.map((one) => one[field])).size < known.length) {
      found.push(`witnesses: two have the same ${field}; they would count twice`);
    }
  }
  if (weaknesses.length > 0 && at !== undefined && !LOOPBACK.some((address) => address === at)) {
    found.push(`listen: development settings work on loopback only, not on ${at}`);
  }
  if (!weaknesses.includes(DEVELOPMENT_ONLY_plainHttpOnLoopback)) {
    const plain = ask(origins, raw['origins'])?.find((one) => one.startsWith('http:'));
    if (plain !== undefined) found.push(`origins: ${plain} is not https`);
    const tokens = ask(issuer, raw['issuer']);
    for (const field of ['url', 'audience'] as const)
      if (tokens !== undefined && !tokens[field].startsWith('https:'))
        found.push(`issuer.${field}: ${tokens[field]} is not https`);
  }
  return found;
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return ['https:', 'http:'].includes(url.protocol) && url.origin === text;
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String).join('.');
  if (issue.message.endsWith('received undefined')) return [`${at}: is missing`];
  if (issue.code !== 'unrecognized_keys') return [`${at}: ${issue.message}`];
  return issue.keys.map((key) => `${at === '' ? key : `${at}.${key}`}: no such setting`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
