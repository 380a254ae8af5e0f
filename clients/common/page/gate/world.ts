import type { Anchors } from '../../../../server/protocol/anchors.ts';
import type { Crypto } from '../../../../server/protocol/crypto.ts';
import { keptPlace, loadAnchors, type Place } from './place.ts';
import { type SigningPasskey, signingPasskey } from './passkey.ts';
import { openShelf, type Shelf } from './shelf.ts';
import { type TabletKey, tabletKey } from './tablet-key.ts';
import { keptAnchors } from './trust.ts';
import { webCrypto } from '../web-crypto.ts';

/** What a tablet or a console is and believes, before anybody has signed in. */
export interface World {
  readonly place: Place;
  readonly crypto: Crypto;
  /** Everything is judged with these: kept here since the first day, never taken from an answer. */
  readonly anchors: Anchors;
  /** Keys may have been replaced since the page was opened: takes the anchors of now, if those from before admit them, and says whether they are newer. */
  readonly renew: () => Promise<boolean>;
  readonly key: TabletKey;
  readonly passkey: SigningPasskey;
  readonly shelf: Shelf;
}

/** Why the page cannot be used at all. */
export class NoWorld extends Error {
  readonly why: 'host' | 'storage' | 'anchors' | 'address' | 'simulation';
  constructor(why: NoWorld['why']) {
    super(why);
    this.why = why;
  }
}

/** Looks around: place, keys, anchors. Throws NoWorld. */
export async function openWorld(): Promise<World> {
  const crypto = webCrypto(globalThis.crypto.subtle);
  const shelf = await openShelf(indexedDB).catch(because('storage'));
  // Without its host the page opens from what the browser keeps: the emergency door needs no more than that.
  const [place, offered] = await Promise.all([
    keptPlace(shelf).catch(because('host')),
    loadAnchors().catch(() => undefined),
  ]);
  const anchors = await keptAnchors(shelf, crypto, offered).catch(because('anchors'));
  const { origin, hostname } = location;
  if (!anchors.origins.some((site) => site.origin === origin && site.rpId === hostname))
    throw new NoWorld('address');
  // Anchors of a simulation admit simulated devices; a real place believes in no such thing.
  if (anchors.development !== (place.environment === 'simulation')) throw new NoWorld('simulation');
  const key = await tabletKey(shelf).catch(because('storage'));
  const passkey = await signingPasskey(shelf, hostname, crypto);
  let held = anchors;
  return {
    place,
    crypto,
    get anchors() {
      return held;
    },
    async renew() {
      const next = await loadAnchors()
        .then((now) => keptAnchors(shelf, crypto, now))
        .catch(() => held); // a host that is away, or serves others, changes nothing
      const newer = next.version > held.version;
      held = next;
      return newer;
    },
    key,
    shelf,
    passkey,
  };
}

const because =
  (why: NoWorld['why']) =>
  (_error: unknown): never => {
    throw new NoWorld(why);
  };
