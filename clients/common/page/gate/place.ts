import * as z from 'zod/mini';
import { read } from './json.ts';
import type { Shelf } from './shelf.ts';

const NAME = 'place';
const address = z.string().check(z.regex(/^https?:\/\/[a-z0-9.-]+(?::\d+)?$/u));
const WRISTBAND = z.object({ device: z.string(), mrn: z.string(), birthYear: z.number() });
const PLACE = z.object({
  environment: z.enum(['simulation', 'production']),
  site: z.string(),
  gateway: address,
  issuer: z.object({ url: address, client: z.string() }),
  stations: z.array(z.object({ label: z.string(), emergency: address })),
  reception: z.optional(address),
  simulator: z.optional(address),
  wristbands: z.optional(z.array(WRISTBAND)),
  build: z.string(),
});

/** Only in a simulation: what is printed on a patient's wristband, and which device they wear. */
export type Wristband = z.infer<typeof WRISTBAND>;

/** Where this page is used: addresses and names, as the host that serves it says. */
export type Place = z.infer<typeof PLACE>;

/** Asks the page's own host. Throws Error when it is away or says something else. */
export async function loadPlace(): Promise<Place> {
  const answer = await fetch('/place.json', { cache: 'no-store' });
  return read(PLACE, await answer.json(), 'what the host says of this place');
}

/** The same, or what the host said last while it is away. Throws Error when nobody ever said anything. */
export async function keptPlace(shelf: Shelf): Promise<Place> {
  try {
    const place = await loadPlace();
    await shelf.put(NAME, { ...place, wristbands: undefined }); // nothing about a patient is kept, simulated or not
    return place;
  } catch (error) {
    const kept = await shelf.get(NAME);
    if (kept === undefined) throw error;
    return read(PLACE, kept, 'what was kept of this place');
  }
}

/** The anchors that the host serves, as bytes: what they are worth is for the caller to find out. */
export async function loadAnchors(): Promise<Uint8Array> {
  const answer = await fetch('/anchors.bin', { cache: 'no-store' });
  if (!answer.ok) throw new Error('the host serves no anchors');
  return new Uint8Array(await answer.arrayBuffer());
}
