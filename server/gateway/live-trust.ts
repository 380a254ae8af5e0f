import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { nodeCrypto, signerFromPem } from '../crypto.ts';
import { type Anchors, openNextAnchors, readAnchors } from '../protocol/anchors.ts';
import { type Bytes, equal } from '../protocol/bytes.ts';
import type { Signer } from '../protocol/crypto.ts';
import { type AnchorsByVersion, readHistory } from './renew-anchors.ts';
import type { Trust } from './trust.ts';

/** The gateway's own TLS key and certificate, PEM. */
export interface OwnTls {
  readonly key: string;
  readonly cert: string;
}

/**
 * What this gateway believes, and the keys it proves itself with, as they are now: all of it can be replaced while it
 * runs. New anchors are taken when both keys that the present ones name have signed them, version by version. Who keeps
 * the log, and which witnesses are asked, is settled at the start: anchors under which one of those that are asked would
 * not count any more wait for the next one.
 */
export class LiveTrust {
  readonly #config: Pick<Config, 'trust' | 'keys' | 'witnesses'>;
  #anchors: Anchors;
  #bytes: Bytes;
  #history: AnchorsByVersion;
  #grantKey: Signer;
  #tls: OwnTls;

  constructor(config: Pick<Config, 'trust' | 'keys' | 'witnesses'>, trust: Trust) {
    this.#config = config;
    this.#anchors = trust.anchors;
    this.#bytes = trust.anchorsBytes;
    this.#history = trust.history;
    this.#grantKey = trust.grantKey;
    this.#tls = { key: trust.tls.key, cert: trust.tls.cert };
  }

  get anchors(): Anchors {
    return this.#anchors;
  }

  get bytes(): Bytes {
    return this.#bytes;
  }

  get history(): AnchorsByVersion {
    return this.#history;
  }

  get grantKey(): Signer {
    return this.#grantKey;
  }

  get authorities(): Anchors['authorities'] {
    return this.#anchors.authorities;
  }

  get origins(): Anchors['origins'] {
    return this.#anchors.origins;
  }

  /** Takes newer anchors from the folder. Resolves with whether there were any; throws Error saying why not. */
  async takeAnchors(): Promise<boolean> {
    const bytes = new Uint8Array(await readFile(join(this.#config.trust, 'anchors.bin')));
    if (equal(bytes, this.#bytes)) return false;
    const claimed = readAnchors(nodeCrypto, bytes);
    const history = await readHistory(this.#config.trust, { anchors: claimed, bytes }, nodeCrypto);
    let next = this.#anchors;
    while (next.version < claimed.version) {
      const step = history.get(next.version + 1);
      if (!step) throw new Error(`anchors: version ${next.version + 1} is missing`);
      next = await openNextAnchors(nodeCrypto, step, next);
    }
    if (next === this.#anchors) throw new Error(`anchors: version ${claimed.version} is not newer`);
    if (!this.#keepsEvidence(next))
      throw new Error(
        `anchors: version ${next.version} changes the log, the quorum or a witness that is asked: it counts from the next start`,
      );
    this.#anchors = next;
    this.#bytes = bytes;
    this.#history = history;
    return true;
  }

  /** Would everything that this gateway gets cosigned from now on count under these anchors as well? */
  #keepsEvidence({ log, witnesses }: Anchors): boolean {
    const now = this.#anchors;
    const asked = this.#config.witnesses.map(({ vkey }) => vkey);
    const counted = asked.filter((vkey) => now.witnesses.vkeys.includes(vkey));
    return (
      log.vkey === now.log.vkey &&
      log.origin === now.log.origin &&
      witnesses.k === now.witnesses.k &&
      counted.every((vkey) => witnesses.vkeys.includes(vkey))
    );
  }

  /** Takes a new grant key from its file, when the anchors name it. Throws Error when they do not. */
  async takeGrantKey(): Promise<boolean> {
    const file = join(this.#config.keys, 'grant.key.pem');
    const signer = signerFromPem(await readFile(file, 'utf8'));
    if (equal(signer.key.kid, this.#grantKey.key.kid)) return false;
    if (!this.#anchors.grantKeys.some(({ kid }) => equal(kid, signer.key.kid)))
      throw new Error(`${file}: no device trusts this key; the anchors name another`);
    this.#grantKey = signer;
    return true;
  }

  /** Takes another TLS key and certificate into use. What `use` throws for two that do not fit is tried again later. */
  async takeTls(use: (tls: OwnTls) => void): Promise<boolean> {
    const read = (name: string): Promise<string> => readFile(join(this.#config.keys, name), 'utf8');
    const tls = { key: await read('tls.key.pem'), cert: await read('tls.cert.pem') };
    if (tls.key === this.#tls.key && tls.cert === this.#tls.cert) return false;
    use(tls);
    this.#tls = tls;
    return true;
  }
}
