import { unhex } from '../check/bytes.ts';
import type { Item } from '../check/cbor.ts';
import type { Desk } from './desk.ts';
import type { Gateway } from './gateway.ts';
import { listIn, numberIn, object, placeIn, type Said, textIn } from './said.ts';

/** A patient of others whom somebody opened, and nobody has reviewed yet, as the gateway tells of it. */
export interface BrokenGlass {
  /** SHA-256 of what was signed, hexadecimal. */
  readonly id: string;
  /** The patient, for who may see them. */
  readonly patient: { readonly name: string; readonly bed: string } | undefined;
  readonly deviceNames: readonly string[];
  readonly by: string;
  /** It was who is signed in here: somebody else reviews it. */
  readonly own: boolean;
  readonly reason: string;
  readonly text: string;
  /** Unix ms. */
  readonly since: number;
  readonly until: number;
  /** Not over yet: it is reviewed once it is. */
  readonly open: boolean;
}

const REVIEW = 10;

/** What was opened and waits for a review, the oldest first. Throws Refused or Away. */
export async function openedGlass(gateway: Gateway): Promise<readonly BrokenGlass[]> {
  const said = object(await gateway.ask('GET', '/v1/break-glass'), 'openings');
  return listIn(said, 'openings').map((one) => glassOf(object(one, 'opening')));
}

/** Signs what was found, which closes the review. Throws NotSigned, Refused or Away. */
export function closeGlass(desk: Desk, { id }: BrokenGlass, found: string): Promise<void> {
  const detail: [number, Item][] = [[3, found], [4, unhex(id)]]; // prettier-ignore
  return desk.state(REVIEW, new Map(detail), '/v1/break-glass-reviews');
}

const glassOf = (said: Said): BrokenGlass => ({
  id: textIn(said, 'id'),
  patient: placeIn({ patient: said['about'] }),
  deviceNames: listIn(said, 'deviceNames').map(String),
  by: said['byName'] === undefined ? textIn(said, 'by') : textIn(said, 'byName'),
  own: said['own'] !== false,
  reason: textIn(said, 'reason'),
  text: textIn(said, 'text'),
  since: numberIn(said, 'since'),
  until: numberIn(said, 'until'),
  open: said['open'] !== false,
});
