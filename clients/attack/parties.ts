/** Who attacks: one party whose keys, files and place are all in the attacker's hands. */
export interface Party {
  readonly id: string;
  readonly name: string;
  /** What it holds, as paths in the ward's folder; a folder ends with a slash. */
  readonly holds: readonly string[];
  /** Where it stands, for people to read. */
  readonly place: string;
}

const GATEWAY = ['keys/gateway/', 'gateway/', 'hospital/'];
const TABLET = ['keys/tablets/tablet-dr-a/'];

/** The attacker classes; the target is always pump-1 and pacemaker-1, and pump-2 is the device that fell. */
export const PARTIES: readonly Party[] = [
  { id: 'A1', name: 'the network', holds: [], place: 'every wire' },
  {
    id: 'A2',
    name: 'a stolen session',
    holds: [...TABLET, 'session of dr-a'],
    place: 'a token of two minutes, and the key it is bound to',
  },
  { id: 'A3', name: 'a stolen tablet', holds: [...TABLET, 'session of dr-a'], place: 'the tablet, unlocked' },
  {
    id: 'A4',
    name: 'one clinician',
    holds: [...TABLET, 'keys/clinicians/dr-a/', 'session of dr-a'],
    place: 'a passkey, a tablet and the right to use both',
  },
  { id: 'A5', name: 'the gateway', holds: GATEWAY, place: 'its address, keys, database and code' },
  {
    id: 'A6',
    name: 'the credentialing authority',
    holds: ['keys/authority/', 'keys/device-ca/', 'authority/'],
    place: 'its keys, the device CA and what it publishes',
  },
  {
    id: 'A6w',
    name: 'the witness',
    holds: ['keys/witness-1/', 'witness/'],
    place: 'its key and what it remembers',
  },
  {
    id: 'A7',
    name: 'a script in one signing page',
    holds: [...TABLET, 'session of dr-a', 'one gesture of dr-a'],
    place: 'the page of one clinician, at the moment of a genuine gesture',
  },
  {
    id: 'A8',
    name: 'the card reader and its PC',
    holds: ['keys/station-1/', 'station-1/'],
    place: 'between card and station',
  },
  {
    id: 'A9',
    name: 'another device',
    holds: ['keys/devices/pump-2/', 'devices/pump-2/'],
    place: 'pump-2, taken apart',
  },
  {
    id: 'A10',
    name: 'a dependency of the gateway',
    holds: GATEWAY,
    place: 'inside the process: whatever the gateway holds',
  },
  { id: 'A11', name: 'a stranger at the skin', holds: [], place: 'in touch with the implant' },
  {
    id: 'A12',
    name: 'the administrator of the log',
    holds: ['gateway/', 'keys/gateway/log.key.pem'],
    place: 'the database, and the key of the log',
  },
  {
    id: 'AI',
    name: 'the token issuer',
    holds: ['keys/issuer/', 'issuer/'],
    place: 'its signing key and its accounts',
  },
];

/** No class of its own: with A4, both clinicians, so that what the device checks behind two signatures can be tried. */
const SECOND: Party = {
  id: 'A4b',
  name: 'the other clinician',
  holds: ['keys/tablets/tablet-dr-b/', 'keys/clinicians/dr-b/'],
  place: 'the other tablet',
};
/** No class of its own: the gateway's TLS key and nothing else, so that a check behind the link can be tried. */
const TLS_ONLY: Party = {
  id: 'A5-tls',
  name: 'whoever holds the gateway’s TLS key',
  holds: ['keys/gateway/tls.key.pem'],
  place: 'the address of the gateway',
};

/** The party with this id. Throws Error when there is none. */
export function partyNamed(id: string): Party {
  const found = [...PARTIES, SECOND, TLS_ONLY].find((party) => party.id === id);
  if (!found) throw new Error(`there is no attacker ${id}`);
  return found;
}

/** Everything two or more parties hold together. */
export function together(ids: readonly string[]): Party {
  const parties = ids.map(partyNamed);
  return {
    id: ids.join('+'),
    name: parties.map(({ name }) => name).join(' and ') || 'nobody in particular',
    holds: parties.flatMap(({ holds }) => holds),
    place: parties.map(({ place }) => place).join('; '),
  };
}
