import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Anchors } from '../protocol/anchors.ts';
import type { Proof } from '../protocol/bundle.ts';
import { type Bytes, equal, hex } from '../protocol/bytes.ts';
import { openCredential, openStatus, type Status } from '../protocol/credential.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Person } from './authenticated.ts';

/** Logs a credential's issuance once and gives its earliest witnessed proof. */
export type ProveIssuance = (certificate: Bytes, serial: number) => Promise<Proof>;

/** The newest revocation list ever taken, kept over a restart: an older one must not bring anybody back. */
export interface KeptStatus {
  load(): Bytes | undefined;
  save(bytes: Bytes, list: Status): Promise<void>;
}

/** The people the hospital's authority vouches for, as published in its folder: signed files, nothing else. */
export class Directory {
  readonly #people = new Map<string, Person>();
  readonly #proofs = new Map<string, Proof>();
  readonly #crypto: Crypto;
  readonly #anchors: Pick<Anchors, 'authorities'>;
  readonly #kept: KeptStatus;
  #status: Status | undefined;
  #statusBytes: Bytes | undefined;

  constructor(crypto: Crypto, anchors: Pick<Anchors, 'authorities'>, kept: KeptStatus) {
    this.#crypto = crypto;
    this.#anchors = anchors;
    this.#kept = kept;
  }

  /**
   * Reads the authority's folder anew: `status.bin` and `credentials/*.bin`. A file that does not verify is
   * left out and reported; a status list older than the one held never replaces it.
   *
   * @returns what was wrong, one line each
   */
  async refresh(folder: string, prove: ProveIssuance): Promise<readonly string[]> {
    const faults: string[] = [];
    if (!this.#status)
      await this.#recallStatus().catch((error: unknown) => faults.push(`the list kept: ${said(error)}`));
    await this.#takeStatus(join(folder, 'status.bin')).catch((error: unknown) =>
      faults.push(`status.bin: ${said(error)}`),
    );
    const files = await readdir(join(folder, 'credentials')).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.bin'))) {
      await this.#takeCredential(join(folder, 'credentials', file), prove).catch((error: unknown) =>
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
    return this.#proofs.get(hex(person.credential.key.kid));
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

  async #takeCredential(file: string, prove: ProveIssuance): Promise<void> {
    const certificate = new Uint8Array(await readFile(file));
    const credential = await openCredential(this.#crypto, certificate, this.#anchors.authorities);
    const kid = hex(credential.key.kid);
    const held = this.#people.get(kid);
    const same = held !== undefined && equal(held.certificate, certificate);
    if (same && this.#proofs.has(kid)) return;
    // Two for one passkey: the later one counts, whatever order the folder gives them in.
    if (held && !same && credential.serial <= held.credential.serial) return;
    this.#people.set(kid, { credential, certificate, subject: hex(credential.subject) });
    this.#proofs.delete(kid); // The one before proves another certificate.
    this.#proofs.set(kid, await prove(certificate, credential.serial));
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
