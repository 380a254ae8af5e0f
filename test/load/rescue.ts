import { once } from 'node:events';
import { IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { nodeCrypto } from '../support/keys.ts';
import type { ProcessWard } from '../support/processes.ts';

const STATE = z.object({ gateway: z.string(), cards: z.array(z.object({ card: z.number() })) });
const OFFERED = z.object({ command: z.string() });
const DONE = z.object({ result: z.string(), number: z.number() });
const RESPONSE = z.tuple([z.instanceof(IncomingMessage)]);
const WAIT_MS = 20_000;

/** What the reader station says of itself, without asking anybody. */
export const stationState = async (ward: ProcessWard) => STATE.parse(await call(ward, 'GET', ''));

/** One clinician beside the patient asks for the safe mode at the station's own door. Throws Error with its answer. */
export async function rescue(ward: ProcessWard): Promise<z.output<typeof DONE>> {
  const [lying] = (await stationState(ward)).cards;
  if (!lying) throw new Error('no device lies on the reader');
  const { card } = lying;
  const { command } = OFFERED.parse(await call(ward, 'POST', '/open', { card }));
  const challenge = challengeFor(nodeCrypto.sha256, 'command', unbase64url(command));
  const approval = await softwarePasskey(people(ward.folder)['dr-a']).approve(challenge);
  const { kid, authenticatorData, clientDataJSON, signature } = approval;
  const signed = { kid, authenticatorData, clientDataJSON, signature };
  const encoded = Object.fromEntries(Object.entries(signed).map(([name, bytes]) => [name, base64url(bytes)]));
  return DONE.parse(await call(ward, 'POST', '/act', { card, command, approval: encoded }));
}

/** By address, under the station's own name: local names need not resolve. */
async function call(
  ward: ProcessWard,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<unknown> {
  const asked = request({
    host: '127.0.0.1',
    port: ward.port('emergency-door'),
    method,
    path: `/v1/emergency${path}`,
    headers: { host: 'station-1.localhost', ...(body && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(WAIT_MS),
  });
  asked.end(body && JSON.stringify(body));
  const [response] = RESPONSE.parse(await once(asked, 'response'));
  const answer: unknown = JSON.parse(await text(response));
  if (response.statusCode !== 200) throw new Error(`the emergency door answered ${JSON.stringify(answer)}`);
  return answer;
}
