import { existsSync, readFileSync, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Bytes, unhex } from '../../../server/protocol/encoding/bytes.ts';
import { readReceipt } from '../../../server/protocol/receipt.ts';
import { Refusal, type RefusalCode } from '../../../server/protocol/refusal.ts';
import { SAYS } from '../../../server/protocol/refusal-says.ts';
import { parseAnswer } from '../../../server/protocol/link/wire.ts';
import { hexText } from '../report/hex-view.ts';
import { locate } from '../report/locate.ts';
import { gatewayRefusals } from './gateway-refusals.ts';
import { ruleOf } from './rules.ts';

const HELP = `Usage: countersign refusals [TRACE] [--follow] [--last N] [--json]
       countersign refusals --gateway [--dir FOLDER] [--follow] [--last N] [--json]

Why a device or the gateway refused a message: the code, the rule, the field, and the bytes with the place marked.

  TRACE        a trace.jsonl: of a conformance run (report/trace.jsonl), or of a device that was started with
               \`countersign device run\` (ward/trace.jsonl); a folder means the newest one in it. Default: here.
               A trace stays on the machine where it was made; no gateway gives one out.
  --gateway    what the gateway of the simulated ward refused: from devices, stations and tablets. It tells operators
               only, keeps the last 200 in memory, and shows messages in a simulation alone
  --dir FOLDER the ward’s folder (default .ward of this project, or COUNTERSIGN_DIR)
  --follow     wait for more, and show each as it happens
  --last N     only the last N (default 5)
`;

const WARD = process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../../.ward', import.meta.url));
const LINE = z.object({ time: z.number(), sent: z.string(), got: z.string() });
const PLACES = ['ward/trace.jsonl', 'conformance/report/trace.jsonl', 'report/trace.jsonl', 'trace.jsonl'];

/** One refused message. */
export interface SeenRefusal {
  readonly time: number;
  readonly code: RefusalCode;
  readonly field: string;
  readonly message: Bytes;
  /** A refusal after grant and approval is a receipt, and says no field. */
  readonly receipt: boolean;
  /** Where the gateway met it, and in its own words what was wrong; the size of a message that is not shown. */
  readonly where?: string;
  readonly why?: string;
  readonly size?: number;
}

/** What an exchange was refused with, if it was. */
export function refusalOf(text: string): SeenRefusal | undefined {
  const { time, sent, got } = LINE.parse(JSON.parse(text));
  if (got === '') return undefined;
  try {
    const answer = parseAnswer(unhex(got));
    const message = unhex(sent);
    if (answer.kind === 'refused')
      return { time, code: answer.code, field: answer.field, message, receipt: false };
    if (answer.kind !== 'receipt') return undefined;
    const { code } = readReceipt(answer.receipt);
    return code && { time, code, field: '', message, receipt: true };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Everything that is needed to understand it, in lines. */
export function refusalText(refusal: SeenRefusal): readonly string[] {
  const { time, code, field, message, receipt, where, why = '', size = message.length } = refusal;
  const { section, causes } = ruleOf(code, field);
  const mark = field === '' ? undefined : locate(message, field);
  return [
    `${new Date(time).toISOString().slice(11, 23)}  ${code}  ${SAYS[code]}`,
    ...(where === undefined ? [] : [`  at      ${where}`]),
    ...(why === '' ? [] : [`  why     ${why}`]),
    `  rule    PROTOCOL.md section ${section}`,
    `  field   ${field === '' ? `not told: ${receipt ? 'a receipt names its code only' : 'the message as a whole'}` : field}`,
    ...causes.map((cause, i) => `  ${i === 0 ? 'often  ' : '       '} ${cause}`),
    ...(size === 0 ? [] : [`  message ${size} bytes${mark ? `, marked from byte ${mark.start} on` : ''}`]),
    ...hexText(message, mark).map((row) => `    ${row}`),
    '',
  ];
}

/** `countersign refusals`. */
export async function refusalsCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      follow: { type: 'boolean', default: false },
      gateway: { type: 'boolean', default: false },
      dir: { type: 'string', default: WARD },
      last: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (process.stdout.write(HELP), 0);
  const show = (refusal: SeenRefusal): void => {
    const { code, field, time, where } = refusal;
    const line = JSON.stringify({
      time,
      code,
      field,
      ...(where !== undefined && { where }),
      says: SAYS[code],
      section: ruleOf(code, field).section,
    });
    process.stdout.write(values.json ? `${line}\n` : `${refusalText(refusal).join('\n')}\n`);
  };
  if (values.gateway) {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    return gatewayRefusals({
      ward: values.dir,
      last: Number(values.last),
      follow: values.follow,
      show,
      say,
    });
  }
  const file = traceIn(positionals[0] ?? '.');
  const lines = readFileSync(file, 'utf8').split('\n');
  const seen = lines.slice(0, -1).flatMap((line) => refusalOf(line) ?? []);
  seen.slice(Math.max(0, seen.length - Number(values.last))).forEach(show);
  if (!values.follow) {
    if (seen.length === 0 && !values.json) process.stdout.write('Nothing was refused.\n');
    return 0;
  }
  return follow(file, lines.length - 1, show);
}

/** The trace that is meant: a file, or the newest in a folder. Throws Error when there is none. */
function traceIn(where: string): string {
  if (!existsSync(where)) throw new Error(`${where} is not there`);
  if (!statSync(where).isDirectory()) return where;
  const found = PLACES.map((name) => join(where, name)).filter((name) => existsSync(name));
  const [newest] = found.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (newest === undefined)
    throw new Error(`there is no trace in ${where}; run the device, or the kit, first`);
  return newest;
}

/** Shows what is added, as it is added. */
function follow(file: string, shown: number, show: (refusal: SeenRefusal) => void): Promise<number> {
  let done = shown;
  const look = (): void => {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    if (lines.length < done) done = 0; // it was begun anew
    for (const line of lines.slice(done)) {
      const refusal = refusalOf(line);
      if (refusal) show(refusal);
    }
    done = lines.length;
  };
  return new Promise((resolve) => {
    const watcher = watch(dirname(file), look);
    process.stderr.write(`Watching ${file}; Ctrl-C ends it.\n`);
    look(); // what came while it began
    process.once('SIGINT', () => {
      watcher.close();
      resolve(0);
    });
  });
}
