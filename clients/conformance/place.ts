import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, ROLE } from '../../server/protocol/credential.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import type { Identity } from '../../server/protocol/edhoc/handshake.ts';
import type { Proof } from '../../server/protocol/bundle.ts';
import { certificateIn, linkIdentity } from '../../server/protocol/tap/identity.ts';
import { type Child, startChild } from '../common/process/children.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { agreementKeyFromPem } from '../common/process/tap-crypto.ts';
import type { Declaration } from './declaration.ts';
import type { Contact } from './links/contact.ts';
import { Door } from './links/door.ts';
import { nfcContact } from './links/nfc-contact.ts';
import { StationEnd } from './links/station-end.ts';
import { websocketContact } from './links/websocket-contact.ts';
import type { KitLog } from './world/kit-log.ts';
import { GATEWAY_NAME, type Hospital, STATION_LABEL } from './world/hospital.ts';

const STATION = fileURLToPath(new URL('../reader/main.ts', import.meta.url));
const LINK_SERIAL = 1;
/** How long a device may take to dial in: its own longest pause between attempts, and a little. */
export const ARRIVAL_MS = 20_000;

/** Where device and kit meet: the door they dial in at, and the reader station on the way of an implant. */
export class Place {
  readonly door: Door;
  readonly #declaration: Declaration;
  readonly #identity: Identity;
  readonly #issued: () => Promise<Proof>;
  #station: Child | undefined;
  #end: StationEnd | undefined;

  private constructor(
    declaration: Declaration,
    identity: Identity,
    issued: () => Promise<Proof>,
    door: Door,
  ) {
    this.#declaration = declaration;
    this.#identity = identity;
    this.#issued = issued;
    this.door = door;
  }

  /** @param now unix seconds */
  static async open(declaration: Declaration, hospital: Hospital, log: KitLog, now: number): Promise<Place> {
    const door = await Door.open(hospital, declaration.port);
    const identity = await linkOf(hospital, 'link', ROLE.gateway, now);
    const place = new Place(declaration, identity, announced(identity, log, now), door);
    if (declaration.link === 'nfc')
      await place.#startStation(hospital).catch(async (error: unknown) => {
        await door.close();
        throw error;
      });
    return place;
  }

  /** The device, over a new contact. Rejects when it does not come. */
  async contact(): Promise<Contact> {
    if (this.#declaration.link === 'nfc')
      return nfcContact(await this.station(), this.#identity, await this.#issued());
    const { socket } = await this.door.arrival('/device', ARRIVAL_MS);
    return websocketContact(socket);
  }

  /** Resolves when the device whose power was cut has been seen to be gone. */
  async left(): Promise<void> {
    if (this.#declaration.link !== 'nfc') return;
    const station = await this.station();
    for (let waited = 0; station.present && waited < ARRIVAL_MS; waited += 20) await pause(20);
  }

  /** The reader station's link. */
  async station(): Promise<StationEnd> {
    const { socket } = await this.door.arrival('/reader', ARRIVAL_MS);
    if (!this.#end) {
      this.#end = new StationEnd(socket);
      socket.on('close', () => (this.#end = undefined));
    }
    return this.#end;
  }

  async close(): Promise<void> {
    await this.#station?.stop();
    await this.door.close();
  }

  /** The real reader station, beside the reader, dials in like a ward's. */
  async #startStation(hospital: Hospital): Promise<void> {
    const at = (...parts: string[]): string => join(hospital.folder, ...parts);
    const { pcscSocket } = this.#declaration;
    const config = {
      gatewayUrl: `wss://127.0.0.1:${this.door.port}/reader`,
      hostname: GATEWAY_NAME,
      key: at('private', 'station-tls.key.pem'),
      cert: at('trust', 'station-tls.cert.pem'),
      ca: at('trust', 'service-ca.cert.pem'),
      label: STATION_LABEL,
      ...(pcscSocket !== undefined && { pcscSocket }),
    };
    writeFileSync(at('private', 'station.json'), JSON.stringify(config), { mode: 0o600 });
    const spec = { name: 'reader-station', entry: STATION, logFile: at('logs', 'station.log') };
    // Listened to from its first word on: a station says which cards lie there once, when it is linked.
    const arrival = this.station();
    this.#station = await startChild({ ...spec, args: ['--config', at('private', 'station.json')] });
    await arrival;
  }
}

/** Somebody who may begin a tap: a link credential by the hospital's authority, or by whoever `issuer` is. */
/** Announces the link credential in the kit's log; gives its proof, as the log is whenever that is asked for. */
function announced(identity: Identity, log: KitLog, now: number): () => Promise<Proof> {
  const digest = nodeCrypto.sha256(certificateIn(identity.id));
  const index = log.append({ type: 'credential', time: now * 1000, digest, number: LINK_SERIAL });
  return () => log.proof(index, now);
}

export async function linkOf(
  hospital: Hospital,
  key: 'link' | 'station',
  roles: number,
  now: number,
  {
    issuer = hospital.signer('authority'),
    serial = key === 'link' ? LINK_SERIAL : 2,
    until = now + 86_400,
  }: {
    readonly issuer?: Signer;
    readonly serial?: number;
    readonly until?: number;
  } = {},
): Promise<Identity> {
  const { alg, raw, kid } = hospital.signer(key).key;
  const credential: Bytes = await issueCredential(
    {
      subject: kid,
      roles,
      coseKey: coseKey(alg, raw),
      rpIdHash: new Uint8Array(32), // no page: nobody signs with it
      backupEligible: false,
      notBefore: now - 2 * 86_400,
      notAfter: until,
      serial,
      marks: 0,
    },
    issuer,
  );
  return { ...linkIdentity(credential), key: agreementKeyFromPem(hospital.pem(key)) };
}
