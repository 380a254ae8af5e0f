import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Anchors } from '../../../server/protocol/anchors.ts';
import {
  parseProof,
  type Proof,
  proofValue,
  type ProvenCredential,
} from '../../../server/protocol/bundle.ts';
import { type Bytes, equal, hex } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import {
  type Credential,
  openCredential,
  openStatus,
  ROLE,
  type Status,
} from '../../../server/protocol/credential.ts';
import { arrayOf, bytesOf, decodeStrict } from '../../../server/protocol/encoding/fields.ts';
import { verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { keepFile } from '../../common/process/keep-file.ts';

/** Somebody who may ask for the safe mode, with the proof that a device will want. */
export interface Rescuer {
  readonly credential: Bytes;
  /** The newest first: a device that was away while keys were replaced believes those of before. */
  readonly proofs: readonly Proof[];
  readonly said: Credential;
}

/** Proofs of one credential: keys are replaced once in years. */
const MAX_PROOFS = 4;

/** People with the emergency role in one hospital; a station that is told of more has been told nonsense. */
const MAX_RESCUERS = 500;
const MAX_FILE = 4 * 1024 * 1024;

/**
 * What a station knows for the day when nobody can be asked: who may rescue, and whose passkey was revoked. It comes
 * from the gateway, and is believed only as far as the hospital's authority and the log have signed it.
 */
export class EmergencyCache {
  readonly #folder: string;
  #anchors: Anchors;
  readonly #rescuers = new Map<string, Rescuer>();
  #status: Status | undefined;
  #statusBytes: Bytes | undefined;

  private constructor(folder: string, anchors: Anchors) {
    this.#folder = folder;
    this.#anchors = anchors;
  }

  /** Takes up what was kept in a folder (made 0700 when missing); what does not verify any more is left out. */
  static async open(folder: string, anchors: Anchors): Promise<EmergencyCache> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const cache = new EmergencyCache(folder, anchors);
    const kept = read(join(folder, 'rescue.bin'));
    if (!kept) return cache;
    const [status, people] = arrayOf(decodeStrict(kept, 'rescue', MAX_FILE), 'rescue', 2, 2);
    const list = bytesOf(status, 'rescue.status');
    if (list.length > 0) await cache.#takeStatus(list).catch(ignored);
    for (const person of arrayOf(people, 'rescue.people', 0, MAX_RESCUERS)) {
      const [credential, ...proofs] = arrayOf(person, 'rescue.people', 2, 1 + MAX_PROOFS);
      const [newest, ...older] = proofs.map((proof) => parseProof(proof, 'proof'));
      if (newest) await cache.#admit(bytesOf(credential, 'credential'), newest, older).catch(ignored);
    }
    return cache;
  }

  /** What is verified against from now on: keys were replaced. Whom those before let in stays in. */
  renew(anchors: Anchors): void {
    this.#anchors = anchors;
  }

  /** The revocation list held; undefined before the first. */
  get status(): Status | undefined {
    return this.#status;
  }

  get size(): number {
    return this.#rescuers.size;
  }

  /** A revocation list; an older one is refused. Throws Refusal E_STATUS. */
  async takeStatus(bytes: Bytes): Promise<void> {
    if (await this.#takeStatus(bytes)) this.#keep();
  }

  /** Somebody's credential with its issuance proof. Throws Refusal unless both verify and the role is there. */
  async takeRescuer({ credential, proof }: ProvenCredential): Promise<void> {
    if (await this.#admit(credential, proof)) this.#keep();
  }

  /**
   * Who a passkey belongs to, if they may ask. Says early what the device would say anyway. Throws Refusal
   * E_ASSERTION_CRED.
   */
  rescuer(kid: Bytes): Rescuer {
    const found = this.#rescuers.get(hex(kid));
    if (!found)
      throw new Refusal(
        'E_ASSERTION_CRED',
        'this station knows no such passkey for emergencies',
        'approval.kid',
      );
    if (this.#status?.revoked.includes(found.said.serial) === true)
      throw new Refusal('E_ASSERTION_CRED', 'the credential was revoked', 'credential.serial');
    return found;
  }

  async #takeStatus(bytes: Bytes): Promise<boolean> {
    const list = await openStatus(nodeCrypto, bytes, this.#anchors.authorities);
    if (this.#status && list.version < this.#status.version)
      throw new Refusal('E_STATUS', 'older than the list held', 'status.1');
    const news = this.#status?.version !== list.version;
    this.#status = list;
    this.#statusBytes = bytes;
    return news;
  }

  async #admit(credential: Bytes, proof: Proof, older: readonly Proof[] = []): Promise<boolean> {
    const said = await openCredential(nodeCrypto, credential, this.#anchors.authorities);
    if ((said.roles & ROLE.emergency) === 0) throw new Refusal('E_ROLE', 'no emergency role', 'credential.3');
    await verifyProof(nodeCrypto, proof, this.#anchors);
    const name = hex(said.key.kid);
    const held = this.#rescuers.get(name);
    const same = held?.said.serial === said.serial;
    if (held && !same && held.said.serial > said.serial) return false;
    const before = same ? held.proofs : older;
    if (before[0] && equal(encode(proofValue(before[0])), encode(proofValue(proof)))) return false;
    if (!held && this.#rescuers.size >= MAX_RESCUERS)
      throw new Refusal('E_RATE', 'too many people', 'rescue');
    this.#rescuers.set(name, { credential, proofs: [proof, ...before].slice(0, MAX_PROOFS), said });
    return true;
  }

  #keep(): void {
    const people = [...this.#rescuers.values()].map(({ credential, proofs }) => [
      credential,
      ...proofs.map(proofValue),
    ]);
    keepFile(join(this.#folder, 'rescue.bin'), encode([this.#statusBytes ?? new Uint8Array(), people]));
  }
}

function read(file: string): Bytes | undefined {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Kept before anchors changed, or damaged: it is asked for again. */
function ignored(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}
