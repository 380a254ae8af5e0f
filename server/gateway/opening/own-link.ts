import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import { type Credential, readCredential, ROLE } from '../../protocol/credential.ts';
import type { Identity } from '../../protocol/edhoc/handshake.ts';
import { linkIdentity } from '../../protocol/tap/identity.ts';
import { agreementKeyFromPem } from '../../tap-crypto.ts';

/** Who this gateway is to a device on a card reader: its own key, and what the authority certified about it. */
export interface OwnLink {
  readonly certificate: Bytes;
  readonly credential: Credential;
  readonly identity: Identity;
}

/**
 * The link key, and the newest credential for it among those that the authority published (`links/` in the trust
 * folder). Throws Error while one half is there without the other.
 */
export async function readLink({ keys, trust }: Pick<Config, 'keys' | 'trust'>): Promise<OwnLink> {
  const file = join(keys, 'link.key.pem');
  const key = agreementKeyFromPem(await readFile(file, 'utf8'));
  const own: { readonly certificate: Bytes; readonly credential: Credential }[] = [];
  for (const name of (await readdir(join(trust, 'links'))).filter((file) => file.endsWith('.bin'))) {
    const certificate = new Uint8Array(await readFile(join(trust, 'links', name)));
    const credential = claimed(certificate);
    if (credential && equal(credential.key.raw.slice(0, 32), key.x)) own.push({ certificate, credential });
  }
  const [newest] = own.toSorted((a, b) => b.credential.notAfter - a.credential.notAfter);
  if (!newest)
    throw new Error(
      `${file}: no credential in ${trust}/links is for this key: have the authority certify it as a gateway`,
    );
  return { ...newest, identity: { ...linkIdentity(newest.certificate), key } };
}

/** What a file says, if it is a gateway's credential; who signed it, devices judge. */
function claimed(certificate: Bytes): Credential | undefined {
  try {
    const { said } = readCredential(nodeCrypto, certificate);
    return (said.roles & ROLE.gateway) === 0 ? undefined : said;
  } catch {
    return undefined;
  }
}
