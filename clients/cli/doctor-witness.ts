import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { type Anchors, logKeysOf } from '../../server/protocol/anchors.ts';
import { equal, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import {
  type Checkpoint,
  parseCheckpoint,
  parseNote,
  verifySignedCheckpoint,
} from '../../server/protocol/log/note.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const ANSWER_MS = 3_000;
const MAX_ANSWER = 16 * 1024;
/** Cosignatures and tokens are judged by time: further apart than this, people are turned away for no reason. */
const APART_S = 30;
const say = findings('Witnesses');

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Unix ms, by the witness's clock; undefined when it does not say. */
  readonly date: number | undefined;
}

/** Are the witnesses there, do they know this log, and do they agree with what lies on the disk? `own`: its newest note. */
export async function checkWitnesses(
  place: Place,
  anchors: Anchors,
  own: string,
  now: () => number,
): Promise<Finding[]> {
  const { config } = place;
  const { k, vkeys } = anchors.witnesses;
  const known = config.witnesses.filter(({ vkey }) => vkeys.includes(vkey));
  const out: Finding[] = [];
  for (const { name, vkey } of config.witnesses)
    if (!vkeys.includes(vkey))
      out.push(
        say.warning(
          name,
          'is not in the anchors: devices do not count it',
          'correct its vkey, or have new anchors signed',
        ),
      );
  if (known.length < k)
    out.push(
      say.fault(
        'quorum',
        `${known.length} of the ${k} witnesses that devices ask for are set up`,
        'add the missing ones to the configuration',
      ),
    );
  const answers = await Promise.all(
    config.witnesses.map(async ({ name, url }) => {
      try {
        return await judge(name, await ask(place, url, anchors.log.origin), anchors, own, now());
      } catch (error) {
        // Witnesses of a simulated ward come and go with it.
        if (place.ward !== undefined && place.lock !== 'held')
          return say.ok(name, 'is not running; it comes with the ward');
        return say.fault(name, `does not answer: ${reasonOf(error)}`, `start it, or mend the way to ${url}`);
      }
    }),
  );
  return [...out, ...answers];
}

async function judge(
  name: string,
  answer: Answer,
  anchors: Anchors,
  own: string,
  now: number,
): Promise<Finding> {
  if (answer.date !== undefined && Math.abs(answer.date - now) > APART_S * 1000) {
    const seconds = Math.round((now - answer.date) / 1000);
    const where = seconds > 0 ? 'ahead of' : 'behind';
    return say.fault(
      'clock',
      `this host is ${Math.abs(seconds)} s ${where} ${name}`,
      'set the clocks: run a time service on both',
    );
  }
  if (answer.status === 404)
    return own === '' || parseCheckpoint(parseNote(own).body).size === 0
      ? say.ok(name, 'answers; it has seen nothing of this log yet')
      : say.fault(name, 'does not know this log', 'give it the log’s key, or find out why it forgot');
  if (answer.status !== 200) return say.fault(name, `answered ${answer.status}`, 'look into its log');
  const seen = await verifySignedCheckpoint(nodeCrypto, answer.body, logKeysOf(anchors.log));
  if (own === '') return lost(name, seen);
  const mine = parseCheckpoint(parseNote(own).body);
  if (seen.size > mine.size) return lost(name, seen, mine);
  if (seen.size === mine.size && !equal(seen.root, mine.root))
    return say.fault(
      name,
      'has seen another log of the same length',
      'stop commands; follow the log runbook',
    );
  return say.ok(name, `answers; ${mine.size - seen.size} of ${mine.size} entries behind`);
}

const lost = (name: string, seen: Checkpoint, mine?: Checkpoint): Finding =>
  say.fault(
    name,
    `has seen ${seen.size} entries, and there are ${mine?.size ?? 0} here: entries were lost`,
    'put back the newest copy of the data folder; follow the log runbook',
  );

function ask({ config }: Place, url: string, origin: string): Promise<Answer> {
  const agent = new Agent({
    ca: readFileSync(join(config.trust, 'ca', 'service-ca.cert.pem')),
    cert: readFileSync(join(config.keys, 'witness-client.cert.pem')),
    key: readFileSync(join(config.keys, 'witness-client.key.pem')),
    minVersion: 'TLSv1.3',
  });
  const path = `${hex(nodeCrypto.sha256(utf8(origin)))}/checkpoint`;
  const target = new URL(path, url.endsWith('/') ? url : `${url}/`);
  return new Promise((resolve, reject) => {
    const call = request(target, { agent, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
        if (body.length > MAX_ANSWER) response.destroy(new Error('its answer is too long'));
      });
      response.on('error', reject);
      const date = Date.parse(response.headers.date ?? '');
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, date: Number.isNaN(date) ? undefined : date }),
      );
    });
    call.on('error', reject).end();
  });
}
