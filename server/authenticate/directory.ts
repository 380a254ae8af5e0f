import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Anchors } from '../protocol/anchors.ts';
import type { Proof } from '../protocol/bundle.ts';
import { type Bytes, equal, hex } from '../protocol/encoding/bytes.ts';
import { openCredential, openStatus, ROLE, type Status } from '../protocol/credential.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Person } from './authenticated.ts';

/** The issuance of credentials, as the log proves it. */
export interface Issuance {
  /** What a proof has to hold under now: another text when other keys sign the log, or other witnesses cosign it. */
  under(): string;
  /**
   * Logs a credential's issuance once and gives its earliest proof that holds under the keys of now; one that only holds
   * under those before, as long as there is none (`lasting` is then false).
   */
  prove(certificate: Bytes, serial: number): Promise<{ readonly proof: Proof; readonly lasting: boolean }>;
}

/** The newest revocation list ever taken, kept over a restart: an older one must not bring anybody back. */
export interface KeptStatus {
  load(): Bytes | undefined;
  save(bytes: Bytes, list: Status): Promise<void>;
}

/** The people the hospital's authority vouches for, as published in its folder: signed files, nothing else. */
export class Directory {
  readonly #people = new Map<string, Person>();
  /** Proof of each person's issuance, and what it was proven under; nothing, when it will not last. */
  readonly #proofs = new Map<string, { readonly proof: Proof; readonly under: string }>();
  readonly #crypto: Crypto;
  readonly #anchors: Pick<Anchors, 'authorities'>;
  readonly #kept: KeptStatus;
  readonly #issuance: Issuance;
  #status: Status | undefined;
  #statusBytes: Bytes | undefined;

  constructor(crypto: Crypto, anchors: Pick<Anchors, 'authorities'>, kept: KeptStatus, issuance: Issuance) {
    this.#crypto = crypto;
    this.#anchors = anchors;
    this.#kept = kept;
    this.#issuance = issuance;
  }

  /**
   * Reads the authority's folder anew: `status.bin` and `credentials/*.bin`. A file that does not verify is
   * left out and reported; a status list older than the one held never replaces it.
   *
   * @returns what was wrong, one line each
   */
  async refresh(folder: string): Promise<readonly string[]> {
    const faults: string[] = [];
    if (!this.#status)
      await this.#recallStatus().catch((error: unknown) => faults.push(`the list kept: ${said(error)}`));
    await this.#takeStatus(join(folder, 'status.bin')).catch((error: unknown) =>
      faults.push(`status.bin: ${said(error)}`),
    );
    const files = await readdir(join(folder, 'credentials')).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.bin'))) {
      await this.#takeCredential(join(folder, 'credentials', file)).catch((error: unknown) =>
        faults.push(`${file}: ${said(error)}`),
      );
    }
    return faults;
  }

  /** The person a passkey belongs to; throws Refusal E_ASSERTION_CRED when it is not certified. */
  person(kid: Bytes): Person {
    const person = this.#people.get(hex(kid));
    if (!person) throw new Refusal('E_ASSERTION_CRED', 'this passkey is not certified', 'approval.kid');
    return person;
  }

  /** Proof that a person's credential was issued in the open; throws Refusal E_ASSERTION_CRED. */
  issuance(person: Person): Proof {
    const proof = this.proofOf(person);
    if (!proof)
      throw new Refusal('E_ASSERTION_CRED', 'its issuance is not yet in the witnessed log', 'credential');
    return proof;
  }

  /** Proof of a person's issuance, if it is in the witnessed log by now. */
  proofOf(person: Person): Proof | undefined {
    return this.#proofs.get(hex(person.credential.key.kid))?.proof;
  }

  /** Are all issuances proven under the keys that sign the log and the witnesses that cosign it now? */
  get settled(): boolean {
    const now = this.#issuance.under();
    return [...this.#proofs.values()].every(({ under }) => under === now);
  }

  /** The revocation list in force; throws Refusal E_STATUS when none was ever read. */
  get status(): { readonly list: Status; readonly bytes: Bytes } {
    if (!this.#status || !this.#statusBytes)
      throw new Refusal('E_STATUS', 'no revocation list was read yet', 'status');
    return { list: this.#status, bytes: this.#statusBytes };
  }

  get people(): Iterable<Person> {
    return this.#people.values();
  }

  async #recallStatus(): Promise<void> {
    const bytes = this.#kept.load();
    if (!bytes) return;
    this.#status = await openStatus(this.#crypto, bytes, this.#anchors.authorities);
    this.#statusBytes = bytes;
  }

  async #takeStatus(file: string): Promise<void> {
    const bytes = new Uint8Array(await readFile(file));
    if (this.#statusBytes && equal(bytes, this.#statusBytes)) return;
    const list = await openStatus(this.#crypto, bytes, this.#anchors.authorities);
    if (this.#status && list.version <= this.#status.version)
      throw new Refusal('E_STATUS', 'older than the list held', 'status.1');
    this.#status = list; // In force at once; what follows only makes it last.
    this.#statusBytes = bytes;
    await this.#kept.save(bytes, list);
  }

  async #takeCredential(file: string): Promise<void> {
    const certificate = new Uint8Array(await readFile(file));
    const credential = await openCredential(this.#crypto, certificate, this.#anchors.authorities);
    // Who may speak to devices on a reader is no person, and is proven where it is used.
    if ((credential.roles & (ROLE.gateway | ROLE.station)) !== 0)
      throw new Refusal('E_ROLE', 'a gateway or a station, among people', 'credential.roles');
    const kid = hex(credential.key.kid);
    const held = this.#people.get(kid);
    const same = held !== undefined && equal(held.certificate, certificate);
    const under = this.#issuance.under();
    if (same && this.#proofs.get(kid)?.under === under) return;
    // Two for one passkey: the later one counts, whatever order the folder gives them in.
    if (held && !same && credential.serial <= held.credential.serial) return;
    this.#people.set(kid, { credential, certificate, subject: hex(credential.subject) });
    if (!same) this.#proofs.delete(kid); // The one before proves another certificate.
    const { proof, lasting } = await this.#issuance.prove(certificate, credential.serial);
    this.#proofs.set(kid, { proof, under: lasting ? under : '' });
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
