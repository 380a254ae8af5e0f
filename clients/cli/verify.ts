import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Anchors, openAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { type Bytes, hex, text } from '../../server/protocol/encoding/bytes.ts';
import { MAX_EVIDENCE } from '../../server/protocol/evidence/evidence.ts';
import { NoteError, parseCheckpoint, parseNote } from '../../server/protocol/log/note.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { EvidenceReport } from '../../server/protocol/verify.ts';
import { verifyLog } from '../../server/protocol/verify-log.ts';
import {
  type BundleReport,
  type BundleTrust,
  unreadable,
  verifyBundle,
} from '../../server/protocol/verify/bundle.ts';
import { BUNDLE_LIMITS, FILE, parseEntries } from '../../server/protocol/verify/bundle-files.ts';
import { checkpointIn } from '../../server/protocol/verify/continuity.ts';
import { verifyEvidenceFile } from '../../server/protocol/verify/evidence-file.ts';
import { readFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { SeenCheckpoints } from '../common/evidence/seen-checkpoints.ts';
import { openZip } from '../common/evidence/unzip.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { seenFile } from '../common/process/state-folder.ts';
import type { Command, ExitCode } from './command.ts';
import { pathFromTiles } from '../common/evidence/consistency.ts';
import { folderLog, httpLog, hashTiles, type ReadResource, readEntries } from './log-source.ts';
import { bundleText, evidenceText, logText } from './verify-text.ts';

const HELP = `
  BUNDLE.zip | EVIDENCE-FILE | LOG-FOLDER | LOG-URL   what to check

  --anchors FILE      the trust anchors you have from the hospital; without them, or the
                      fingerprint, the keys in a file are nobody's, and the answer is INCOMPLETE.
                      Older versions too, where you kept checkpoints from before a key was replaced
  --fingerprint HEX   of the hospital's keys, from paper or from a person: eight groups of four
  --log FOLDER|URL    the log's public tiles, to show that a bundle continues what this
                      computer saw before
  --checkpoint FILE   an older or newer checkpoint of the log that you kept (may be repeated):
                      shows where a rewritten log still agreed, and that its tail was cut
  --memory FILE       where this computer keeps the newest checkpoint it saw of each log
  --how               beside each check, how anybody can make it
  --raw               the bytes of each entry as well, in hexadecimal
  --json              one JSON object on standard output

  Every check is always made. Exit codes: 0 verified, 1 a check failed, 2 it could not be checked.
`;

/** `countersign verify`: checks the evidence of commands, or a whole log, without asking anybody. */
export const verify: Command = {
  says: 'check an evidence bundle, the evidence of one command, or a whole log, without asking anybody',
  help: HELP,
  run,
};

interface Options {
  readonly json: boolean;
  readonly how: boolean;
  readonly raw: boolean;
  readonly anchors: Anchors | undefined;
  /** Older versions of them, the newest first. */
  readonly before: readonly Anchors[];
  readonly checkpoints: readonly string[];
  readonly seen: SeenCheckpoints;
  readonly trust: BundleTrust;
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      how: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
      anchors: { type: 'string', multiple: true, default: [] },
      fingerprint: { type: 'string' },
      log: { type: 'string' },
      memory: { type: 'string' },
      checkpoint: { type: 'string', multiple: true, default: [] },
    },
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) {
    throw new Error('name one bundle, evidence file, log folder or log URL; try --help');
  }
  const fingerprint = values.fingerprint === undefined ? undefined : readFingerprint(values.fingerprint);
  if (values.fingerprint !== undefined && fingerprint === undefined)
    throw new Error('a fingerprint is eight groups of four hexadecimal digits');
  const [anchors, ...before] = await loadAnchors(values.anchors);
  const seen = new SeenCheckpoints(values.memory ?? seenFile());
  const log = values.log === undefined ? undefined : sourceOf(values.log);
  const trust: BundleTrust = {
    roots: anchors,
    fingerprint,
    remembered: (origin) => seen.of(origin),
    ...(log && { pathBetween: (from, to) => pathFromTiles(nodeCrypto.sha256, log, from, to) }),
  };
  const { json, how, raw } = values;
  const checkpoints = await Promise.all(values.checkpoint.map((file) => readFile(file, 'utf8')));
  const options: Options = { json, how, raw, anchors, before, seen, trust, checkpoints };
  if (/^https?:\/\//.test(target)) return checkLog(target, httpLog(target), options);
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) throw new Error(`${target} is not there`);
  if (found.isDirectory()) return checkLog(target, folderLog(target), options);
  if (found.size > BUNDLE_LIMITS.packed) throw new Error(`${target} is too long to be an evidence bundle`);
  const bytes = new Uint8Array(await readFile(target));
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return checkBundle(target, bytes, options);
  if (found.size > MAX_EVIDENCE) throw new Error(`${target} is too long to be evidence of one command`);
  return checkEvidence(target, bytes, options);
}

const sourceOf = (name: string): ReadResource =>
  /^https?:\/\//.test(name) ? httpLog(name) : folderLog(name);

/**
 * Anchors the user vouches for, the newest first: each has to be whole, and signed by the keys that the version before it
 * names, or the oldest by its own.
 */
async function loadAnchors(files: readonly string[]): Promise<readonly Anchors[]> {
  const found: { file: string; bytes: Bytes; claimed: Anchors }[] = [];
  for (const file of files) {
    const bytes = new Uint8Array(await readFile(file));
    found.push({ file, bytes, claimed: await usable(file, () => readAnchors(nodeCrypto, bytes)) });
  }
  found.sort((a, b) => a.claimed.version - b.claimed.version);
  const opened: Anchors[] = [];
  for (const { file, bytes, claimed } of found) {
    const [signers = claimed] = opened;
    opened.unshift(await usable(file, () => openAnchors(nodeCrypto, bytes, signers)));
  }
  return opened;
}

async function usable<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal) {
      throw new Error(`${file} does not hold usable anchors: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

async function checkBundle(name: string, bytes: Bytes, options: Options): Promise<ExitCode> {
  let report: BundleReport;
  let raw: ReadonlyMap<number, Bytes> | undefined;
  try {
    const files = await openZip(bytes);
    report = await verifyBundle(nodeCrypto, files, options.trust);
    if (options.raw && report.entries.length > 0) raw = rawEntries(files.get(FILE.entries));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    report = unreadable(error);
  }
  remember(options, report.checkpoint);
  const { json, how } = options;
  print(
    json ? JSON.stringify({ target: name, ...report }, hexBytes) : bundleText(name, report, { how, raw }),
  );
  return exitCode(report.verdict);
}

function rawEntries(bytes: Bytes | undefined): ReadonlyMap<number, Bytes> {
  const { proof, entries } = parseEntries(bytes ?? new Uint8Array());
  return new Map(proof.indexes.map((index, i) => [index, entries[i] ?? new Uint8Array()]));
}

async function checkEvidence(name: string, bytes: Bytes, options: Options): Promise<ExitCode> {
  const report = await verifyEvidenceFile(nodeCrypto, bytes, options.trust);
  remember(options, report.checkpoint);
  print(options.json ? JSON.stringify({ target: name, ...report }) : evidenceText(name, report, options.how));
  return exitCode(report.verdict);
}

/** What was verified is remembered; a computer that cannot is told so, because the next time it will not notice a fork. */
function remember({ seen }: Options, checkpoint: BundleReport['checkpoint']): void {
  if (!checkpoint) return;
  try {
    seen.keep(checkpoint);
  } catch (error) {
    process.stderr.write(`countersign: the checkpoint could not be remembered: ${oneLine(error)}\n`);
  }
}

async function checkLog(name: string, read: ReadResource, options: Options): Promise<ExitCode> {
  const bytes = await read('checkpoint');
  if (bytes === undefined) throw new Error(`${name} has no checkpoint; is it a log?`);
  const checkpoint = asText(bytes);
  const size = sizeOf(checkpoint);
  const { anchors, before, seen } = options;
  const now = checkpointIn(checkpoint);
  const kept = now && seen.of(now.origin);
  const report = await verifyLog(nodeCrypto, {
    entries: readEntries(read, size),
    checkpoints: [checkpoint, ...options.checkpoints],
    remembered: kept === undefined ? [] : [kept],
    before,
    hashTile: hashTiles(read, size),
    ...(anchors && { trust: anchors }),
  });
  if (report.verdict === 'VERIFIED' && now) remember(options, { ...now, note: checkpoint });
  print(options.json ? JSON.stringify({ target: name, ...report }) : logText(name, report));
  return exitCode(report.verdict);
}

/** Entries a checkpoint promises; none where it does not read, which the report then says. */
function sizeOf(checkpoint: string): number {
  try {
    return parseCheckpoint(parseNote(checkpoint).body).size;
  } catch (error) {
    if (error instanceof NoteError) return 0;
    throw error;
  }
}

function asText(bytes: Bytes): string {
  try {
    return text(bytes);
  } catch {
    return '';
  }
}

const exitCode = (verdict: EvidenceReport['verdict']): ExitCode =>
  verdict === 'VERIFIED' ? 0 : verdict === 'FAILED' ? 1 : 2;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Byte strings in JSON, as ids are written everywhere else. */
const hexBytes = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? hex(value) : value);
