import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bytes, equal, hex, unbase64url, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type DeviceWord, parseDeviceWord } from '../../server/protocol/fleet/enrolment.ts';
import { MAX_CERTIFICATES } from '../../server/protocol/fleet/fleet-device.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { type DeviceCa, type DeviceName, type Peer, readRequest } from './device-ca.ts';
import { certificateOf, type Enrolled, type EnrolledRecord } from './enrolled.ts';
import { operatorsWord, type WordParts } from './words.ts';

export interface EnrolmentParts extends WordParts {
  readonly folder: string;
  readonly ca: DeviceCa;
  readonly enrolled: Enrolled;
  readonly audit: (event: string, facts: { readonly name?: string; readonly reason?: string }) => void;
}

/** What became of a request for a certificate. */
export type Outcome =
  | { readonly kind: 'issued'; readonly certificate: string }
  | { readonly kind: 'refused' }
  /** How many operators have to sign: two when a device that is known shows another key. */
  | { readonly kind: 'pending'; readonly id: string; readonly operators: 1 | 2 };

type Allowed = Extract<DeviceWord, { kind: 'device certificate' }> & { readonly time: number };
type Verdict = Allowed | 'refused' | 'waits';

/** Waiting for an operator; whoever floods this has a maker's certificate, and is known by name. */
const MAX_PENDING = 500;
/** A renewal that is asked for again gets the same certificate while that has at least this long to go. */
const STILL_FRESH_MS = 45 * 86_400_000;
export const PENDING = z.strictObject({
  request: z.string(),
  device: z.string(),
  serial: z.string(),
  /** COSE_Key of the maker's certificate it came with, hexadecimal. */
  identity: z.string(),
});

/**
 * Requests for device certificates, each in a file under its SHA-256 until an operator's signed word is laid beside it;
 * and the certificates themselves, so that who asks again gets the same.
 */
export class Enrolments {
  readonly #parts: EnrolmentParts;
  readonly #told = new Set<string>();

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
    for (const part of ['pending', 'approvals', 'issued', 'postures'])
      mkdirSync(join(parts.folder, part), { recursive: true, mode: 0o700 });
  }

  /** A first certificate: it waits for an operator. Throws Error saying what is wrong with the request. */
  async enrol(der: Uint8Array, peer: Peer): Promise<Outcome> {
    const request = await readRequest(der);
    expectSame(request, peer);
    if (request.keyHash === peer.keyHash)
      throw new Error('the identity key is for identity alone: make another key for TLS');
    const id = createHash('sha256').update(der).digest('hex');
    this.#await(id, der, peer);
    const known = this.#parts.enrolled.find(request.id);
    const operators = known && known.identity !== hex(peer.coseKey) ? 2 : 1;
    const verdict = await this.#verdict(id, peer, operators);
    if (verdict === 'refused') return { kind: 'refused' };
    if (verdict === 'waits') return { kind: 'pending', id, operators };
    const certificate = await this.#issue(id, der, 0);
    this.#letIn(peer, verdict, certificate);
    return { kind: 'issued', certificate };
  }

  /** The next certificate of a device that has one: at once. Throws Error when it is for somebody else. */
  async renew(der: Uint8Array, peer: Peer): Promise<Outcome> {
    const { enrolled, now } = this.#parts;
    const request = await readRequest(der);
    expectSame(request, peer);
    const device = enrolled.find(peer.id);
    if (!device || enrolled.removed(peer.id)) throw new Error('this device is not enrolled here');
    if (!device.certificates.some(({ fingerprint }) => fingerprint === peer.fingerprint))
      throw new Error('this certificate is not one that was given out last: enrol again');
    const inForce = device.certificates.filter(
      ({ serial, notAfter }) => notAfter > now() && !enrolled.ended(serial),
    );
    const id = createHash('sha256').update(der).digest('hex');
    if (inForce.length >= MAX_CERTIFICATES && !existsSync(this.#at('issued', `${id}.pem`)))
      throw new Error(`${MAX_CERTIFICATES} certificates of this device are in force: end some first`);
    const certificate = await this.#issue(id, der, STILL_FRESH_MS);
    const next = certificateOf(certificate);
    const others = inForce.filter(({ serial }) => serial !== next.serial);
    enrolled.keep({ ...device, certificates: [...others, next] });
    return { kind: 'issued', certificate };
  }

  /** Does what operators signed about devices that are enrolled; an older word than the last does nothing. */
  async work(): Promise<void> {
    for (const file of readdirSync(this.#at('postures')).filter((name) => name.endsWith('.statement'))) {
      const bytes = new Uint8Array(readFileSync(this.#at('postures', file)));
      try {
        const { time, detail } = await operatorsWord(bytes, this.#parts);
        this.#place(parseDeviceWord(detail), time);
      } catch (error) {
        this.#parts.audit('a word about a device does not hold', { name: file, reason: reasonOf(error) });
      }
      rmSync(this.#at('postures', file));
    }
  }

  #place(word: DeviceWord, time: number): void {
    const { enrolled, audit } = this.#parts;
    if (word.kind !== 'device posture') throw new Error('the statement is about something else');
    const device = enrolled.find(hex(word.device));
    if (!device || enrolled.removed(device.id)) throw new Error('this device is not enrolled here');
    if (time <= device.decided) throw new Error('something newer was signed about this device');
    enrolled.keep({ ...device, posture: word.posture, decided: time });
    audit(word.posture === 'enrolled' ? 'a device takes commands' : 'a device is only read', {
      name: device.id,
    });
  }

  /** Keeps a request until somebody decides. Throws Error when it came before with another key. */
  #await(id: string, der: Uint8Array, peer: Peer): void {
    const file = this.#at('pending', `${id}.json`);
    const identity = hex(peer.coseKey);
    if (existsSync(file)) {
      if (PENDING.parse(JSON.parse(readFileSync(file, 'utf8'))).identity !== identity)
        throw new Error('this request came with another key of the maker before: make a new one');
      return;
    }
    const waiting = readdirSync(this.#at('pending')).filter(
      (name) => !existsSync(this.#at('issued', name.replace(/\.json$/u, '.pem'))),
    );
    if (waiting.length >= MAX_PENDING) throw new Error('too many devices wait already');
    const request = Buffer.from(der).toString('base64url');
    keepFile(file, utf8(JSON.stringify({ request, device: peer.id, serial: peer.serial, identity })));
    this.#parts.audit('a device asks for a certificate', { name: peer.id });
  }

  /**
   * Has an operator (or have two different ones, in the same words) signed that this very request may have its
   * certificate? Who refused it has the last word, whoever else approved.
   */
  async #verdict(id: string, peer: Peer, operators: 1 | 2): Promise<Verdict> {
    const agreed = new Map<string, { readonly by: Set<string>; readonly word: Allowed }>();
    for (const file of readdirSync(this.#at('approvals')).filter((name) => name.startsWith(`${id}-`))) {
      try {
        const bytes = new Uint8Array(readFileSync(this.#at('approvals', file)));
        const { subject, time, detail, said } = await operatorsWord(bytes, this.#parts);
        const word = aboutRequest(parseDeviceWord(detail), id, peer);
        if (word.kind === 'device refused') return 'refused';
        const same = agreed.get(hex(said));
        if (same) same.by.add(subject);
        else agreed.set(hex(said), { by: new Set([subject]), word: { ...word, time } });
      } catch (error) {
        if (!this.#told.has(file))
          this.#parts.audit('an approval does not hold', { name: id, reason: reasonOf(error) });
        this.#told.add(file); // Once, however often the device asks.
      }
    }
    return [...agreed.values()].find(({ by }) => by.size >= operators)?.word ?? 'waits';
  }

  /** The certificate of a request: made once, unless less than `left` ms of it is left. Throws Error when it was ended. */
  async #issue(id: string, der: Uint8Array, left: number): Promise<string> {
    const { ca, enrolled, now, audit } = this.#parts;
    const file = this.#at('issued', `${id}.pem`);
    if (existsSync(file)) {
      const held = readFileSync(file, 'utf8');
      const { serial, notAfter } = certificateOf(held);
      if (enrolled.ended(serial))
        throw new Error('the certificate of this request was ended: make a new one');
      if (notAfter - now() > left) return held;
    }
    const request = await readRequest(der);
    const certificate = await ca.issue(request, now());
    keepFile(file, utf8(certificate));
    audit('a device certificate was issued', { name: request.id });
    return certificate;
  }

  /** Enrols a device. Its first certificate ends those before; who is new, or has a new key, is only read at first. */
  #letIn(peer: Peer, word: Allowed, pem: string): void {
    const { enrolled } = this.#parts;
    const certificate = certificateOf(pem);
    const before = enrolled.find(peer.id);
    if (before?.certificates.some(({ serial }) => serial === certificate.serial)) return; // Asked again.
    const identity = hex(peer.coseKey);
    const posture = before?.identity === identity ? before.posture : 'monitor-only';
    for (const { serial } of before?.certificates ?? []) enrolled.end(serial);
    const { id, serial } = peer;
    const { name, site, transport, profile, time } = word;
    const device: EnrolledRecord = {
      id,
      serial,
      name,
      site,
      transport,
      posture: enrolled.removed(id) ? 'monitor-only' : posture,
      profile: hex(profile),
      identity,
      decided: Math.max(time, before?.decided ?? 0),
      certificates: [certificate],
    };
    enrolled.keep(device);
  }

  #at(...parts: readonly string[]): string {
    return join(this.#parts.folder, ...parts);
  }
}

/** A word about this very request, and the key it came with. Throws Error when it is about something else. */
function aboutRequest(
  word: DeviceWord,
  id: string,
  peer: Peer,
): Exclude<DeviceWord, { kind: 'device posture' }> {
  if (word.kind === 'device posture') throw new Error('the statement is about something else');
  if (hex(word.request) !== id) throw new Error('the statement is about another request');
  if (word.kind === 'device certificate' && !equal(word.identity, nodeCrypto.sha256(peer.coseKey)))
    throw new Error('the statement is about another key of the device');
  return word;
}

function expectSame(request: DeviceName, peer: DeviceName): void {
  if (request.id !== peer.id || request.serial !== peer.serial)
    throw new Error('the request names another device than the certificate it came with');
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads the body of an EST request: base64 of DER (RFC 8951 section 3). Throws Error. */
export function derIn(body: string): Bytes {
  const text = body.replaceAll(/[\r\n\t ]/gu, '');
  if (!/^[A-Za-z0-9+/]{40,12000}={0,2}$/u.test(text)) throw new Error('expected a request in base64');
  return unbase64url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
}
