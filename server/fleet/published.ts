import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Anchors, MAX_SIGNED_ANCHORS, openNextAnchors } from '../protocol/anchors.ts';
import { type Bytes, hex, text } from '../protocol/encoding/bytes.ts';
import { MAX_CREDENTIAL, MAX_STATUS, openCredential, openStatus } from '../protocol/credential.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { MAX_FLEET, openFleet } from '../protocol/fleet/fleet.ts';
import { MAX_PROFILE, openProfile } from '../protocol/profile.ts';

export interface PublishedRules {
  /** Address of the authority, without a path. */
  readonly url: string;
  /** The folder that the gateway reads: what was good stays there while the authority is away. */
  readonly folder: string;
  readonly crypto: Crypto;
  /** The anchors in force. */
  readonly anchors: () => Anchors;
  /** Reads a document of at most so many bytes from the authority. */
  readonly fetch: (url: string, most: number) => Promise<Bytes>;
}

const MAX_INDEX = 512 * 1024;
const HASH = z.string().regex(/^[0-9a-f]{64}$/u);
const INDEX = z.strictObject({ files: z.record(z.string().max(64), HASH) });
const STATUS = 'status.bin';
const FLEET = 'fleet.bin';
const PROFILE = /^profiles\/[a-z0-9][a-z0-9-]{0,39}\.bin$/u;
const CREDENTIAL = /^(?:credentials|links)\/[a-z0-9][a-z0-9-]{0,39}\.bin$/u;

/**
 * Fetches what the credentialing authority publishes into the gateway's own folder: revocation lists, credentials (of
 * people, and of links),
 * the list of devices and stations, and the profiles of devices.
 * The connection is believed in nothing: a file is taken when its signature holds under the anchors, and a list when it
 * is newer than the one there. Nothing is ever removed: who has to go is on the list.
 */
export class Published {
  readonly #rules: PublishedRules;

  constructor(rules: PublishedRules) {
    this.#rules = rules;
  }

  /** Fetches what has changed. Returns what was wrong, one line each; throws Error when the authority is away. */
  async pull(): Promise<readonly string[]> {
    const { url, fetch } = this.#rules;
    const index = INDEX.parse(JSON.parse(text(await fetch(`${url}/published/index.json`, MAX_INDEX))));
    const faults: string[] = [];
    await this.#takeAnchors(index.files).catch((error: unknown) =>
      faults.push(`anchors: ${error instanceof Error ? error.message : String(error)}`),
    );
    for (const [path, hash] of Object.entries(index.files)) {
      if (![STATUS, FLEET].includes(path) && !CREDENTIAL.test(path) && !PROFILE.test(path)) continue;
      await this.#take(path, hash).catch((error: unknown) =>
        faults.push(`${path}: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
    return faults;
  }

  /** Every version after the one in force, in order: each is signed by the keys that the one before it names. */
  async #takeAnchors(files: Readonly<Record<string, string>>): Promise<void> {
    const { url, folder, crypto, fetch } = this.#rules;
    let present = this.#rules.anchors();
    for (let path = next(present); files[path] !== undefined; path = next(present)) {
      const bytes = await fetch(`${url}/published/${path}`, MAX_SIGNED_ANCHORS);
      const taken = await openNextAnchors(crypto, bytes, present);
      const first = join(folder, 'anchors', `${present.version}.bin`);
      if (!(await readFile(first).catch(() => undefined)))
        await replace(first, new Uint8Array(await readFile(join(folder, 'anchors.bin'))));
      await replace(join(folder, path), bytes);
      await replace(join(folder, 'anchors.bin'), bytes);
      present = taken;
    }
  }

  async #take(path: string, hash: string): Promise<void> {
    const { url, folder, crypto, fetch } = this.#rules;
    const file = join(folder, path);
    const held = await readFile(file).catch(() => undefined);
    if (held && hex(crypto.sha256(new Uint8Array(held))) === hash) return;
    const bytes = await fetch(`${url}/published/${path}`, mostOf(path));
    await this.#expect(path, bytes, held && new Uint8Array(held));
    await replace(file, bytes);
  }

  /** Throws Refusal for a file that does not verify, Error for a list that is not newer than the one held. */
  async #expect(path: string, bytes: Bytes, held: Bytes | undefined): Promise<void> {
    const { crypto, anchors } = this.#rules;
    const { authorities, profileMaker } = anchors();
    if (path === STATUS) await expectNewer((list) => openStatus(crypto, list, authorities), bytes, held);
    else if (path === FLEET) await expectNewer((list) => openFleet(crypto, list, authorities), bytes, held);
    else if (PROFILE.test(path)) await openProfile(crypto, bytes, [profileMaker]);
    else await openCredential(crypto, bytes, authorities);
  }
}

const mostOf = (path: string): number => {
  if (path === STATUS) return MAX_STATUS;
  if (path === FLEET) return MAX_FLEET;
  return PROFILE.test(path) ? MAX_PROFILE : MAX_CREDENTIAL;
};

/** Throws Refusal for a list that does not verify, Error for one that is not newer than the one held. */
async function expectNewer(
  open: (list: Bytes) => Promise<{ readonly version: number }>,
  bytes: Bytes,
  held: Bytes | undefined,
): Promise<void> {
  const next = await open(bytes);
  const before = held && (await open(held).catch(() => undefined));
  if (before && next.version <= before.version)
    throw new Error(`version ${next.version} is not newer than ${before.version}`);
}

const next = ({ version }: Anchors): string => `anchors/${version + 1}.bin`;

/** Puts a file in its place whole, or leaves the one before. */
async function replace(file: string, bytes: Bytes): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const aside = `${file}.new`;
  const handle = await open(aside, 'w', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
}
