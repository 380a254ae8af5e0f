import { parseArgs } from 'node:util';
import { z } from 'zod';
import { erase, patientLink, uses } from './ask-audit.ts';
import { evidence } from './ask-evidence.ts';
import { openings } from './ask-openings.ts';
import { reviews } from './ask-reviews.ts';
import type { Clinician } from './clinician.ts';
import { copyLog } from './demo-ward.ts';
import type { PersonName } from './people.ts';
import { takeSeat } from './seats.ts';
import { table } from './table.ts';

const PEOPLE = ['dr-a', 'dr-b', 'operator', 'auditor'] as const;

const DEVICES = z.object({
  devices: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      model: z.string(),
      transport: z.string(),
      connected: z.boolean(),
      posture: z.string(),
      unknown: z.string().nullish(),
    }),
  ),
});
const COMMANDS = z.object({
  commands: z.array(
    z.object({
      hash: z.string(),
      device: z.string(),
      state: z.string(),
      tier: z.number(),
      updated: z.number(),
      code: z.string().nullish(),
    }),
  ),
});
const LOCK = z.object({ id: z.string(), kind: z.string(), subject: z.string(), reason: z.string() });

/** Questions and orders to the gateway of a running ward; each prints a table, or with `--json` what the gateway said. */
export const QUESTIONS: Readonly<
  Record<string, { readonly by: PersonName; ask(at: Asked, folder: string): Promise<void> }>
> = {
  devices: { by: 'operator', ask: devices },
  commands: { by: 'operator', ask: commands },
  locks: { by: 'operator', ask: locks },
  lock: { by: 'operator', ask: lock },
  unlock: { by: 'operator', ask: unlock },
  log: { by: 'auditor', ask: log },
  evidence: { by: 'auditor', ask: evidence },
  'patient-link': { by: 'dr-a', ask: patientLink },
  uses: { by: 'dr-a', ask: uses },
  erase: { by: 'operator', ask: erase },
  reviews: { by: 'operator', ask: reviews },
  openings: { by: 'operator', ask: openings },
};

export interface Asked {
  readonly who: Clinician;
  readonly words: readonly string[];
  readonly json: boolean;
  readonly options: {
    readonly device?: string | undefined;
    readonly reason?: string | undefined;
    readonly seconds?: string | undefined;
    readonly command?: string | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly out?: string | undefined;
    readonly purpose?: string | undefined;
    readonly names?: boolean | undefined;
    readonly found?: string | undefined;
  };
  readonly say: (line: string) => void;
}

/** Runs one question. Throws Error with one readable line, or the gateway's Refusal. */
export async function ask(question: string, folder: string, args: readonly string[]): Promise<number> {
  const found = QUESTIONS[question];
  if (!found) throw new Error(`there is no command "${question}"`);
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      json: { type: 'boolean' },
      as: { type: 'string' },
      device: { type: 'string' },
      reason: { type: 'string' },
      seconds: { type: 'string' },
      command: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      out: { type: 'string' },
      purpose: { type: 'string' },
      names: { type: 'boolean' },
      found: { type: 'string' },
    },
  });
  const name = PEOPLE.find((person) => person === (values.as ?? found.by));
  if (!name) throw new Error(`--as is one of ${PEOPLE.join(', ')}`);
  const who = await takeSeat(folder, name).catch((error: unknown) => {
    if (error instanceof TypeError)
      throw new Error('the gateway does not answer: is the ward running? (npm start)');
    throw error;
  });
  try {
    const say = (line: string): void => void process.stdout.write(`${line}\n`);
    await found.ask({ who, words: positionals, json: values.json === true, options: values, say }, folder);
    return 0;
  } finally {
    who.close();
  }
}

async function devices({ who, json, say }: Asked): Promise<void> {
  const { devices } = DEVICES.parse(await who.get('/v1/devices'));
  if (json) return say(JSON.stringify({ devices }));
  const byName = devices.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  table(say, ['device', 'name', 'model', 'reached by', 'in contact', 'takes commands', 'outcome'], byName.map((d) => [
    d.id,
    d.name,
    d.model,
    d.transport,
    d.connected ? 'yes' : 'no',
    d.posture === 'enrolled' ? 'yes' : d.posture,
    d.unknown ? `UNKNOWN ${d.unknown.slice(0, 12)}` : '-',
  ])); // prettier-ignore
}

async function commands({ who, json, options, say }: Asked): Promise<void> {
  const query = options.device === undefined ? '' : `&device=${encodeURIComponent(options.device)}`;
  const { commands } = COMMANDS.parse(await who.get(`/v1/commands?limit=50${query}`));
  if (json) return say(JSON.stringify({ commands }));
  if (commands.length === 0) return say('No command yet.');
  table(say, ['command', 'device', 'when', 'tier', 'state', 'code'], commands.map((c) => [
    c.hash.slice(0, 16),
    c.device,
    new Date(c.updated).toISOString().slice(0, 19).replace('T', ' '),
    `R${c.tier}`,
    c.state,
    c.code ?? '-',
  ])); // prettier-ignore
}

async function locks({ who, json, say }: Asked): Promise<void> {
  const { locks } = z.object({ locks: z.array(LOCK) }).parse(await who.get('/v1/locks'));
  if (json) return say(JSON.stringify({ locks }));
  if (locks.length === 0) return say('Nothing is locked.');
  table(
    say,
    ['lock', 'on', 'subject', 'reason'],
    locks.map((l) => [l.id, l.kind, l.subject || '-', l.reason]),
  );
}

async function lock({ who, words, json, options, say }: Asked): Promise<void> {
  const [kind, subject = ''] = words;
  if (kind === undefined) throw new Error('name what to lock: person, device, tablet, role, site or all');
  if (options.reason === undefined)
    throw new Error('--reason is missing: whoever meets the lock must read why');
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  if (seconds !== undefined && !Number.isSafeInteger(seconds)) throw new Error('--seconds is a whole number');
  const detail = new Map<number, string | number>([
    [1, kind],
    [2, subject],
    [3, options.reason],
    ...(seconds === undefined ? [] : ([[4, seconds]] as const)),
  ]);
  const set = LOCK.parse(await who.post('/v1/locks', 'lock', detail));
  say(
    json
      ? JSON.stringify({ lock: set })
      : `Locked ${set.kind}${set.subject === '' ? '' : ` ${set.subject}`}. To lift it: countersign unlock ${set.id}`,
  );
}

async function unlock({ who, words, json, say }: Asked): Promise<void> {
  const [id] = words;
  if (id === undefined) throw new Error('name the lock; countersign locks shows them');
  await who.post('/v1/unlocks', 'unlock', new Map([[5, id]]));
  say(json ? JSON.stringify({ unlocked: id }) : 'The lock is lifted.');
}

async function log({ who, words, json, say }: Asked): Promise<void> {
  const [folder] = words;
  if (folder === undefined) throw new Error('name the folder to copy the log into');
  const entries = await copyLog(who, folder);
  say(
    json
      ? JSON.stringify({ folder, entries: entries.length })
      : `${entries.length} entries copied. To check them: countersign verify ${folder} --anchors FILE`,
  );
}
