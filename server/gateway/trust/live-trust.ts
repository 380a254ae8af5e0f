import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { nodeCrypto, signerFromPem } from '../../crypto.ts';
import { type Anchors, logKeysOf, openNextAnchors, readAnchors } from '../../protocol/anchors.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import { openCredential } from '../../protocol/credential.ts';
import type { Signer } from '../../protocol/crypto.ts';
import type { LogTrust } from '../../protocol/log/prove.ts';
import { type OwnLink, readLink } from '../opening/own-link.ts';
import { type AnchorsByVersion, readHistory } from './renew-anchors.ts';
import { signsLog, type Trust, vkeyOf } from './trust.ts';

/** A TLS key and its certificate, PEM. */
export interface OwnTls {
  readonly key: string;
  readonly cert: string;
}

/** Who is asked for cosignatures, and how this gateway shows itself to them. */
export interface Asked {
  readonly witnesses: Config['witnesses'];
  readonly tls: OwnTls;
}

/**
 * What this gateway believes, and the keys it proves itself with, as they are now: all of it can be replaced while it
 * runs. New anchors are taken when both keys that the present ones name have signed them, version by version, and only
 * when what this gateway gets signed and cosigned still counts under them. A key is taken when its other half is there:
 * the anchors that name it, the certificate or the credential for it. Until then the one before stays.
 */
export class LiveTrust {
  readonly #config: Pick<Config, 'trust' | 'keys'>;
  readonly #configured: () => Pick<Config, 'witnesses'>;
  #anchors: Anchors;
  #bytes: Bytes;
  #history: AnchorsByVersion;
  #grantKey: Signer;
  #logKey: Signer;
  #link: OwnLink;
  #tls: OwnTls;
  #asked: Asked;

  /** @param configured the configuration as it is now: who the witnesses are is read anew from it */
  constructor(
    config: Pick<Config, 'trust' | 'keys' | 'witnesses'>,
    trust: Trust,
    configured: () => Pick<Config, 'witnesses'> = () => config,
  ) {
    this.#config = config;
    this.#configured = configured;
    this.#anchors = trust.anchors;
    this.#bytes = trust.anchorsBytes;
    this.#history = trust.history;
    this.#grantKey = trust.grantKey;
    this.#logKey = trust.logKey;
    this.#link = trust.link;
    this.#tls = { key: trust.tls.key, cert: trust.tls.cert };
    const { key, cert } = trust.witnessTls;
    this.#asked = { witnesses: [...config.witnesses], tls: { key, cert } };
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

  /** A version of the anchors, and whether it is in force: those in force, when that version is not known here. */
  at(version: number | undefined): { readonly bytes: Bytes; readonly present: boolean } {
    const oldest = Math.min(...this.#history.keys());
    const bytes = version === undefined ? this.#bytes : this.#history.get(Math.max(version, oldest));
    return { bytes: bytes ?? this.#bytes, present: bytes === undefined || equal(bytes, this.#bytes) };
  }

  get grantKey(): Signer {
    return this.#grantKey;
  }

  get logKey(): Signer {
    return this.#logKey;
  }

  get link(): OwnLink {
    return this.#link;
  }

  /** What new proofs hold under: the key that signs the log, and those who are asked and count. */
  get evidence(): LogTrust {
    const { log, witnesses } = this.#anchors;
    const vkeys = witnesses.vkeys.filter((named) => this.witnesses.some(({ vkey }) => vkey === named));
    return {
      log: { origin: log.origin, vkey: vkeyOf(log.origin, this.#logKey) },
      witnesses: { k: witnesses.k, vkeys },
    };
  }

  /** Those who are asked for cosignatures. */
  get witnesses(): Config['witnesses'] {
    return this.#asked.witnesses;
  }

  get authorities(): Anchors['authorities'] {
    return this.#anchors.authorities;
  }

  get origins(): Anchors['origins'] {
    return this.#anchors.origins;
  }

  /**
   * Takes newer anchors from the folder. Resolves with whether there were any; throws Error saying why not.
   *
   * @param settled is everything that devices are shown proven under the keys of now, so that older ones may go?
   */
  async takeAnchors(settled: () => boolean = () => true): Promise<boolean> {
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
        `anchors: version ${next.version} changes the quorum, or drops the log key in use or a witness that is asked: replace those first`,
      );
    if (!this.#keepsAll(next) && !settled())
      throw new Error(
        `anchors: version ${next.version} drops a key while credentials are still proven under it: taken when they are not`,
      );
    this.#anchors = next;
    this.#bytes = bytes;
    this.#history = history;
    return true;
  }

  /** Would everything that this gateway gets signed and cosigned from now on count under these anchors as well? */
  #keepsEvidence({ log, witnesses }: Anchors): boolean {
    const now = this.#anchors;
    const counted = this.witnesses.filter(({ vkey }) => now.witnesses.vkeys.includes(vkey));
    return (
      log.origin === now.log.origin &&
      signsLog(log, this.#logKey) &&
      witnesses.k === now.witnesses.k &&
      counted.every(({ vkey }) => witnesses.vkeys.includes(vkey))
    );
  }

  /** Does all that counted as signed and cosigned before count under these as well? */
  #keepsAll({ log, witnesses }: Anchors): boolean {
    const now = this.#anchors;
    return (
      logKeysOf(now.log).every((vkey) => logKeysOf(log).includes(vkey)) &&
      now.witnesses.vkeys.every((vkey) => witnesses.vkeys.includes(vkey))
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

  /** Takes a new log key from its file, when the anchors name it. Throws Error when they do not. */
  async takeLogKey(use: (signer: Signer) => void): Promise<boolean> {
    const file = join(this.#config.keys, 'log.key.pem');
    const signer = signerFromPem(await readFile(file, 'utf8'));
    if (equal(signer.key.kid, this.#logKey.key.kid)) return false;
    if (!signsLog(this.#anchors.log, signer))
      throw new Error(`${file}: no device trusts this key; the anchors name another`);
    use(signer);
    this.#logKey = signer;
    return true;
  }

  /** Takes a new link key, when the authority has certified it. `use` may take its time, and throw. */
  async takeLink(use: (link: OwnLink) => Promise<void>): Promise<boolean> {
    const link = await readLink(this.#config);
    if (equal(link.certificate, this.#link.certificate)) return false;
    await openCredential(nodeCrypto, link.certificate, this.authorities);
    await use(link);
    this.#link = link;
    return true;
  }

  /** Takes another TLS key and certificate into use. What `use` throws for two that do not fit is tried again later. */
  async takeTls(use: (tls: OwnTls) => void): Promise<boolean> {
    const tls = await this.#tlsOf('tls');
    if (sameTls(tls, this.#tls)) return false;
    use(tls);
    this.#tls = tls;
    return true;
  }

  /**
   * Takes other witnesses from the configuration, or another TLS key to ask them with: enough of them have to be named by
   * the anchors. Throws Error when not, and what `use` throws, as for a key and a certificate that do not fit.
   */
  async takeWitnesses(use: (asked: Asked) => Promise<void>): Promise<boolean> {
    const { witnesses } = this.#configured();
    const asked = { witnesses: [...witnesses], tls: await this.#tlsOf('witness-client') };
    const same = JSON.stringify(witnesses) === JSON.stringify(this.#asked.witnesses);
    if (same && sameTls(asked.tls, this.#asked.tls)) return false;
    const { k, vkeys } = this.#anchors.witnesses;
    const counted = witnesses.filter(({ vkey }) => vkeys.includes(vkey));
    if (counted.length < k)
      throw new Error(`witnesses: the anchors name ${counted.length} of those configured, and ask for ${k}`);
    await use(asked);
    this.#asked = asked;
    return true;
  }

  async #tlsOf(name: string): Promise<OwnTls> {
    const read = (part: string): Promise<string> =>
      readFile(join(this.#config.keys, `${name}.${part}.pem`), 'utf8');
    return { key: await read('key'), cert: await read('cert') };
  }
}

const sameTls = (a: OwnTls, b: OwnTls): boolean => a.key === b.key && a.cert === b.cert;
