import * as z from 'zod/mini';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { read } from '../common/page/gate/json.ts';
import type { Link } from './link.ts';

const PAGE = z.object({
  device: z.string(),
  until: z.number(),
  total: z.number(),
  changes: z.array(
    z.object({
      command: z.string(),
      time: z.number(),
      outcome: z.string(),
      people: z.number(),
      reason: z.string(),
      changes: z.array(z.object({ name: z.string(), before: z.string(), after: z.string() })),
    }),
  ),
});
export type PatientPage = z.infer<typeof PAGE>;
export type Change = PatientPage['changes'][number];

/** The hospital does not know this link, or not any more; or it cannot be reached. */
export class NoAnswer extends Error {
  readonly why: 'ended' | 'away';
  constructor(why: NoAnswer['why']) {
    super(`no answer: ${why}`);
    this.why = why;
  }
}

const PATIENCE_MS = 15_000;

/** The list. Throws NoAnswer. */
export async function askPage(gateway: string, { key }: Link): Promise<PatientPage> {
  const answer = await post(`${gateway}/v1/patient-view`, { key });
  return read(PAGE, await answer.json(), 'the list');
}

/** The evidence file of one change. Throws NoAnswer; `ended` where there is none. */
export async function askEvidence(gateway: string, { key }: Link, command: string): Promise<Bytes> {
  const answer = await post(`${gateway}/v1/patient-view/evidence`, { key, command });
  return new Uint8Array(await answer.arrayBuffer());
}

async function post(url: string, body: object): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  }).catch(() => {
    throw new NoAnswer('away');
  });
  if (!answer.ok) throw new NoAnswer(answer.status < 500 ? 'ended' : 'away');
  return answer;
}
