import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { keepFile } from '../common/process/keep-file.ts';

const digits = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));
const NAME = z.string().min(1).max(80);

/** A TLS certificate that is known here. */
const CERTIFICATE = z.strictObject({
  /** Its serial number, hexadecimal in lower case. */
  serial: z.string().regex(/^[0-9a-f]{1,40}$/u),
  /** SHA-256 of its DER. */
  fingerprint: digits(32),
  /** Unix ms. */
  notAfter: z.int(),
});
export type KnownCertificate = z.infer<typeof CERTIFICATE>;

/** A device as operators let it in. */
const DEVICE = z.strictObject({
  id: digits(8),
  serial: NAME,
  name: NAME,
  site: NAME,
  transport: z.enum(['websocket', 'nfc']),
  posture: z.enum(['enrolled', 'monitor-only']),
  /** SHA-256 of the payload of its maker's profile. */
  profile: digits(32),
  /** COSE_Key. */
  identity: z.string().regex(/^(?:[0-9a-f]{2}){40,128}$/u),
  /** When operators last signed something about it (unix s): an older word comes too late. */
  decided: z.int(),
  certificates: z.array(CERTIFICATE),
});
export type EnrolledRecord = z.infer<typeof DEVICE>;

const STATION = z.strictObject({ label: NAME, certificates: z.array(CERTIFICATE) });
export type StationRecord = z.infer<typeof STATION>;

/** What a PEM certificate is known by. */
export function certificateOf(pem: string): KnownCertificate {
  const { serialNumber, fingerprint256, validTo } = new X509Certificate(pem);
  return {
    serial: serialNumber.toLowerCase(),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: Date.parse(validTo),
  };
}

/** Who may connect, a file each: `enrolled/ID.json`, `stations/LABEL.json`; and what has ended: `ended/SERIAL`, `removed/ID`. */
export class Enrolled {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const part of PARTS) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  }

  /** The device with an id, removed or not. Throws Error when its file is damaged. */
  find(id: string): EnrolledRecord | undefined {
    const file = this.#at('enrolled', `${id}.json`);
    return existsSync(file) ? DEVICE.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  }

  /** Every device that was not removed. */
  devices(): readonly EnrolledRecord[] {
    return this.#names('enrolled').flatMap((name) => {
      const device = this.removed(name) ? undefined : this.find(name);
      return device ? [device] : [];
    });
  }

  stations(): readonly StationRecord[] {
    return this.#names('stations').map((name) =>
      STATION.parse(JSON.parse(readFileSync(this.#at('stations', `${name}.json`), 'utf8'))),
    );
  }

  /** Keeps a device; who was removed is back with it. */
  keep(device: EnrolledRecord): void {
    keepFile(this.#at('enrolled', `${device.id}.json`), utf8(JSON.stringify(device)));
    rmSync(this.#at('removed', device.id), { force: true });
  }

  keepStation(station: StationRecord): void {
    keepFile(this.#at('stations', `${station.label}.json`), utf8(JSON.stringify(station)));
  }

  /** Forgets a station; its certificates stand on no list any more. Returns whether it was there. */
  dropStation(label: string): boolean {
    const there = this.#names('stations').includes(label);
    if (there) rmSync(this.#at('stations', `${label}.json`));
    return there;
  }

  /** Ends a device: it is on no list any more, and its certificates are on the CRL. */
  remove(device: EnrolledRecord): void {
    for (const { serial } of device.certificates) this.end(serial);
    touch(this.#at('removed', device.id));
  }

  removed(id: string): boolean {
    return existsSync(this.#at('removed', id));
  }

  /** Ends a certificate, for good. */
  end(serial: string): void {
    touch(this.#at('ended', serial));
  }

  ended(serial: string): boolean {
    return existsSync(this.#at('ended', serial.toLowerCase()));
  }

  /** Every certificate that was ended, and when (unix ms). */
  get allEnded(): readonly { readonly serial: string; readonly since: number }[] {
    const serials = readdirSync(this.#at('ended')).filter((name) => /^[0-9a-f]{1,40}$/u.test(name));
    return serials.map((serial) => ({ serial, since: statSync(this.#at('ended', serial)).mtimeMs }));
  }

  /** Changes with anything that is kept here. */
  get stamp(): string {
    return PARTS.map((part) => statSync(this.#at(part), { bigint: true }).mtimeNs).join();
  }

  #names(part: string): readonly string[] {
    const names = readdirSync(this.#at(part)).filter((name) => name.endsWith('.json'));
    return names.map((name) => name.slice(0, -5)).toSorted();
  }

  #at(...parts: readonly string[]): string {
    return join(this.#folder, ...parts);
  }
}

const PARTS = ['enrolled', 'stations', 'ended', 'removed'] as const;

const touch = (file: string): void => closeSync(openSync(file, 'a', 0o600));
