import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey, Signer } from '../../server/protocol/crypto.ts';
import { type FleetContent, issueFleet, openFleet, sameFleet } from '../../server/protocol/fleet/fleet.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import type { Enrolled, KnownCertificate } from './enrolled.ts';

export interface FleetParts {
  /** The published tree. */
  readonly published: string;
  readonly enrolled: Enrolled;
  readonly signer: Signer;
  /** Keys before this one, while what they signed counts. */
  readonly former?: readonly PublicKey[];
  /** Unix ms. */
  readonly now: () => number;
  readonly audit: (event: string, facts: { readonly index: number }) => void;
}

/** A list is made anew after this, so that nobody has to wonder whether an old one is still the newest. */
const RENEW_MS = 12 * 3_600_000;

/** Publishes who may connect: `fleet.bin`, signed and numbered, whenever anything about it changes. */
export class FleetList {
  readonly #parts: FleetParts;
  #stamp = '';
  #until = 0;

  constructor(parts: FleetParts) {
    this.#parts = parts;
  }

  /** Returns whether a new list was published. Throws Error or Refusal when the one there is damaged. */
  async publish(): Promise<boolean> {
    const { published, enrolled, signer, former = [], now, audit } = this.#parts;
    const { stamp } = enrolled; // Read first: what changes from here on is seen the next time.
    const time = now();
    if (stamp === this.#stamp && time < this.#until) return false;
    const file = join(published, 'fleet.bin');
    const bytes = existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
    const held = bytes && (await openFleet(nodeCrypto, bytes, [signer.key, ...former]));
    // One of a key before counts, and is followed by one of this key at once.
    const ours = bytes && (await openFleet(nodeCrypto, bytes, [signer.key]).catch(() => undefined));
    const next = this.#now(time);
    const old = held === undefined || time - held.issued * 1000 >= RENEW_MS;
    // A list without a root is from before tablets asked for one.
    const renew = old || ours?.root === undefined;
    const empty = held === undefined && next.devices.length + next.stations.length === 0;
    const same = held !== undefined && sameFleet(held, next);
    const changed = !empty && (renew || !same);
    const version = (held?.version ?? 0) + 1;
    const issued = Math.floor(time / 1000);
    if (changed) {
      keepFile(file, await issueFleet(nodeCrypto.sha256, { version, issued, ...next }, signer));
      audit('a list of devices was published', { index: version });
    }
    const ends = [...this.#certificates()].map(({ notAfter }) => notAfter).filter((end) => end > time);
    this.#stamp = stamp;
    this.#until = Math.min((changed ? time : (held?.issued ?? 0) * 1000) + RENEW_MS, ...ends);
    return changed;
  }

  *#certificates(): Generator<KnownCertificate> {
    for (const { certificates } of [...this.#parts.enrolled.devices(), ...this.#parts.enrolled.stations()])
      yield* certificates;
  }

  #now(time: number): FleetContent {
    const { enrolled } = this.#parts;
    const inForce = (all: readonly KnownCertificate[]) =>
      all
        .filter(({ serial, notAfter }) => notAfter > time && !enrolled.ended(serial))
        .map(({ fingerprint }) => unhex(fingerprint));
    return {
      devices: enrolled
        .devices()
        .map(({ id, serial, name, site, transport, posture, profile, identity, certificates }) => ({
          id: unhex(id),
          serial,
          name,
          site,
          transport,
          posture,
          profile: unhex(profile),
          identityKey: unhex(identity),
          certificates: inForce(certificates),
        })),
      stations: enrolled
        .stations()
        .map(({ label, certificates }) => ({ label, certificates: inForce(certificates) })),
    };
  }
}
