import { createECDH, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueAuthority, issueLeaf } from '../../certs/x509.ts';
import type { Approval } from '../../server/protocol/approval.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, readCredential } from '../../server/protocol/credential.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import type { Identity } from '../../server/protocol/edhoc/handshake.ts';
import { linkIdentity } from '../../server/protocol/tap/identity.ts';
import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../common/process/crypto.ts';
import { agreementKeyFromPem } from '../common/process/tap-crypto.ts';
import { softwarePasskey } from '../ward/passkey.ts';
import { people, type PersonName } from '../ward/people.ts';
import type { Mask } from './network.ts';
import type { Party } from './parties.ts';

const DAY = 86_400;
export const TLS_KEY = 'keys/gateway/tls.key.pem';
/**
 * What turns away whoever comes without the real thing, before the check that an attack is about: the codes of whoever looks
 * at it, a device, a gateway or a verifier.
 */
const LOCKS: Readonly<Record<string, readonly string[]>> = {
  [TLS_KEY]: ['E_TLS_PEER'],
  'keys/clinicians/dr-a/passkey.key.pem': ['E_ASSERTION'],
  'keys/clinicians/dr-b/passkey.key.pem': ['E_ASSERTION'],
  'keys/authority/authority.key.pem': ['E_ASSERTION_CRED'],
  'keys/gateway/grant.key.pem': ['E_GRANT'],
  'keys/gateway/log.key.pem': ['E_LOG_PROOF', 'signature'],
  'keys/gateway/link.key.pem': ['E_CHANNEL'],
  'keys/station-1/link.key.pem': ['E_CHANNEL'],
  'keys/issuer/token.key.pem': ['E_TOKEN_SIG'],
  'keys/tablets/tablet-dr-a/dpop.key.pem': ['E_DPOP_BINDING'],
};

/**
 * What one attacker has. Each thing is the real one where the party holds it, and the attacker's own imitation where
 * it does not: a key under the real key's name, a certificate by an authority of the attacker's own. So one attack can
 * be tried by every party, each as well as it can.
 */
export class Hands {
  readonly party: Party;
  /** What an attack looked for in these hands, and whether it was there. */
  readonly asked = new Map<string, boolean>();
  readonly #folder: string;
  readonly #imitations = new Map<string, string>();

  constructor(folder: string, party: Party) {
    this.#folder = folder;
    this.party = party;
  }

  /** True when the party holds this file, or this thing that is no file. */
  has(path: string): boolean {
    const held = this.#holds(path);
    this.asked.set(path, held);
    return held;
  }

  /** Codes of the locks that were met, and for which these hands have no key. */
  get locks(): readonly string[] {
    return [...this.asked].flatMap(([path, held]) => (held ? [] : (LOCKS[path] ?? [])));
  }

  #holds(path: string): boolean {
    return this.party.holds.some((held) => (held.endsWith('/') ? path.startsWith(held) : path === held));
  }

  /** Public files are everybody's. */
  file(path: string): Bytes {
    if (!path.startsWith('keys/public/') && !this.has(path)) throw new Error(`${path} is in other hands`);
    return new Uint8Array(readFileSync(join(this.#folder, path)));
  }

  /** A private key: the real one, or one of the attacker's own of the same kind. */
  pem(path: string): string {
    if (this.has(path)) return readFileSync(join(this.#folder, path), 'utf8');
    const known = this.#imitations.get(path);
    if (known !== undefined) return known;
    const { alg } = publicKeyFromPem(readFileSync(join(this.#folder, path), 'utf8'));
    const { privateKey } =
      alg === -8 ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    this.#imitations.set(path, made);
    return made;
  }

  /** Signs as the real key would; an imitation at least bears its name. */
  signer(path: string): Signer {
    const own = signerFromPem(this.pem(path));
    const real = publicKeyFromPem(readFileSync(join(this.#folder, path), 'utf8'));
    return { key: { ...own.key, kid: real.kid }, sign: (message) => own.sign(message) };
  }

  /** A person's signature over these bytes; an imitation bears the real passkey's name and page. */
  async approve(
    name: PersonName,
    bytes: Bytes,
    label: 'command' | 'statement' = 'command',
  ): Promise<Approval> {
    const person = people(this.#folder)[name];
    const real = softwarePasskey(person);
    const passkey = softwarePasskey({ ...person, key: this.pem(`keys/clinicians/${name}/passkey.key.pem`) });
    const approval = await passkey.approve(challengeFor(nodeCrypto.sha256, label, bytes));
    return { ...approval, kid: real.kid };
  }

  /** How to pass for the gateway on the network. An imitation has the right name, by the wrong authority. */
  async gatewayMask(): Promise<Mask> {
    const ca = readFileSync(join(this.#folder, 'keys/public/ca/device-ca.cert.pem'), 'utf8');
    if (this.has(TLS_KEY)) {
      const cert = readFileSync(join(this.#folder, 'keys/gateway/tls.cert.pem'), 'utf8');
      return { key: this.pem(TLS_KEY), cert, ca };
    }
    return { ...(await this.#certified('server', 'gate.localhost')), ca };
  }

  /** A client certificate that says it is this device, by an authority of the attacker's own unless it holds that one. */
  async deviceMask(name: string, id: string): Promise<{ key: string; cert: string }> {
    const held = `keys/devices/${name}/tls.key.pem`;
    if (this.has(held)) {
      const cert = readFileSync(join(this.#folder, held.replace('.key.', '.cert.')), 'utf8');
      return { key: this.pem(held), cert };
    }
    return this.#certified('client', id, `urn:countersign:device:${id}`);
  }

  /** How to begin a tap: with a stolen link key, or with one of its own that is certified as well as it can. */
  linkIdentity(as: 'gateway' | 'station-1'): Promise<Identity> {
    return this.#linked(as, this.pem(`keys/${as}/link.key.pem`), this.has(`keys/${as}/link.key.pem`));
  }

  /** The real credential under a key of the attacker's own counts for nothing; one of the attacker's own making might. */
  async #linked(as: 'gateway' | 'station-1', pem: string, real: boolean): Promise<Identity> {
    const published = this.file(`keys/public/links/${as}.bin`);
    const certificate = real ? published : await this.#linkCredential(pem, published);
    return { ...linkIdentity(certificate), key: agreementKeyFromPem(pem) };
  }

  #linkCredential(pem: string, like: Bytes): Promise<Bytes> {
    const { said } = readCredential(nodeCrypto, like);
    const { alg, raw } = publicKeyFromPem(pem);
    const content = { ...said, coseKey: coseKey(alg, raw), serial: said.serial + 700 };
    return issueCredential(content, this.signer('keys/authority/authority.key.pem'));
  }

  /** The same with a key that anybody could compute from a text. */
  linkFrom(text: string): Promise<Identity> {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(nodeCrypto.sha256(utf8(text)));
    const [x, y] = [pair.getPublicKey().subarray(1, 33), pair.getPublicKey().subarray(33)].map((part) =>
      part.toString('base64url'),
    );
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      d: pair.getPrivateKey().toString('base64url'),
      x: x ?? '',
      y: y ?? '',
    };
    const pem = createPrivateKey({ key: jwk, format: 'jwk' })
      .export({ format: 'pem', type: 'pkcs8' })
      .toString();
    return this.#linked('gateway', pem, false);
  }

  async #certified(use: 'server' | 'client', name: string, uri?: string) {
    const now = Math.floor(Date.now() / 1000);
    const valid = { notBefore: now, notAfter: now + DAY };
    const stolenCa = use === 'client' && this.has('keys/device-ca/ca.key.pem');
    const caKey = stolenCa ? this.pem('keys/device-ca/ca.key.pem') : freshKey();
    const certificate = stolenCa
      ? readFileSync(join(this.#folder, 'keys/public/ca/device-ca.cert.pem'), 'utf8')
      : await issueAuthority(caKey, { commonName: 'An authority of the attacker', ...valid });
    const key = freshKey();
    const dns = use === 'server' ? { dns: [name, 'localhost'], addresses: ['127.0.0.1'] } : {};
    const leaf = { commonName: name, use, ...valid, ...dns, ...(uri !== undefined && { uri }) };
    return { key, cert: await issueLeaf(key, leaf, { certificate, key: caKey }) };
  }
}

/** A P-256 key of the attacker's own, PKCS#8 PEM. */
export const freshKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();
