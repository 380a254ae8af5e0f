import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Anchors } from '../../server/protocol/anchors.ts';
import { verifyApproval } from '../../server/protocol/approval.ts';
import { equal, hex, unbase64url, utf8 } from '../../server/protocol/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { checkInForce, checkNotRevoked, checkRole, ROLE } from '../../server/protocol/credential.ts';
import { bytesOf, textOf } from '../../server/protocol/fields.ts';
import { parseSigned, parseStatement } from '../../server/protocol/statement.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import type { Authority } from './authority.ts';
import type { DeviceCa, DeviceName } from './device-ca.ts';
import { readRequest } from './device-ca.ts';

export interface EnrolmentParts {
  readonly folder: string;
  readonly ca: DeviceCa;
  readonly authority: Pick<Authority, 'people'>;
  readonly origins: Anchors['origins'];
  /** Unix ms. */
  readonly now: () => number;
  readonly audit: (event: string, facts: { readonly name?: string; readonly reason?: string }) => void;
}

/** What became of a request for a certificate. */
export type Enrolled =
  | { readonly kind: 'issued'; readonly certificate: string }
  | { readonly kind: 'pending'; readonly id: string };

/** Waiting for an operator; whoever floods this has a maker's certificate, and is known by name. */
const MAX_PENDING = 500;
/** The first field of an `enrolment` statement that lets a device have a certificate: `{ 1: this, 2: request's SHA-256 }`. */
const KIND = 'device certificate';
const PENDING = z.strictObject({ request: z.string(), device: z.string(), serial: z.string() });
const SERIAL = /^[0-9a-f]{32}$/u;

/**
 * Requests for device certificates, each in a file under its SHA-256 until an operator's signed word is laid beside it;
 * and the certificates themselves, so that who asks again gets the same.
 */
export class Enrolments {
  readonly #parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
    for (const part of ['pending', 'approvals', 'issued', 'ended'])
      mkdirSync(join(parts.folder, part), { recursive: true, mode: 0o700 });
  }

  /** A first certificate: it waits for an operator. Throws Error saying what is wrong with the request. */
  async enrol(der: Uint8Array, peer: DeviceName & { readonly keyHash: string }): Promise<Enrolled> {
    const request = await readRequest(der);
    expectSame(request, peer);
    if (request.keyHash === peer.keyHash)
      throw new Error('the identity key is for identity alone: make another key for TLS');
    const id = createHash('sha256').update(der).digest('hex');
    const issued = this.#at('issued', `${id}.pem`);
    if (existsSync(issued)) return { kind: 'issued', certificate: readFileSync(issued, 'utf8') };
    const pending = this.#at('pending', `${id}.json`);
    if (!existsSync(pending)) {
      if (readdirSync(this.#at('pending')).length >= MAX_PENDING)
        throw new Error('too many devices wait already');
      const content = {
        request: Buffer.from(der).toString('base64url'),
        device: request.id,
        serial: request.serial,
      };
      keepFile(pending, utf8(JSON.stringify(content)));
      this.#parts.audit('a device asks for a certificate', { name: request.id });
    }
    return (await this.#approved(id)) ? this.#issue(id, der) : { kind: 'pending', id };
  }

  /** The next certificate of a device that has one: at once. Throws Error when it is for somebody else. */
  async renew(der: Uint8Array, peer: DeviceName & { readonly keyHash: string }): Promise<Enrolled> {
    const request = await readRequest(der);
    expectSame(request, peer);
    return this.#issue(createHash('sha256').update(der).digest('hex'), der);
  }

  /** Who waits: the id to approve, and the device. */
  get pending(): readonly { readonly id: string; readonly device: string; readonly serial: string }[] {
    return readdirSync(this.#at('pending')).flatMap((file) => {
      const id = file.replace(/\.json$/u, '');
      if (!file.endsWith('.json') || existsSync(this.#at('issued', `${id}.pem`))) return [];
      const { device, serial } = PENDING.parse(JSON.parse(readFileSync(this.#at('pending', file), 'utf8')));
      return [{ id, device, serial }];
    });
  }

  /** Has a certificate with this serial number been ended? */
  ended(serial: string): boolean {
    return existsSync(this.#at('ended', serial.toLowerCase()));
  }

  /** The list of ended certificates, DER. */
  crl(): Promise<Uint8Array> {
    const all = readdirSync(this.#at('ended')).filter((name) => SERIAL.test(name));
    const entries = all.map((serial) => ({ serial, since: statSync(this.#at('ended', serial)).mtimeMs }));
    // Later lists have higher numbers (RFC 5280 section 5.2.3).
    return this.#parts.ca.crl(entries, Math.floor(this.#parts.now() / 1000), this.#parts.now());
  }

  async #issue(id: string, der: Uint8Array): Promise<Enrolled> {
    const request = await readRequest(der);
    const certificate = await this.#parts.ca.issue(request, this.#parts.now());
    keepFile(this.#at('issued', `${id}.pem`), utf8(certificate));
    this.#parts.audit('a device certificate was issued', { name: request.id });
    return { kind: 'issued', certificate };
  }

  /** Has an operator signed that this very request may have its certificate? */
  async #approved(id: string): Promise<boolean> {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(readFileSync(this.#at('approvals', `${id}.statement`)));
    } catch {
      return false;
    }
    try {
      await this.#expectOperator(bytes, id);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.audit('an approval does not hold', { name: id, reason });
      return false;
    }
  }

  async #expectOperator(bytes: Uint8Array, id: string): Promise<void> {
    const { authority, origins, now } = this.#parts;
    const signed = parseSigned(bytes);
    const { purpose, detail } = parseStatement(signed.statement);
    if (purpose !== 'enrolment' || textOf(detail.get(1), 'statement.5.1', 32) !== KIND)
      throw new Error('the statement is about something else');
    if (hex(bytesOf(detail.get(2), 'statement.5.2', 32)) !== id)
      throw new Error('the statement is about another request');
    const { credentials, revoked } = await authority.people();
    const credential = credentials.find(({ key }) => equal(key.kid, signed.approval.kid));
    if (!credential) throw new Error('nobody of that passkey');
    checkRole(credential, ROLE.operator);
    checkInForce(credential, Math.floor(now() / 1000));
    checkNotRevoked(credential, revoked);
    const { sha256 } = nodeCrypto;
    const site = origins.find(({ rpId }) => equal(sha256(utf8(rpId)), credential.rpIdHash));
    if (!site) throw new Error('signed on a page that is not trusted');
    const challenge = challengeFor(sha256, 'statement', signed.statement);
    await verifyApproval(nodeCrypto, signed.approval, credential.key, challenge, site, false);
  }

  #at(...parts: readonly string[]): string {
    return join(this.#parts.folder, ...parts);
  }
}

function expectSame(request: DeviceName, peer: DeviceName): void {
  if (request.id !== peer.id || request.serial !== peer.serial)
    throw new Error('the request names another device than the certificate it came with');
}

/** Reads the body of an EST request: base64 of DER (RFC 8951 section 3). Throws Error. */
export function derIn(body: string): Uint8Array {
  const text = body.replaceAll(/[\r\n\t ]/gu, '');
  if (!/^[A-Za-z0-9+/]{40,12000}={0,2}$/u.test(text)) throw new Error('expected a request in base64');
  return unbase64url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
}
