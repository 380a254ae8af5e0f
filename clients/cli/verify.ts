import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Anchors, openAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { type Bytes, text } from '../../server/protocol/bytes.ts';
import { MAX_EVIDENCE } from '../../server/protocol/evidence.ts';
import { NoteError, parseCheckpoint, parseNote } from '../../server/protocol/note.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { type EvidenceReport, verifyEvidence } from '../../server/protocol/verify.ts';
import { type LogReport, verifyLog } from '../../server/protocol/verify-log.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { Command, ExitCode } from './command.ts';
import { folderLog, httpLog, leafHashes, type ReadResource, readEntries } from './log-source.ts';

const HELP = `
  EVIDENCE-FILE | LOG-FOLDER | LOG-URL   what to check

  --anchors FILE     the trust anchors you have from the hospital; without them the keys
                     in the evidence, or of the log, are nobody's, and the answer is INCOMPLETE
  --checkpoint FILE  an older or newer checkpoint of the log that you kept (may be repeated):
                     shows where a rewritten log still agreed, and that its tail was cut
  --json             one JSON object on standard output

  Exit codes: 0 verified, 1 a check failed, 2 it could not be checked.
`;

/** `countersign verify`: checks the evidence of one command, or a whole log, without asking anybody. */
export const verify: Command = {
  says: 'check the evidence of one command, or a whole log, without asking anybody',
  help: HELP,
  run,
};

interface Options {
  readonly json: boolean;
  readonly anchors: Anchors | undefined;
  readonly checkpoints: readonly string[];
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      anchors: { type: 'string' },
      checkpoint: { type: 'string', multiple: true, default: [] },
    },
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) {
    throw new Error('name one evidence file, log folder or log URL; try --help');
  }
  const options: Options = {
    json: values.json,
    anchors: values.anchors === undefined ? undefined : await loadAnchors(values.anchors),
    checkpoints: await Promise.all(values.checkpoint.map((file) => readFile(file, 'utf8'))),
  };
  if (/^https?:\/\//.test(target)) return checkLog(target, httpLog(target), options);
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) throw new Error(`${target} is not there`);
  if (found.isDirectory()) return checkLog(target, folderLog(target), options);
  if (found.size > MAX_EVIDENCE) throw new Error(`${target} is too long to be evidence of one command`);
  return checkEvidence(target, new Uint8Array(await readFile(target)), options);
}

/** Anchors the user vouches for: they only have to be whole and signed by the keys they name. */
async function loadAnchors(file: string): Promise<Anchors> {
  const bytes = new Uint8Array(await readFile(file));
  try {
    return await openAnchors(nodeCrypto, bytes, readAnchors(nodeCrypto, bytes));
  } catch (error) {
    if (error instanceof Refusal) {
      throw new Error(`${file} does not hold usable anchors: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

async function checkEvidence(name: string, bytes: Bytes, { json, anchors }: Options): Promise<ExitCode> {
  const report = await verifyEvidence(nodeCrypto, bytes, anchors);
  print(json ? JSON.stringify({ target: name, ...report }) : evidenceText(name, report));
  return exitCode(report.verdict);
}

async function checkLog(name: string, read: ReadResource, options: Options): Promise<ExitCode> {
  const bytes = await read('checkpoint');
  if (bytes === undefined) throw new Error(`${name} has no checkpoint; is it a log?`);
  const checkpoint = asText(bytes);
  const size = sizeOf(checkpoint);
  const { anchors } = options;
  const report = await verifyLog(nodeCrypto, {
    entries: readEntries(read, size),
    checkpoints: [checkpoint, ...options.checkpoints],
    leafHash: leafHashes(read, size),
    ...(anchors && { trust: anchors }),
  });
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

const SYMBOL = { PASS: '✔', FAIL: '✘', 'NOT CHECKED': '?' } as const;

function evidenceText(name: string, { verdict, checks, story }: EvidenceReport): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  return [
    `${verdict}  ${name}`,
    '',
    ...checks.map((check) => `  ${SYMBOL[check.verdict]} ${check.name.padEnd(width)}  ${check.how}`),
    '',
    ...story.map((line) => `  ${line}`),
  ]
    .join('\n')
    .trimEnd();
}

function logText(name: string, { verdict, entries, size, problems, warnings }: LogReport): string {
  return [
    `${verdict}  ${name}`,
    '',
    `  ${entries} of ${size} entries read`,
    ...problems.map(({ what }) => `  ${SYMBOL.FAIL} ${what}`),
    ...warnings.map((warning) => `  ${SYMBOL['NOT CHECKED']} ${warning}`),
    ...(verdict === 'VERIFIED' ? [`  ${SYMBOL.PASS} every entry stands under a witnessed checkpoint`] : []),
  ].join('\n');
}
