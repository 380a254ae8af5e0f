import { randomBytes } from 'node:crypto';
import { type Approval, clientDataPrefix, type SigningOrigin } from '../../../server/protocol/approval.ts';
import type { ProvenCredential } from '../../../server/protocol/bundle.ts';
import { type Bytes, concat, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, type SignedByPeople } from '../../../server/protocol/command.ts';
import { coseKey } from '../../../server/protocol/encoding/cose-key.ts';
import { type IssuableCredential, issueCredential, ROLE } from '../../../server/protocol/credential.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { CREDENTIAL_AGE, ephemeralSigner, PAGES } from './hospital.ts';
import type { KitLog } from './kit-log.ts';

const { sha256 } = nodeCrypto;

/** A clinician of the kit: a passkey that is a program, on one of two pages, and its credential with the proof. */
export interface Person {
  readonly signer: Signer;
  readonly site: SigningOrigin;
  readonly proven: ProvenCredential;
  readonly serial: number;
  readonly subject: Bytes;
}

export interface Enrolment {
  readonly page?: 0 | 1;
  readonly signer?: Signer;
  readonly issuer?: Signer;
  readonly changes?: Partial<IssuableCredential>;
  /** Unix seconds at which the witness saw the issuance; two days ago where nothing else is said. */
  readonly witnessedAt?: number;
  /** Another entry of the log in place of the one that announces this credential. */
  readonly provenBy?: number;
}

/** Certifies people and announces them in the log, as a credentialing authority does. */
export class People {
  readonly #authority: Signer;
  readonly #log: KitLog;
  readonly #now: number;
  #serial: number;

  /** @param now unix seconds */
  constructor(authority: Signer, log: KitLog, now: number) {
    this.#authority = authority;
    this.#log = log;
    this.#now = now;
    this.#serial = 1_000 + log.size; // link credentials have the numbers below
  }

  async enrol(enrolment: Enrolment = {}): Promise<Person> {
    const { page = 0, signer = ephemeralSigner(), issuer = this.#authority, changes = {} } = enrolment;
    const site = PAGES[page];
    const since = this.#now - 2 * CREDENTIAL_AGE;
    const content: IssuableCredential = {
      subject: new Uint8Array(randomBytes(16)),
      roles: ROLE.clinician | ROLE.second | ROLE.emergency,
      coseKey: coseKey(signer.key.alg, signer.key.raw),
      rpIdHash: sha256(utf8(site.rpId)),
      backupEligible: false,
      notBefore: since,
      notAfter: this.#now + 365 * 86_400,
      serial: this.#serial++,
      marks: 0,
      ...changes,
    };
    const credential = await issueCredential(content, issuer);
    const time = this.#now * 1000;
    const entry = { type: 'credential', time, digest: sha256(credential), number: content.serial } as const;
    const index = this.#log.append(entry);
    const proof = await this.#log.proof(enrolment.provenBy ?? index, enrolment.witnessedAt ?? since);
    return { signer, site, serial: content.serial, subject: content.subject, proven: { credential, proof } };
  }
}

export const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;

export interface Gesture {
  readonly flags?: number;
  /** What follows the fixed beginning of clientDataJSON. */
  readonly suffix?: string;
  /** Another text in place of all of clientDataJSON, made from what a browser would have said. */
  readonly saying?: (said: string) => string;
  readonly rpId?: string;
  /** What they sign: a second person who was shown the values signs `primed`. */
  readonly label?: SignedByPeople;
}

/** One person's passkey over command bytes, as an authenticator and a browser make it together. */
export async function approve(
  { signer, site }: Pick<Person, 'signer' | 'site'>,
  command: Bytes,
  {
    flags = FLAG.UP | FLAG.UV,
    suffix = '}',
    saying = (said) => said,
    rpId = site.rpId,
    label = 'command',
  }: Gesture = {},
): Promise<Approval> {
  const authenticatorData = concat(sha256(utf8(rpId)), Uint8Array.of(flags), new Uint8Array(4));
  const said = clientDataPrefix(challengeFor(sha256, label, command), site.origin) + suffix;
  const clientDataJSON = utf8(saying(said));
  const signature = await signer.sign(concat(authenticatorData, sha256(clientDataJSON)));
  return { kid: signer.key.kid, authenticatorData, clientDataJSON, signature };
}
