import { type Bytes, equal, hex, utf8 } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import type { Sha256 } from '../crypto.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../encoding/fields.ts';
import type { ManyProof } from '../log/many-proof.ts';
import { MAX_TREE_SIZE } from '../log/merkle.ts';
import { Refusal } from '../refusal.ts';
import { type Json, parseStrictJson } from '../encoding/strict-json.ts';

/** What an evidence bundle is about. */
export type Covers = 'command' | 'incident' | 'period';
const COVERS: readonly string[] = ['command', 'incident', 'period'];
const isCovers = (value: unknown): value is Covers => typeof value === 'string' && COVERS.includes(value);

const FORMAT = 'countersign/bundle/v1';

/** Names in the zip. Every other file in it is for people and proves nothing. */
export const FILE = {
  manifest: 'manifest.json',
  anchors: 'anchors.cbor',
  checkpoint: 'checkpoint.txt',
  entries: 'entries.cbor',
  consistency: 'consistency.cbor',
  policy: 'policy.json',
  /** A policy that was in force when something in here was done, by its digest. */
  policyOf: (digest: string) => `policies/${digest}.json`,
  story: 'story.txt',
  readme: 'README.txt',
  page: 'verifier.html',
  evidence: (command: string) => `commands/${command}/evidence.cbor`,
  openings: (command: string) => `commands/${command}/openings.cbor`,
} as const;

/** Bounds of a bundle that is read: what one person can want to look at, and a computer can hold. */
export const BUNDLE_LIMITS = {
  files: 20_000,
  /** Bytes of all files together, unpacked. */
  unpacked: 96 * 1024 * 1024,
  packed: 64 * 1024 * 1024,
} as const;

/** The table of contents. It is signed by nobody: it says where to look, and what was damaged on the way. */
export interface Manifest {
  readonly covers: Covers;
  readonly origin: string;
  /** Commands that the bundle has evidence of, as hashes in hexadecimal. */
  readonly commands: readonly string[];
  /** Without names and reasons: only their commitments are there. */
  readonly masked: boolean;
  /** SHA-256 of every other file, in hexadecimal. */
  readonly files: ReadonlyMap<string, string>;
}

export type BundleFiles = ReadonlyMap<string, Bytes>;

/** Closes a bundle: adds the table of contents to its files. */
export function sealFiles(
  sha256: Sha256,
  files: BundleFiles,
  { covers, origin, commands, masked }: Omit<Manifest, 'files'>,
): BundleFiles {
  const sums = Object.fromEntries([...files].map(([name, bytes]) => [name, hex(sha256(bytes))]));
  const manifest = { format: FORMAT, covers, origin, commands, masked, files: sums };
  return new Map([[FILE.manifest, utf8(`${JSON.stringify(manifest, null, 1)}\n`)], ...files]);
}

/** Reads the table of contents and holds every file against it. Throws Refusal E_VERSION or E_CMD_MALFORMED. */
export function openFiles(sha256: Sha256, files: BundleFiles): Manifest {
  const bytes = files.get(FILE.manifest);
  if (!bytes) throw new Refusal('E_VERSION', 'this is no evidence bundle: it has no manifest.json', 'bundle');
  const said = parseStrictJson(bytes);
  if (!isObject(said) || said['format'] !== FORMAT)
    throw new Refusal('E_VERSION', 'not an evidence bundle of version 1', FILE.manifest);
  const { covers, origin, commands, masked } = said;
  if (!isCovers(covers) || typeof origin !== 'string' || typeof masked !== 'boolean')
    throw malformed('its table of contents is incomplete', FILE.manifest);
  const sums = said['files'];
  if (!isObject(sums)) throw malformed('it lists no files', FILE.manifest);
  const listed = new Map(
    Object.entries(sums).map(([name, sum]) => [name, typeof sum === 'string' ? sum : '']),
  );
  for (const [name, sum] of listed) {
    const file = files.get(name);
    if (!file) throw malformed('a file is missing', name);
    if (hex(sha256(file)) !== sum) throw malformed('the file is not the one that was packed', name);
  }
  for (const name of files.keys())
    if (name !== FILE.manifest && !listed.has(name)) throw malformed('a file that nobody packed', name);
  return { covers, origin, commands: hashes(commands), masked, files: listed };
}

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && !Array.isArray(value);
const malformed = (why: string, field: string): Refusal => new Refusal('E_CMD_MALFORMED', why, field);

function hashes(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) throw malformed('it lists no commands', FILE.manifest);
  return value.map((item: unknown) => {
    if (typeof item !== 'string' || !/^[0-9a-f]{64}$/u.test(item))
      throw malformed('a command is named by 64 hexadecimal digits', FILE.manifest);
    return item;
  });
}

/** Entries of a log, and the one proof that all of them stand in it. */
export interface ProvenEntries {
  readonly proof: ManyProof;
  readonly entries: readonly Bytes[];
}

export const encodeEntries = ({ proof, entries }: ProvenEntries): Bytes =>
  encode([proof.size, proof.indexes.map((index, i): Cbor => [index, entries[i] ?? NONE]), proof.hashes]);

const NONE = new Uint8Array();
/** Entries in one bundle; more is a matter for a copy of the whole log. */
export const MAX_BUNDLE_ENTRIES = 200_000;

/** Reads the entries and their proof; believes nothing. Throws Refusal E_CMD_MALFORMED. */
export function parseEntries(bytes: Bytes): ProvenEntries {
  const what = FILE.entries;
  const [size, list, hashList] = arrayOf(decodeStrict(bytes, what, BUNDLE_LIMITS.unpacked), what, 3, 3);
  const pairs = arrayOf(list, what, 1, MAX_BUNDLE_ENTRIES).map((pair) => arrayOf(pair, what, 2, 2));
  return {
    proof: {
      size: uint(size, what, MAX_TREE_SIZE),
      indexes: pairs.map(([index]) => uint(index, what, MAX_TREE_SIZE)),
      hashes: arrayOf(hashList, what, 0, 80 * MAX_BUNDLE_ENTRIES).map((hash) => bytesOf(hash, what, 32)),
    },
    entries: pairs.map(([, entry]) => bytesOf(entry, what)),
  };
}

/** Consistency paths from earlier sizes of the log to the bundle's checkpoint. */
export type Continuations = ReadonlyMap<number, readonly Bytes[]>;

export const encodeContinuations = (paths: Continuations): Bytes =>
  encode([...paths].map(([size, path]): Cbor => [size, path]));

/** Throws Refusal E_CMD_MALFORMED. */
export function parseContinuations(bytes: Bytes): Continuations {
  const what = FILE.consistency;
  const pairs = arrayOf(decodeStrict(bytes, what, 65_536), what, 0, 16).map((pair) =>
    arrayOf(pair, what, 2, 2),
  );
  return new Map(
    pairs.map(([size, path]) => [
      uint(size, what, MAX_TREE_SIZE),
      arrayOf(path, what, 0, 41).map((hash) => bytesOf(hash, what, 32)),
    ]),
  );
}

/**
 * What was committed to in an intent entry: for each field its salt and value, or, where it is hidden, only the
 * commitment itself.
 */
export type Opening = { readonly salt: Bytes; readonly value: Bytes } | { readonly hidden: Bytes };

export const encodeOpenings = (openings: readonly Opening[]): Bytes =>
  encode(openings.map((each): Cbor => ('hidden' in each ? each.hidden : [each.salt, each.value])));

/** Throws Refusal E_CMD_MALFORMED. */
export function parseOpenings(bytes: Bytes): readonly Opening[] {
  const what = 'openings';
  return arrayOf(decodeStrict(bytes, what, 65_536), what, 0, 64).map((item) => {
    if (item instanceof Uint8Array) return { hidden: bytesOf(item, what, 32) };
    const [salt, value] = arrayOf(item, what, 2, 2);
    return { salt: bytesOf(salt, what, 16), value: bytesOf(value, what) };
  });
}

/** Do these openings belong to these commitments, each to its own? */
export function opensAll(
  sha256: Sha256,
  commitments: readonly Bytes[],
  openings: readonly Opening[],
): boolean {
  return (
    openings.length === commitments.length &&
    openings.every((each, i) => {
      const commitment = commitments[i];
      const given = 'hidden' in each ? each.hidden : sha256(new Uint8Array([...each.salt, ...each.value]));
      return commitment !== undefined && equal(given, commitment);
    })
  );
}
