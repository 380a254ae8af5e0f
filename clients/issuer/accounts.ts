import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { type Role, ROLES } from './config.ts';

/** A person who can sign in. */
export interface Account {
  /** The subject of their credential: 16 bytes, lower-case hexadecimal. */
  readonly subject: string;
  /** What the sign-in page calls them; it reaches no device and no log. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** A passkey for signing in. It signs no command: that is another passkey, on another page. */
export interface Passkey {
  /** Credential id, base64url. */
  readonly id: string;
  readonly subject: string;
  /** COSE_Key, base64url. */
  readonly publicKey: string;
  /** Signatures it has made, as it counts them itself; 0 for one that does not count, as synchronised passkeys do. */
  readonly counter: number;
}

export const SUBJECT = z.string().regex(/^[0-9a-f]{32}$/u, 'expected 32 lower-case hexadecimal digits');
const ACCOUNT = z.strictObject({ subject: SUBJECT, name: z.string().min(1).max(60), roles: ROLES });
const PASSKEY = z.strictObject({
  id: z.string().max(1_400),
  subject: SUBJECT,
  publicKey: z.string().max(400),
  counter: z.int().min(0).max(0xffff_ffff).default(0),
});
const LINK = ACCOUNT.extend({ expires: z.int() });
/** How long a link for registration is good. */
const LINK_MS = 15 * 60_000;
const MAX_PASSKEYS = 10;

/**
 * Accounts, passkeys and links in a folder, a file for each: the operator's program and the running issuer both write
 * there, and neither has to wait for the other.
 */
export class Accounts {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const part of ['accounts', 'passkeys', 'links'])
      mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  }

  find(subject: string): Account | undefined {
    return SUBJECT.safeParse(subject).success ? this.#read(ACCOUNT, 'accounts', subject) : undefined;
  }

  get all(): readonly Account[] {
    return readdirSync(join(this.#folder, 'accounts'))
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => this.#read(ACCOUNT, 'accounts', name.slice(0, -5)) ?? []);
  }

  passkey(id: string): Passkey | undefined {
    return this.#read(PASSKEY, 'passkeys', digest(id));
  }

  passkeysOf(subject: string): readonly Passkey[] {
    return readdirSync(join(this.#folder, 'passkeys'))
      .flatMap((name) => this.#read(PASSKEY, 'passkeys', name.replace(/\.json$/u, '')) ?? [])
      .filter((passkey) => passkey.subject === subject);
  }

  keep(account: Account): void {
    const { subject, name, roles } = account;
    keepFile(this.#at('accounts', subject), utf8(JSON.stringify({ subject, name, roles })));
  }

  /** Throws Error when this person has too many, or the passkey belongs to somebody else. */
  addPasskey(passkey: Passkey): void {
    const before = this.passkey(passkey.id);
    if (before && before.subject !== passkey.subject) throw new Error('the passkey belongs to somebody else');
    if (this.passkeysOf(passkey.subject).length >= MAX_PASSKEYS)
      throw new Error(`more than ${MAX_PASSKEYS} passkeys: remove the person and make a new link`);
    keepFile(this.#at('passkeys', digest(passkey.id)), utf8(JSON.stringify(passkey)));
  }

  /**
   * Takes the counter that came with a signature (WebAuthn Level 3, section 6.1.1); false, and nothing changes, when it
   * did not go up: there are then two of this passkey, or it is broken.
   */
  counted(id: string, counter: number): boolean {
    const passkey = this.passkey(id);
    if (!passkey) return false;
    if (counter === 0 && passkey.counter === 0) return true; // It does not count.
    if (counter <= passkey.counter) return false;
    keepFile(this.#at('passkeys', digest(id)), utf8(JSON.stringify({ ...passkey, counter })));
    return true;
  }

  /** Takes a person off, passkeys first: no half of this lets them in. Returns false when there is no such person. */
  remove(subject: string): boolean {
    for (const { id } of this.passkeysOf(subject)) rmSync(this.#at('passkeys', digest(id)));
    const known = this.find(subject) !== undefined;
    rmSync(this.#at('accounts', subject), { force: true });
    return known;
  }

  /** A secret that registers one passkey for this person, once, within a quarter of an hour. */
  link(account: Account, now: number): string {
    const secret = randomBytes(32).toString('base64url');
    keepFile(this.#at('links', digest(secret)), utf8(JSON.stringify({ ...account, expires: now + LINK_MS })));
    return secret;
  }

  /** Whom a link is for, while it is good. */
  linked(secret: string, now: number): Account | undefined {
    const link = this.#read(LINK, 'links', digest(secret));
    return link && now < link.expires ? link : undefined;
  }

  /** Uses a link up: true for the first who asks, and for nobody after that. */
  use(secret: string): boolean {
    try {
      rmSync(this.#at('links', digest(secret)));
      return true;
    } catch {
      return false;
    }
  }

  #read<T>(schema: z.ZodType<T>, part: string, name: string): T | undefined {
    let text: string;
    try {
      text = readFileSync(this.#at(part, name), 'utf8');
    } catch {
      return undefined;
    }
    return schema.parse(JSON.parse(text));
  }

  #at(part: string, name: string): string {
    return join(this.#folder, part, `${name}.json`);
  }
}

/** Secrets and ids of any shape become names of files; the secret itself is nowhere. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
