import { unhex } from '../check/bytes.ts';
import type { Item } from '../check/cbor.ts';
import type { Receipt } from '../check/device.ts';
import { rescueReceipt } from '../check/rescue.ts';
import type { Desk } from './desk.ts';
import type { Known } from './known.ts';
import type { Gateway } from './gateway.ts';
import { listIn, numberIn, object, placeIn, type Said, textIn } from './said.ts';

/** An emergency that nobody has reviewed yet, as the gateway tells of it. */
export interface OpenReview {
  readonly device: string;
  readonly deviceName: string;
  readonly patient: { readonly name: string; readonly bed: string } | undefined;
  /** Hash of the emergency command, hexadecimal. */
  readonly command: string;
  /** Who used the door; undefined for a key that is not of this hospital. */
  readonly by: string | undefined;
  /** It was who is signed in here: somebody else reviews it. */
  readonly own: boolean;
  /** When the log heard of it, and until when it is due (Unix ms). */
  readonly since: number | undefined;
  readonly due: number | undefined;
  /** Why the rescuer used it, by their own word, as the gateway has it; undefined while they have not said. */
  readonly why: { readonly reason: string; readonly text: string } | undefined;
}

const REVIEW = 10;

/** What waits for a review, the oldest first. Throws Refused or Away. */
export async function openReviews(gateway: Gateway): Promise<readonly OpenReview[]> {
  const said = object(await gateway.ask('GET', '/v1/reviews'), 'reviews');
  return listIn(said, 'reviews').map((one) => reviewOf(object(one, 'review')));
}

/** What the device signed of the emergency, verified here. Throws Refused, Away or Wrong. */
export async function receiptOf(gateway: Gateway, { command }: OpenReview, known: Known): Promise<Receipt> {
  const evidence = await gateway.file(`/v1/commands/${command}/evidence`);
  return rescueReceipt(evidence, unhex(command), known);
}

/** Signs what was found, which closes the review. Throws NotSigned, Refused or Away. */
export function closeReview(desk: Desk, { device, command }: OpenReview, found: string): Promise<void> {
  const detail: [number, Item][] = [[1, unhex(device)], [2, unhex(command)], [3, found]]; // prettier-ignore
  return desk.state(REVIEW, new Map(detail), '/v1/reviews');
}

const maybe = <T>(said: Said, name: string, take: (said: Said, name: string) => T): T | undefined =>
  said[name] === undefined ? undefined : take(said, name);

function whyIn(said: Said, name: string): OpenReview['why'] {
  const why = object(said[name], name);
  return { reason: textIn(why, 'reason'), text: textIn(why, 'text') };
}

const reviewOf = (said: Said): OpenReview => ({
  device: textIn(said, 'device'),
  deviceName: textIn(said, 'deviceName'),
  patient: placeIn(said),
  command: textIn(said, 'command'),
  by: maybe(said, 'byName', textIn) ?? maybe(said, 'by', textIn),
  own: said['own'] !== false,
  since: maybe(said, 'since', numberIn),
  due: maybe(said, 'due', numberIn),
  why: maybe(said, 'reason', whyIn),
});
