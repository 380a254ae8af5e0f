import { encodeCommand } from '../../../server/protocol/link/apdu.ts';
import { type Attestation } from '../../../server/protocol/attestation.ts';
import { type Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Tap } from '../../../server/protocol/tap/reader-end.ts';
import { encodeRequest, parseAnswer, type Request } from '../../../server/protocol/link/wire.ts';
import { type Attempts, succeeded } from '../case.ts';
import { Hands } from '../hands.ts';
import { codeOf, therapy } from '../answers.ts';
import { IMPLANT, type Lab } from '../lab.ts';

const NOTHING = new Uint8Array();

/** What the implant attests to its own hospital, asked over a tap of the gateway itself. Nobody's attack. */
export async function state(at: Lab): Promise<Attestation> {
  const inspector = new Hands(at.ward.folder, { id: '', name: '', place: '', holds: ['keys/'] });
  const tap = await patiently(() => at.ward.skin.tap(inspector.linkIdentity('gateway')));
  const answer = parseAnswer(await tap.exchange(encodeRequest({ kind: 'open' })));
  if (answer.kind !== 'attestation') throw new Error(`the implant says ${codeOf(answer)}`);
  return at.honest.believe(IMPLANT, answer.attestation);
}

/** An implant that was woken up too often wants to be left alone for a few seconds: that is its budget, not an attack. */
export async function patiently(open: () => Promise<Tap>): Promise<Tap> {
  for (let tries = 0; ; tries++)
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Refusal) || tries >= 4) throw error;
      await new Promise((resolve) => setTimeout(resolve, 3_300));
    }
}

/** A tap with the attacker's own link key, or why there is none. */
export function tapped(at: Lab, as: 'gateway' | 'station-1'): Promise<Tap | string> {
  return at.ward.skin.tap(at.hands.linkIdentity(as)).catch(refusalCode);
}

export function refusalCode(error: unknown): string {
  if (error instanceof Refusal) return error.code;
  throw error;
}

/** One message inside a tap; what comes of it, in one word. */
export async function ask(tap: Tap, request: Request): Promise<string> {
  try {
    return codeOf(parseAnswer(await tap.exchange(encodeRequest(request))));
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

export const apdu = (ins: number, data: Bytes = NOTHING, cla = 0, p1 = 0, p2 = 0): Bytes =>
  encodeCommand({ cla, ins, p1, p2, data, le: 256 });

/** Succeeds for the attacker when the implant attests another state than before. */
export async function* unchanged(at: Lab, before: Attestation): Attempts {
  const after = await state(at);
  at.sawImplant(after);
  if (therapy(before) !== therapy(after)) yield succeeded('the implant', 'device', 'attests another state');
}
