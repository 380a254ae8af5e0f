import { once } from 'node:events';
import { IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { base64url, unbase64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { SAYS } from '../../server/protocol/refusal-says.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { DemoWard } from './demo-ward.ts';
import { type Story, told } from './demo-steps.ts';
import { softwarePasskey } from './passkey.ts';
import { people } from './people.ts';

const STATE = z.object({ gateway: z.string(), cards: z.array(z.object({ card: z.number() })) });
const OFFERED = z.object({ device: z.string(), command: z.string(), words: z.string() });
const DONE = z.object({ result: z.string(), number: z.number() });
const RESPONSE = z.tuple([z.instanceof(IncomingMessage)]);
const DEVICE = z.object({ review: z.string().optional() });
const WAIT_MS = 20_000;

/**
 * The gateway is down, a patient is in trouble, one clinician stands beside them: the reader station alone puts the
 * implant into its own safe state. Afterwards the log knows, and somebody else has to look at it.
 */
export async function emergency(ward: DemoWard, story: Story): Promise<void> {
  const { show } = story;
  show.title('5. The gateway is down, and a patient is in trouble: the emergency door');
  await ward.running.stopOne('gateway');
  show.wait('the gateway process is stopped; reader station and implant are all there is');
  const { cards } = await until(async () => {
    const state = STATE.parse(await call(ward, 'GET', ''));
    return state.gateway === 'away' && state.cards.length > 0 ? state : undefined;
  });
  const card = cards[0]?.card ?? -1;
  const offered = OFFERED.parse(await call(ward, 'POST', '/open', { card }));
  show.say(`safe mode for device ${offered.device}; words: ${offered.words}`);
  const command = unbase64url(offered.command);
  const passkey = softwarePasskey(people(ward.folder)['dr-a']);
  const approval = await passkey.approve(challengeFor(nodeCrypto.sha256, 'command', command));
  const body = {
    card,
    command: offered.command,
    approval: {
      kid: base64url(approval.kid),
      authenticatorData: base64url(approval.authenticatorData),
      clientDataJSON: base64url(approval.clientDataJSON),
      signature: base64url(approval.signature),
    },
  };
  const done = DONE.parse(await call(ward, 'POST', '/act', body));
  const again = DONE.parse(await call(ward, 'POST', '/act', body));
  const acted = done.result === 'applied' && again.number === done.number;
  if (acted) show.good(`Safe mode: receipt ${done.number}, signed by the device. Asked twice, done once.`);
  told(story, 'safe mode with the gateway stopped', acted, `receipt ${done.number}`);
  await ward.running.startOne('gateway');
  show.wait('the gateway is back; the station brings it the record');
  await reviewed(ward, story, offered.device);
}

/** Nothing of high risk until somebody else has looked at it. */
async function reviewed(ward: DemoWard, story: Story, device: string): Promise<void> {
  const { show } = story;
  const command = await until(async () => {
    const doctor = await ward.signIn('dr-a').catch(() => undefined);
    const view = doctor && DEVICE.parse(await doctor.get(`/v1/devices/${device}`));
    doctor?.close();
    return view?.review;
  });
  told(story, 'its receipt is in the log, and a review is open', true, command.slice(0, 16));
  const doctor = await ward.signIn('dr-a');
  const heart = await ward.open(doctor, 'pacemaker-1');
  const rearm = { operation: OPERATION.resume, changes: new Map<number, number>() };
  const bytes = doctor.prepare(heart, ward.patientOf('pacemaker-1'), rearm);
  try {
    await doctor.sign(heart, bytes, { reason: 'titration', note: 'going on after the emergency', order: '' });
    told(story, 'no change of high risk before the review', false, 'it was taken');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    story.refused++;
    show.refused(`Going on at once: ${error.code}. ${SAYS[error.code]}`);
    told(story, 'no change of high risk before the review', error.code === 'E_REVIEW', error.code);
  }
  const operator = await ward.signIn('operator');
  await operator.post(
    '/v1/reviews',
    'review',
    new Map<number, string | Uint8Array>([
      [1, unhex(device)],
      [2, unhex(command)],
      [3, 'The rescue was called for; lead impedance checked.'],
    ]),
  );
  const after = DEVICE.parse(await operator.get(`/v1/devices/${device}`));
  told(story, 'reviewed by somebody else', after.review === undefined, 'operator');
  if (after.review === undefined) show.good('An operator has reviewed it; the log says who, when and what.');
  for (const person of [doctor, operator]) person.close();
}

/** By address, under the station's own name: local names need not resolve. */
async function call(ward: DemoWard, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
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

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('the ward did not come to it in time');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
