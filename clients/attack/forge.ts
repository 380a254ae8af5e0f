import { join } from 'node:path';
import type { Approval } from '../../server/protocol/approval.ts';
import { type Bundle, encodeBundle, type ProvenCredential } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { parseCommand } from '../../server/protocol/command.ts';
import { encodeEntry, type Entry } from '../../server/protocol/log/entry.ts';
import { type Grant, issueGrant } from '../../server/protocol/grant.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { PersonName } from '../ward/people.ts';
import { type Extended, extendLog, type StolenLog } from '../ward/stolen-log.ts';
import type { Hands } from './hands.ts';
import type { Honest } from './honest.ts';
import { StolenDatabase } from './stolen-database.ts';

const { sha256 } = nodeCrypto;
const GRANT_KEY = 'keys/gateway/grant.key.pem';
const LOG_KEY = 'keys/gateway/log.key.pem';
const WITNESS_CLIENT = 'keys/gateway/witness-client.key.pem';

/** What is to be in a bundle; everything left out is made as genuine as the attacker can. */
export interface Wanted {
  readonly command: Bytes;
  readonly approvals: readonly Approval[];
  readonly people: readonly PersonName[];
  /** Instead of those of `people`; the attacker logs the issuance of whatever it makes itself. */
  readonly credentials?: readonly Bytes[];
  readonly tier?: 1 | 2;
  readonly intent?: Partial<Entry>;
  readonly grant?: Partial<Grant>;
  /** Shows the log without asking a witness. */
  readonly unwitnessed?: boolean;
}

/** A log that was stolen once, and how far the attacker has taken it since: whoever attacks next goes on from there. */
export interface StolenOnce {
  log?: StolenLog;
}

/** Makes bundles as genuine as an attacker's hands allow: with stolen keys, and imitations of all others. */
export class Forger {
  readonly #hands: Hands;
  readonly #honest: Honest;
  readonly #folder: string;
  readonly #witnessUrl: string;
  readonly #once: () => StolenOnce;
  /** What the witness said to the last attempt, when it did not cosign. */
  witnessRefused: string | undefined;

  constructor(parts: {
    hands: Hands;
    honest: Honest;
    folder: string;
    witnessUrl: string;
    once: () => StolenOnce;
  }) {
    this.#hands = parts.hands;
    this.#honest = parts.honest;
    this.#folder = parts.folder;
    this.#witnessUrl = parts.witnessUrl;
    this.#once = parts.once;
  }

  async bundle(wanted: Wanted): Promise<Bundle> {
    const certificates = wanted.credentials ?? wanted.people.map((name) => this.credential(name));
    const intent = this.#intent(wanted);
    const log = this.#stolen();
    const known = certificates.map((bytes) => indexOf(log.entries, sha256(bytes)));
    const issued = certificates
      .filter((_, i) => (known[i] ?? -1) < 0)
      .map((bytes, i) =>
        encodeEntry({ type: 'credential', time: Date.now(), digest: sha256(bytes), number: 500 + i }),
      );
    const grown = await this.#extend([...issued, intent], wanted.unwitnessed === true);
    const credentials: ProvenCredential[] = certificates.map((credential) => ({
      credential,
      proof: grown.prove(indexOf(grown.entries, sha256(credential))),
    }));
    return {
      command: wanted.command,
      approvals: wanted.approvals,
      credentials,
      status: this.#hands.file('keys/public/status.bin'),
      grant: await this.#grant(wanted, intent),
      proof: grown.prove(grown.entries.length - 1),
    };
  }

  /** The bytes of such a bundle. */
  async bytes(wanted: Wanted): Promise<Bytes> {
    return encodeBundle(await this.bundle(wanted));
  }

  /** Published by the authority: everybody has it. */
  credential(name: PersonName): Bytes {
    return this.#hands.file(`keys/public/credentials/${name}.bin`);
  }

  #intent({ command, approvals, tier = 2, intent }: Wanted): Bytes {
    return encodeEntry({
      type: 'intent',
      time: Date.now(),
      device: deviceOf(command),
      command: sha256(command),
      kids: approvals.map(({ kid }) => kid),
      tier,
      commitments: [sha256(command)],
      link: 1,
      ...intent,
    });
  }

  async #grant({ command, grant }: Wanted, intent: Bytes): Promise<Bytes> {
    const said = {
      device: deviceOf(command),
      command: sha256(command),
      nonce: nonceOf(command),
      id: sha256(intent).slice(0, 16),
      intentLeaf: leafHash(sha256, intent),
      notAfterTick: 0xffff_ffff,
      issued: Math.floor(Date.now() / 1000),
      ...grant,
    };
    return issueGrant(said, this.#hands.signer(GRANT_KEY));
  }

  async #extend(more: readonly Bytes[], unwitnessed: boolean): Promise<Extended> {
    const log = this.#stolen();
    // An address nobody listens at: the attacker does not even ask.
    const witness = unwitnessed ? { ...log.witness, url: 'https://127.0.0.1:1' } : log.witness;
    const grown = await extendLog({ ...log, witness }, more);
    this.witnessRefused = grown.refused;
    // A witness that did not cosign has not seen the longer log: the next attempt starts from where it is.
    if (grown.refused === undefined) this.#once().log = { ...log, entries: grown.entries };
    return grown;
  }

  #stolen(): StolenLog {
    const once = this.#once();
    once.log ??= {
      entries: this.#entries(),
      anchors: this.#honest.anchors,
      signer: this.#hands.signer(LOG_KEY),
      witness: {
        url: this.#witnessUrl,
        ...this.#client(),
        ca: new TextDecoder().decode(this.#hands.file('keys/public/ca/service-ca.cert.pem')),
      },
    };
    return once.log;
  }

  /** Without the gateway's client certificate the attacker dials with none at all. */
  #client(): { key?: string; cert?: string } {
    if (!this.#hands.has(WITNESS_CLIENT)) return {};
    const cert = this.#hands.file(WITNESS_CLIENT.replace('.key.', '.cert.'));
    return { key: this.#hands.pem(WITNESS_CLIENT), cert: new TextDecoder().decode(cert) };
  }

  /** The log as it lies in the database, when that is in the attacker's hands; a new one otherwise. */
  #entries(): readonly Bytes[] {
    if (!this.#hands.has('gateway/countersign.db')) return [];
    const database = new StolenDatabase(join(this.#folder, 'gateway'));
    const entries = database.entries();
    database.close();
    return entries;
  }
}

const indexOf = (entries: readonly Bytes[], part: Bytes): number =>
  entries.findIndex((entry) => Buffer.from(entry).includes(Buffer.from(part)));

/** Altered bytes may be no command any more; the attacker then says what it said before. */
const deviceOf = (command: Bytes): Bytes => said(command, 'device', 8);
const nonceOf = (command: Bytes): Bytes => said(command, 'nonce', 16);

function said(command: Bytes, field: 'device' | 'nonce', size: number): Bytes {
  try {
    return parseCommand(command)[field];
  } catch {
    return new Uint8Array(size);
  }
}
