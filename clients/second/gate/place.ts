import { type Anchors, readAnchors } from '../check/anchors.ts';
import { type Bytes, same } from '../check/bytes.ts';
import { object, originIn, textIn } from './said.ts';
import type { Kept } from './store.ts';

/** Where this page is used, as the host that serves it says. */
export interface Place {
  readonly simulation: boolean;
  readonly site: string;
  readonly gateway: string;
  readonly issuer: { readonly url: string; readonly client: string };
  /** SIMULATION ONLY: where a visitor is set up. */
  readonly reception: string | undefined;
  /** SIMULATION ONLY: where a visitor plays the patients, and reads their wristbands. */
  readonly simulator: string | undefined;
}

/** Asks the page's own host. Throws Error when it is away or says something else. */
export async function loadPlace(): Promise<Place> {
  const response = await fetch('/place.json', { cache: 'no-store' });
  const said = object(await response.json(), 'place');
  const issuer = object(said['issuer'], 'issuer');
  return {
    simulation: textIn(said, 'environment') === 'simulation',
    site: textIn(said, 'site'),
    gateway: originIn(said, 'gateway'),
    issuer: { url: originIn(issuer, 'url'), client: textIn(issuer, 'client') },
    reception: said['reception'] === undefined ? undefined : originIn(said, 'reception'),
    simulator: said['simulator'] === undefined ? undefined : originIn(said, 'simulator'),
  };
}

/**
 * The anchors this tablet judges with: the first it was given, or newer ones that the keys of the ones before signed. Throws
 * Wrong when the host serves others.
 */
export async function keptAnchors(kept: Kept): Promise<Anchors> {
  const response = await fetch('/anchors.bin', { cache: 'no-store' });
  if (!response.ok) throw new Error('The host of this page serves no anchors.');
  const offered: Bytes = new Uint8Array(await response.arrayBuffer());
  const known = await kept.get('anchors');
  const before = known instanceof Uint8Array ? new Uint8Array(known) : undefined;
  if (before && same(before, offered)) return readAnchors(offered);
  const anchors = await readAnchors(offered, before && (await readAnchors(before)));
  await kept.put('anchors', offered);
  return anchors;
}
