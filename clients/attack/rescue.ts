import { z } from 'zod';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { askHttp } from '../common/link/http.ts';
import type { Lab } from './lab.ts';

const STATE = z.object({ cards: z.array(z.object({ card: z.number() })) });
const OFFERED = z.object({ command: z.string() });
const DONE = z.object({ result: z.string(), number: z.number() });
const WAIT_MS = 20_000;
/** As long as somebody takes who taps again. */
const AGAIN_MS = 2_500;

/**
 * An honest clinician at the reader station's emergency door, who asks again when turned away: the number of the
 * receipt. Throws Error with the door's last word when it stays shut for `withinMs`.
 */
export async function rescue(at: Lab, withinMs: number): Promise<number> {
  const end = Date.now() + withinMs;
  const card = await cardAt(at);
  const { command } = OFFERED.parse(await patiently(() => door(at, 'POST', '/open', { card }), end));
  const { kid, authenticatorData, clientDataJSON, signature } = await at.honest.approve(
    'dr-a',
    unbase64url(command),
  );
  const approval = {
    kid: base64url(kid),
    authenticatorData: base64url(authenticatorData),
    clientDataJSON: base64url(clientDataJSON),
    signature: base64url(signature),
  };
  const done = await patiently(() => door(at, 'POST', '/act', { card, command, approval }), end);
  const { result, number } = DONE.parse(done);
  if (!result.startsWith('applied')) throw new Error(`the rescue ended as ${result}`);
  return number;
}

async function patiently<T>(ask: () => Promise<T>, end: number): Promise<T> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (Date.now() + AGAIN_MS > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
}

async function cardAt(at: Lab): Promise<number> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    const [first] = STATE.parse(await door(at, 'GET', '')).cards;
    if (first) return first.card;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('no implant lies on the reader');
}

async function door(at: Lab, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await askHttp(
    `http://station-1.localhost:${at.ward.port('emergency-door')}/v1/emergency${path}`,
    {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    },
  );
  if (answer.status !== 200) throw new Error(`the emergency door says ${answer.body}`);
  return JSON.parse(answer.body);
}
