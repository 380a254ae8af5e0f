import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Anchors } from '../../server/protocol/anchors.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { isoTime } from '../../server/protocol/evidence/evidence-checks.ts';
import { SeenCheckpoints } from '../common/evidence/seen-checkpoints.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { seenFile } from '../common/process/state-folder.ts';
import type { Command, ExitCode } from './command.ts';
import { folderLog, httpLog, type ReadResource } from './log-source.ts';
import { firstAnchors, newerAnchors } from './newer-anchors.ts';
import { type Look, LogWatch } from './watch.ts';

const HELP = `
  LOG-URL | LOG-FOLDER   the log to follow, such as http://gate.localhost:PORT/log

  --anchors FILE       the trust anchors you have from the hospital; newer ones in the same file are
                       taken up, when the keys of those before signed them
  --other URL|FILE     a checkpoint that somebody else sees of the same log (may be repeated):
                       another auditor's copy, a witness, a file from a mail
  --every SECONDS      between two looks (default 30)
  --stall SECONDS      without a witness for so long the log counts as stalled (default 600)
  --me KEY-ID          tell each use of this passkey, where the log shows its entries
  --memory FILE        where this computer keeps the newest checkpoint it saw of each log
  --once               look once: exit code 0 all is well, 1 an alarm, 2 it could not be looked at
  --json               one JSON object a line

  It needs nothing of the gateway but its public tiles, and runs until it is stopped.
`;
const DEFAULT_SECONDS = 30;
const STALL_SECONDS = 600;

/** `countersign monitor`: follows a log from outside, and says so when it lies. */
export const monitor: Command = {
  says: 'follow a log from outside: forks, rewriting, silence, two views',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      anchors: { type: 'string' },
      other: { type: 'string', multiple: true, default: [] },
      every: { type: 'string' },
      stall: { type: 'string' },
      me: { type: 'string' },
      memory: { type: 'string' },
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) throw new Error('name one log: its URL or a folder');
  if (values.anchors === undefined)
    throw new Error('--anchors is missing: without them nobody’s log would do');
  const anchorsFile = values.anchors;
  let trust = await firstAnchors(nodeCrypto, await bytesIn(anchorsFile));
  if (values.me !== undefined && !/^[0-9a-f]{32}$/u.test(values.me))
    throw new Error('--me is a key id: 32 hexadecimal digits');
  const watch = new LogWatch(sourceOf(target), {
    trust: () => trust,
    seen: new SeenCheckpoints(values.memory ?? seenFile()),
    others: values.other.map((name) => ({ name, read: () => otherNote(name) })),
    stallSeconds: seconds(values.stall, '--stall', STALL_SECONDS),
    kid: values.me === undefined ? undefined : unhex(values.me),
  });
  const every = seconds(values.every, '--every', DEFAULT_SECONDS);
  for (let before = ''; ;) {
    trust = await renewed(anchorsFile, trust);
    const look = await watch.look(Math.floor(Date.now() / 1000));
    before = tell(look, values.json, before);
    if (values.once)
      return look.alarms.some(({ kind }) => kind !== 'unreachable') ? 1 : look.alarms.length > 0 ? 2 : 0;
    await new Promise((resolve) => setTimeout(resolve, every * 1_000));
  }
}

const bytesIn = async (file: string): Promise<Bytes> => new Uint8Array(await readFile(file));

/** Newer anchors in the file, when those before let them in: then it goes on under these. */
async function renewed(file: string, trust: Anchors): Promise<Anchors> {
  try {
    return await newerAnchors(nodeCrypto, await bytesIn(file), trust);
  } catch (error) {
    process.stderr.write(`countersign: ${file} is not taken up: ${oneLine(error)}\n`);
    return trust;
  }
}

const sourceOf = (name: string): ReadResource =>
  /^https?:\/\//.test(name) ? httpLog(name) : folderLog(name);

/** A checkpoint that somebody else sees: below an address as logs publish it, or in a file. */
async function otherNote(name: string): Promise<string | undefined> {
  if (!/^https?:\/\//.test(name)) return readFile(name, 'utf8');
  const bytes = await httpLog(name.replace(/\/checkpoint$/u, ''))('checkpoint');
  return bytes && new TextDecoder().decode(bytes);
}

function seconds(text: string | undefined, option: string, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${option} is a whole number of seconds`);
  return value;
}

/** Prints what is new; the same alarms again are not. Gives what stands now. */
function tell({ size, alarms, uses }: Look, json: boolean, before: string): string {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const now = JSON.stringify(alarms.map(({ kind }) => kind));
  if (json) say(JSON.stringify({ size, alarms, uses }));
  else {
    for (const { index, time, says } of uses)
      say(`${isoTime(Math.floor(time / 1000))}  entry ${index}  ${says}`);
    if (now !== before) {
      for (const { kind, says } of alarms) say(`ALARM ${kind}: ${says}`);
      if (alarms.length === 0)
        say(`well: ${size} entries, signed, witnessed and continuing what was seen before`);
    }
  }
  return now;
}
