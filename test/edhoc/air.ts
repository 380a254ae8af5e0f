import { createECDH, createPublicKey } from 'node:crypto';
import type { Device } from '../../clients/device/sdk/device.ts';
import { tapOf } from '../../clients/device/sdk/tap.ts';
import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { Applet } from '../../server/protocol/link/applet.ts';
import { exchangeOverApdus, selectApplet } from '../../server/protocol/link/apdu-exchange.ts';
import type { Proof } from '../../server/protocol/bundle.ts';
import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, type IssuableCredential, ROLE } from '../../server/protocol/credential.ts';
import { ALGORITHM, type Signer } from '../../server/protocol/crypto.ts';
import type { Identity } from '../../server/protocol/edhoc/handshake.ts';
import type { AgreementKey } from '../../server/protocol/edhoc/primitives.ts';
import { linkIdentity } from '../../server/protocol/tap/identity.ts';
import { openTap, type Tap } from '../../server/protocol/tap/reader-end.ts';
import { ISSUED, NOW } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import type { TestLog } from '../support/log.ts';

/** What a reader station sees and could change: every APDU, both ways. */
export interface Air {
  readonly seen: { readonly towards: 'device' | 'reader'; readonly apdu: Bytes }[];
  /** Changes what passes; the same bytes leave it alone, undefined loses it. */
  tamper: (apdu: Bytes, towards: 'device' | 'reader') => Bytes | undefined;
  /** One message on the card, in chained APDUs. */
  carry(message: Bytes): Promise<Bytes>;
  select(): Promise<void>;
  readonly applet: Applet;
}

/** A device behind its antenna, with the real applet and the real handshake. */
export function airOf({ device }: { readonly device: Pick<Device, 'air' | 'handle'> }): Air {
  const applet = new Applet(tapOf(device, tapCrypto));
  const transmit = async (command: Bytes): Promise<Bytes> => {
    air.seen.push({ towards: 'device', apdu: command });
    const there = air.tamper(command, 'device');
    if (!there) throw new Error('lost');
    const answer = await applet.process(there);
    air.seen.push({ towards: 'reader', apdu: answer });
    const back = air.tamper(answer, 'reader');
    if (!back) throw new Error('lost');
    return back;
  };
  const air: Air = {
    seen: [],
    tamper: (apdu) => apdu,
    applet,
    select: () => selectApplet(transmit),
    carry: (message) => exchangeOverApdus(transmit, message),
  };
  return air;
}

/** Who begins a tap, and what shows that it was certified in the open. */
export interface LinkHolder extends Identity {
  readonly proof?: Proof;
}

/** Selects, shakes hands, and shows the proof where there is one. */
export async function tapped(air: Air, holder: LinkHolder): Promise<Tap> {
  await air.select();
  const tap = await openTap(tapCrypto, holder, (message) => air.carry(message));
  if (holder.proof) await tap.prove(holder.proof);
  return tap;
}

/** A link key with its credential by this authority; with a log, the proof that it was announced there. */
export async function linkHolder(
  authority: Signer,
  wish: Partial<Omit<IssuableCredential, 'coseKey'>> = {},
  log?: TestLog,
): Promise<LinkHolder> {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  const point = Uint8Array.from(pair.getPublicKey());
  const certificate = await issueCredential(
    {
      subject: new Uint8Array(16).fill(7),
      roles: ROLE.gateway,
      coseKey: coseKey(ALGORITHM.ES256, point.slice(1)),
      rpIdHash: new Uint8Array(32),
      backupEligible: false,
      notBefore: ISSUED,
      notAfter: ISSUED + 365 * 86_400,
      serial: 900,
      marks: 0,
      ...wish,
    },
    authority,
  );
  const holder = { ...linkIdentity(certificate), key: agreement(pair) };
  if (!log) return holder;
  const digest = nodeCrypto.sha256(certificate);
  const index = log.append({ type: 'credential', time: NOW * 1000, digest, number: 900 });
  return { ...holder, proof: await log.proof(index, NOW) };
}

function agreement(pair: ReturnType<typeof createECDH>): AgreementKey {
  const x = Uint8Array.from(pair.getPublicKey().subarray(1, 33));
  return {
    x,
    agree(other) {
      const point = createPublicKey({
        key: Buffer.from(concat(SPKI_COMPRESSED, Uint8Array.of(2), other)),
        format: 'der',
        type: 'spki',
      }).export({ format: 'jwk' });
      const raw = Buffer.concat([
        Buffer.of(4),
        Buffer.from(point.x ?? '', 'base64url'),
        Buffer.from(point.y ?? '', 'base64url'),
      ]);
      return new Uint8Array(pair.computeSecret(raw));
    },
  };
}

/** SubjectPublicKeyInfo of P-256 up to a compressed point (RFC 5480). */
const SPKI_COMPRESSED = Uint8Array.from(
  Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
);
