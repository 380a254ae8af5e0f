import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { ConfigFault, readConfigFile } from '../common/process/config.ts';
import { publicKeyFromPem } from '../common/process/crypto.ts';

const path = z.string().min(1);
const argv = z.array(z.string()).min(1);

/**
 * What a maker says of the device under test: `declaration.json`. What is not declared is not tested, and the report
 * says so. Paths are relative to the file.
 */
export const DECLARATION = z.strictObject({
  device: z.string().regex(/^[0-9a-f]{16}$/u, 'expected the EUI-64, 16 hexadecimal digits'),
  name: z.string().min(1).max(80),
  identityKey: path.describe(
    'PEM of the key that signs attestations and receipts; its public half is enough.',
  ),
  keys: path.describe('Folder of `countersign conformance keys`.'),
  profile: path.describe(
    'The profile as people write it; the device holds the one in keys/trust/profile.bin.',
  ),
  link: z.enum(['websocket', 'nfc']),
  port: z.int().min(0).max(65_535).describe('Where the device, or the reader station, dials in.'),
  pcscSocket: path.optional().describe('Of another smart card service than the system’s.'),
  start: argv.optional().describe('Starts the device; without it, start it yourself. Needed for power cuts.'),
  state: path
    .optional()
    .describe('Where the device keeps its state. Emptied before a run: fresh from the bench.'),
  confirm: z
    .union([z.literal('ask'), z.literal('ipc'), argv])
    .optional()
    .describe('How somebody confirms at the device: a person is asked, a word over IPC, or a program.'),
  countsWork: z
    .boolean()
    .default(false)
    .describe('The device tells over IPC how often it signed and verified.'),
  strangers: z
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('Checks of forged grants after which it says E_RATE.'),
  answerMs: z.int().min(1).max(10_000).default(2_000).describe('An answer that takes longer is a warning.'),
});

/** A declaration, its paths resolved, its key read. */
export interface Declaration extends Omit<z.output<typeof DECLARATION>, 'identityKey'> {
  readonly folder: string;
  readonly id: Bytes;
  readonly identity: PublicKey;
}

/** Reads a declaration, or that of a folder. Throws ConfigFault naming every fault. */
export function readDeclaration(where: string): Declaration {
  const file = existsSync(join(where, 'declaration.json')) ? join(where, 'declaration.json') : where;
  const said = readConfigFile(file, DECLARATION);
  const folder = dirname(resolve(file));
  const at = (name: string): string => (isAbsolute(name) ? name : join(folder, name));
  const faults: string[] = [];
  const identity = keyIn(at(said.identityKey), faults);
  for (const key of ['keys', 'profile'] as const)
    if (!existsSync(at(said[key]))) faults.push(`${key}: ${at(said[key])} is not there`);
  if (said.state !== undefined && !isBelow(folder, at(said.state)))
    faults.push('state: has to be a folder below the declaration’s own, because it is emptied');
  if (faults.length > 0 || !identity) throw new ConfigFault(file, faults);
  return {
    ...said,
    folder,
    id: unhex(said.device),
    identity,
    keys: at(said.keys),
    profile: at(said.profile),
    ...(said.state !== undefined && { state: at(said.state) }),
  };
}

function keyIn(file: string, faults: string[]): PublicKey | undefined {
  try {
    return publicKeyFromPem(readFileSync(file, 'utf8'));
  } catch (error) {
    faults.push(`identityKey: ${file}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function isBelow(folder: string, inner: string): boolean {
  const way = relative(folder, inner);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}

/** Adds to a declaration what only the maker can say. */
export function declare(file: string, more: Partial<z.input<typeof DECLARATION>>): void {
  const said = readConfigFile(file, DECLARATION);
  writeFileSync(file, `${JSON.stringify({ ...said, ...more }, undefined, 2)}\n`);
}
