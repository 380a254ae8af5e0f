import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { codeNamed } from '../../../server/protocol/refusal.ts';
import type { Clinician } from '../../ward/clinician.ts';
import { takeSeat } from '../../ward/seats.ts';
import type { SeenRefusal } from './refusals.ts';

const SEEN = z.object({
  refusals: z.array(
    z.object({
      number: z.int(),
      at: z.number(),
      place: z.string(),
      code: z.string(),
      why: z.string(),
      field: z.string().default(''),
      device: z.string().optional(),
      size: z.int(),
      message: z.string().optional(),
    }),
  ),
});
/** What was refused is shown within a second. */
const LOOK_MS = 400;

export interface GatewayLook {
  /** Folder of the ward. */
  readonly ward: string;
  readonly last: number;
  readonly follow: boolean;
  readonly show: (refusal: SeenRefusal) => void;
  readonly say: (line: string) => void;
}

/** What the gateway of a simulated ward refused lately; with `follow` also what it refuses from now on. */
export async function gatewayRefusals({ ward, last, follow, show, say }: GatewayLook): Promise<number> {
  const operator = await takeSeat(ward, 'operator');
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  try {
    let { seen, newest } = await ask(operator, 0);
    seen.slice(Math.max(0, seen.length - last)).forEach(show);
    if (seen.length === 0 && !follow) say('The gateway refused nothing lately.');
    if (follow) say(`Watching the gateway of ${ward}; Ctrl-C ends it.`);
    if (!follow) return 0;
    while (!ended.signal.aborted) {
      await pause(LOOK_MS);
      ({ seen, newest } = await ask(operator, newest));
      seen.forEach(show);
    }
    return 0;
  } finally {
    operator.close();
  }
}

async function ask(operator: Clinician, after: number) {
  const { refusals } = SEEN.parse(await operator.get(`/v1/refusals?after=${after}`));
  const seen = refusals.flatMap(({ at, code, field, message, place, device, why, size }): SeenRefusal[] => {
    const known = codeNamed(code);
    if (!known) return [];
    const bytes = message === undefined ? new Uint8Array() : unbase64url(message);
    const where = device === undefined ? place : `${place}, device ${device}`;
    return [{ time: at, code: known, field, message: bytes, receipt: false, where, why, size }];
  });
  return { seen, newest: refusals.at(-1)?.number ?? after };
}
