import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, equal, hex, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  type Credential,
  issueCredential,
  issueStatus,
  openCredential,
  openStatus,
  ROLE,
  type Status,
} from '../../server/protocol/credential.ts';
import type { PublicKey, Signer } from '../../server/protocol/crypto.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { LINK_REQUEST, type LinkRequest, type Request, REQUEST } from './config.ts';
import { KINDS, numbersIn, SERIAL, Serials, sharedSerials } from './serials.ts';

export interface AuthorityParts {
  readonly folder: string;
  readonly signer: Signer;
  /** Keys before this one: what they signed counts for as long as the anchors name them. */
  readonly former?: readonly PublicKey[];
  /** Unix ms. */
  readonly now: () => number;
  /** Told of each thing that was issued or refused. */
  readonly audit: (
    event: string,
    facts: { readonly name?: string; readonly reason?: string; readonly index?: number },
  ) => void;
}

/** What a person is told about the keys certified in their name. */
export interface Notice {
  readonly event: 'issued' | 'revoked';
  readonly serial: number;
  /** Key id, hexadecimal. */
  readonly kid: string;
  readonly roles: readonly string[];
  /** ISO 8601. */
  readonly time: string;
}

/** A list is made anew after this, so that nobody has to wonder whether an old one is still the newest. */
const RENEW_MS = 12 * 3_600_000;
const DAY_SECONDS = 86_400;

/**
 * The credentialing authority. What is wanted lies in its folder as files: `requests/NAME.json` asks for a credential,
 * `revoked/SERIAL` for its end. `work` brings what is published in line with that, and can be repeated after any crash:
 * each step is one file that is there whole or not at all.
 */
export class Authority {
  readonly #parts: AuthorityParts;
  readonly #told = new Set<string>();
  readonly #serials: Serials;

  constructor(parts: AuthorityParts) {
    this.#parts = parts;
    this.#serials = new Serials(parts.folder);
    for (const part of ['requests', 'revoked', ...KINDS.map((kind) => `published/${kind}`)])
      mkdirSync(join(parts.folder, part), { recursive: true, mode: 0o700 });
  }

  /** Issues what is asked for and revokes what has to end. Returns whether anything new was published. */
  async work(): Promise<boolean> {
    let published = false;
    for (const file of this.#names('requests')) {
      const name = file.replace(/\.json$/u, '');
      try {
        published = (await this.#certify(name)) || published;
        this.#told.delete(name);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!this.#told.has(name)) this.#parts.audit('a request was refused', { name, reason });
        this.#told.add(name); // Once, however often it is tried.
      }
    }
    this.#warnOfShared();
    return (await this.#list()) || published;
  }

  /** Says once which numbers two credentials have, as authorities before this one gave them. */
  #warnOfShared(): void {
    for (const serial of sharedSerials(numbersIn(this.#parts.folder))) {
      const name = `serial ${serial}`;
      if (!this.#told.has(name))
        this.#parts.audit('two credentials have one number', { name, reason: 'certify both anew' });
      this.#told.add(name);
    }
  }

  /** Everything in the name of one subject (32 hexadecimal digits), the newest last. */
  async notices(subject: string): Promise<readonly Notice[]> {
    const revoked = new Set(this.#revoked());
    const all: Notice[] = [];
    for (const { credential, file } of await this.#credentials()) {
      if (hex(credential.subject) !== subject) continue;
      const said = {
        serial: credential.serial,
        kid: hex(credential.key.kid),
        roles: namesOf(credential.roles),
      };
      all.push({ event: 'issued', ...said, time: timeOf(statSync(file).mtimeMs) });
      const end = join(this.#parts.folder, 'revoked', String(credential.serial));
      if (revoked.has(credential.serial))
        all.push({ event: 'revoked', ...said, time: timeOf(statSync(end).mtimeMs) });
    }
    return all.toSorted((a, b) => (a.time < b.time ? -1 : 1));
  }

  /** Everybody who is certified, and whose credentials have ended. */
  async people(): Promise<{
    readonly credentials: readonly Credential[];
    readonly revoked: readonly number[];
  }> {
    const all = await this.#credentials();
    return { credentials: all.map(({ credential }) => credential), revoked: this.#revoked() };
  }

  /** Certifies a request that has no credential yet. Throws Error saying why not. */
  async #certify(name: string): Promise<boolean> {
    const { folder, signer, now, audit } = this.#parts;
    const request = requestIn(readFileSync(join(folder, 'requests', `${name}.json`), 'utf8'));
    const content = 'link' in request ? linkOf(name, request) : personOf(request);
    const kind = 'link' in request ? 'links' : 'credentials';
    const target = join(folder, 'published', kind, `${name}.bin`);
    const coseKey = unhex(request.coseKey);
    const { kid } = parseCoseKey(nodeCrypto.sha256, coseKey, 'coseKey');
    const held = [...(await this.#credentials()), ...(await this.#credentials('links'))];
    const same = held.find(({ credential }) => equal(credential.key.kid, kid));
    if (same && !equal(same.credential.subject, content.subject))
      throw new Error('this key is certified for somebody else');
    if (same?.file === target) return false;
    if (held.some(({ file }) => file === target))
      throw new Error('another key has this name: revoke it, and ask under a new name');
    const serial = this.#serials.next(numbersIn(folder), this.#revoked());
    const from = Math.floor(now() / 1000);
    const life = { notBefore: from, notAfter: from + request.days * DAY_SECONDS };
    keepFile(target, await issueCredential({ ...content, ...life, coseKey, serial, marks: 0 }, signer));
    audit('certified', { name, index: serial });
    return true;
  }

  /** The next list, when the one published does not say what it should, or is half a day old. */
  async #list(): Promise<boolean> {
    const { folder, signer, now, audit } = this.#parts;
    const file = join(folder, 'published', 'status.bin');
    const held = await this.#status(file);
    const revoked = [...new Set([...(held?.revoked ?? []), ...this.#revoked()])].toSorted((a, b) => a - b);
    const issued = Math.floor(now() / 1000);
    // One of a key before counts, and is followed by one of this key at once.
    const fresh = held?.ours === true && now() - held.issued * 1000 < RENEW_MS;
    if (fresh && held.revoked.length === revoked.length) return false;
    const version = (held?.version ?? 0) + 1;
    keepFile(file, await issueStatus({ version, issued, revoked }, signer));
    audit('a revocation list was published', { index: version });
    return true;
  }

  async #status(file: string): Promise<(Status & { readonly ours: boolean }) | undefined> {
    let bytes: Bytes;
    try {
      bytes = new Uint8Array(readFileSync(file));
    } catch {
      return undefined;
    }
    const list = await openStatus(nodeCrypto, bytes, this.#keys);
    const own = await openStatus(nodeCrypto, bytes, [this.#parts.signer.key]).catch(() => undefined);
    return { ...list, ours: own !== undefined };
  }

  async #credentials(
    kind: (typeof KINDS)[number] = 'credentials',
  ): Promise<readonly { readonly credential: Credential; readonly file: string }[]> {
    const folder = join(this.#parts.folder, 'published', kind);
    return Promise.all(
      readdirSync(folder)
        .filter((name) => name.endsWith('.bin'))
        .map(async (name) => {
          const file = join(folder, name);
          const bytes = new Uint8Array(readFileSync(file));
          return { file, credential: await openCredential(nodeCrypto, bytes, this.#keys) };
        }),
    );
  }

  get #keys(): readonly PublicKey[] {
    return [this.#parts.signer.key, ...(this.#parts.former ?? [])];
  }

  #names(part: string): readonly string[] {
    return readdirSync(join(this.#parts.folder, part)).filter((name) => name.endsWith('.json'));
  }

  #revoked(): readonly number[] {
    const names = readdirSync(join(this.#parts.folder, 'revoked'));
    return names.filter((name) => SERIAL.test(name)).map(Number);
  }
}

/** What a request file asks for. Throws Error when it cannot be read. */
function requestIn(text: string): Request | LinkRequest {
  const raw: unknown = JSON.parse(text);
  const isLink = typeof raw === 'object' && raw !== null && 'link' in raw;
  const { data, error } = isLink ? LINK_REQUEST.safeParse(raw) : REQUEST.safeParse(raw);
  if (!data) throw new Error(error?.issues[0]?.message ?? 'cannot be read');
  return data;
}

const personOf = ({ subject, roles, rpId, backupEligible }: Request) => ({
  subject: unhex(subject),
  roles: roles.reduce((bits, role) => bits | ROLE[role], 0),
  rpIdHash: nodeCrypto.sha256(utf8(rpId)),
  backupEligible,
});

/** No page: nobody signs with it. */
const linkOf = (name: string, { link }: LinkRequest) => ({
  subject: nodeCrypto.sha256(utf8(name)).slice(0, 16),
  roles: ROLE[link],
  rpIdHash: new Uint8Array(32),
  backupEligible: false,
});

const namesOf = (roles: number): readonly string[] =>
  Object.entries(ROLE).flatMap(([name, bit]) => ((roles & bit) === 0 ? [] : [name]));

const timeOf = (ms: number): string => new Date(ms).toISOString();
