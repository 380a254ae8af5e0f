import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { credentialOf } from '../../certs/clinicians.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { table } from './table.ts';

const PLACE = z.looseObject({ authority: z.looseObject({ url: z.url(), ca: z.string() }) });
const NOTICES = z.object({
  notices: z.array(
    z.object({
      event: z.enum(['issued', 'revoked']),
      serial: z.number(),
      kid: z.string(),
      roles: z.array(z.string()),
      time: z.string(),
    }),
  ),
});
const MAX_ANSWER = 256 * 1024;
const PATIENCE_MS = 5_000;

/** `countersign notices SUBJECT`: what the authority certified and ended in one person's name. Throws Error with one readable line. */
export async function notices(folder: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { dir: { type: 'string' }, json: { type: 'boolean' }, as: { type: 'string' } },
  });
  const who = positionals[0] ?? values.as;
  if (who === undefined)
    throw new Error('whose? Give 32 hexadecimal digits, or one of the people of the ward');
  const subject = subjectOf(folder, who);
  const file = join(folder, 'config', 'gateway.json');
  if (!existsSync(file)) throw new Error(`there is no ward in ${folder}: npm start makes one`);
  const { authority } = PLACE.parse(JSON.parse(readFileSync(file, 'utf8')));
  const text = await get(`${authority.url}/notices/${subject}`, readFileSync(authority.ca));
  const read = NOTICES.parse(JSON.parse(text));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (values.json === true) say(JSON.stringify({ subject, ...read }));
  else if (read.notices.length === 0) say('Nothing was ever certified in this name.');
  else {
    table(say, ['when', 'what', 'number', 'as', 'passkey'], read.notices.map((one) => [
      one.time.slice(0, 19).replace('T', ' '),
      one.event === 'issued' ? 'CERTIFIED' : 'ENDED',
      String(one.serial),
      one.roles.join(', '),
      one.kid.slice(0, 16),
    ])); // prettier-ignore
    say('');
    say('Is there a passkey that is not yours? Have an operator revoke its number at once.');
  }
  return 0;
}

function subjectOf(folder: string, who: string): string {
  if (/^[0-9a-f]{32}$/u.test(who)) return who;
  const file = join(folder, 'keys', credentialOf(who));
  if (!/^[a-z0-9-]{1,40}$/u.test(who) || !existsSync(file))
    throw new Error(`${who} is nobody of this ward; a subject has 32 hexadecimal digits`);
  return hex(readCredential(nodeCrypto, new Uint8Array(readFileSync(file))).said.subject);
}

function get(url: string, ca: Buffer): Promise<string> {
  const failed = (why: string): Error =>
    new Error(`the authority at ${new URL(url).host} ${why}: is the ward running? (npm start)`);
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent: false, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MAX_ANSWER) asked.destroy(new Error('too long'));
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(failed(`answers with ${response.statusCode}`));
      });
    });
    asked.on('error', () => reject(failed('does not answer')));
    asked.end();
  });
}
