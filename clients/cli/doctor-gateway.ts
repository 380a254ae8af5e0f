import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Anchors, logKeysOf } from '../../server/protocol/anchors.ts';
import { parseCheckpoint, parseNote, verifySignedCheckpoint } from '../../server/protocol/log/note.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
/** A database of a million entries takes some ten seconds to look through. */
const CHECK_MS = 60_000;
const ANSWER_MS = 3_000;
const SIMULATION = ['--DEVELOPMENT-ONLY-plain-http-on-loopback'];

const CHECKED = z.object({
  config: z.array(z.string()),
  trust: z.array(z.string()).default([]),
  storeFault: z.string().optional(),
  store: z
    .object({
      present: z.boolean(),
      schema: z.int(),
      expected: z.int(),
      quickCheck: z.string(),
      entries: z.int(),
      size: z.int(),
      note: z.string(),
      cosigned: z.string(),
    })
    .optional(),
});
type Checked = z.infer<typeof CHECKED>;
const PART = z.object({ name: z.string(), state: z.string(), says: z.string(), mend: z.string().optional() });
const READY = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
  parts: z.array(PART).default([]),
});

/** What the gateway itself says of its configuration and its database. Gives its newest checkpoint as well. */
export async function checkGateway(
  place: Place,
  anchors: Anchors | undefined,
): Promise<{ note: string; found: Finding[] }> {
  const say = findings('Gateway');
  const flags = anchors?.development === true && place.ward !== undefined ? SIMULATION : [];
  const run = spawnSync(process.execPath, [MAIN, '--check', '--config', place.file, ...flags], {
    encoding: 'utf8',
    timeout: CHECK_MS,
  });
  const checked = CHECKED.safeParse(parsed(run.stdout)).data;
  if (checked === undefined)
    return {
      note: '',
      found: [
        say.unchecked(
          'self-check',
          'the gateway could not examine itself',
          `node server/main.ts --check --config ${place.file}`,
        ),
      ],
    };
  const found = checked.config.map((fault) =>
    say.fault('configuration', fault, `correct it in ${place.file}`),
  );
  for (const fault of checked.trust)
    found.push(say.fault('files', fault, 'put the file back as it was published'));
  if (found.length === 0) found.push(say.ok('configuration', 'complete, and its files fit'));
  return { note: checked.store?.note ?? '', found: [...found, ...(await checkStore(checked, anchors))] };
}

async function checkStore(
  { store, storeFault, config }: Checked,
  anchors: Anchors | undefined,
): Promise<Finding[]> {
  const say = findings('Log and database');
  const restore = 'stop the gateway and put back the newest copy of the data folder';
  if (storeFault !== undefined) return [say.fault('database', `cannot be read: ${storeFault}`, restore)];
  if (store === undefined)
    return config.length > 0
      ? []
      : [say.unchecked('database', 'was not looked at', 'mend the configuration first')];
  if (!store.present) return [say.ok('database', 'is made at the first start')];
  const { schema, expected, quickCheck, entries, size, note } = store;
  if (quickCheck !== 'ok') return [say.fault('database', `is damaged: ${quickCheck.slice(0, 100)}`, restore)];
  if (schema > expected)
    return [
      say.fault('schema', `${schema} is newer than this program (${expected})`, 'start the newer program'),
    ];
  if (schema < expected)
    return [
      say.warning(
        'schema',
        `${schema}; this program brings it to ${expected}`,
        'start the gateway; a copy is kept',
      ),
    ];
  const out = [say.ok('database', `whole, schema ${schema}`)];
  try {
    const own = anchors
      ? await verifySignedCheckpoint(nodeCrypto, note, logKeysOf(anchors.log))
      : parseCheckpoint(parseNote(note).body);
    out.push(
      own.size === size && entries === size
        ? say.ok('log', `${size} entries, as its signed checkpoint says`)
        : say.fault('log', `${entries} entries, and its checkpoint is about ${own.size}`, restore),
    );
  } catch (error) {
    out.push(say.fault('log', `its checkpoint does not hold: ${reasonOf(error)}`, restore));
  }
  return out;
}

/** What a running gateway says of its own evidence. */
export async function checkRunning({ config, lock, ward }: Place): Promise<Finding[]> {
  const say = findings('Evidence');
  if (ward === undefined || lock !== 'held') return [];
  const url = `http://127.0.0.1:${config.ports.clinicians}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
    const { ready, reasons, parts } = READY.parse(await answer.json());
    const mend = `read ${url}; each part says what to do`;
    return [
      ready
        ? say.ok('readiness', 'commands are open')
        : say.fault('readiness', `monitoring only: ${reasons.join(' ')}`, mend),
      ...parts
        .filter(({ state }) => state === 'warning')
        .map((part) => say.warning(part.name, part.says, part.mend ?? mend)),
    ];
  } catch (error) {
    return [
      say.fault(
        'readiness',
        `${url} does not answer: ${reasonOf(error)}`,
        'look into logs/gateway.log of the ward',
      ),
    ];
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
