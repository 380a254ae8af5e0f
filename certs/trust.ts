import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../clients/common/process/crypto.ts';
import { type Anchors, issueAnchors, readAnchors } from '../server/protocol/anchors.ts';
import type { SigningOrigin } from '../server/protocol/approval.ts';
import { hex, utf8 } from '../server/protocol/encoding/bytes.ts';
import { coseKey } from '../server/protocol/encoding/cose-key.ts';
import { issueCredential, issueStatus, ROLE } from '../server/protocol/credential.ts';
import type { PublicKey } from '../server/protocol/crypto.ts';
import { encodeVkey, LOG_KEY, WITNESS_KEY } from '../server/protocol/log/note.ts';
import { issueProfile } from '../server/protocol/profile.ts';
import { passkeyOf, PEOPLE, rpIdOf } from './clinicians.ts';
import type { Item, KeyFolder } from './key-folder.ts';
import { nextSerial, STATUS } from './serials.ts';
import { KEYS, WITNESS_NAME, YEAR_SECONDS } from './parties.ts';
import { readProfileFile } from './profile-file.ts';

export const ANCHORS = 'public/anchors.bin';
/** Who may speak to a device on a card reader: the gateway, and the reader station for the safe mode alone. */
export const LINKS = [
  { name: 'gateway', key: KEYS.gatewayLink, roles: ROLE.gateway },
  { name: 'station-1', key: KEYS.stationLink, roles: ROLE.station },
] as const;
export const linkOf = (name: string): string => `public/links/${name}.bin`;
/** The auditors' console: a page of its own, on which no command is ever signed. */
const AUDIT_NAME = 'audit.localhost';
export const LOG_VKEY = 'public/log.vkey';
export const WITNESS_VKEY = 'public/witness-1.vkey';
export const KEYS_INDEX = 'public/keys.json';
export const PROFILES = ['pacemaker', 'pump', 'monitor', 'watch'] as const;
export type ProfileName = (typeof PROFILES)[number];
export const profileOf = (name: ProfileName): string => `public/profiles/${name}.bin`;
export const profileSource = (name: ProfileName): URL =>
  new URL(`../clients/device/profiles/${name}.json`, import.meta.url);

/** A credential younger than this takes no part in high-risk commands, so that its owner hears of it first. */
const CREDENTIAL_AGE_SECONDS = 86_400;

/** Ports of the two signing hosts: origins, and with them passkeys, belong to a port. */
export interface SigningPorts {
  readonly hostA: number;
  readonly hostB: number;
  /** Where the auditors' console stands; left out where there is none. */
  readonly audit?: number | undefined;
}

/** Every page on which people sign: the two hosts, and the console, whose passkeys are of auditors alone. */
const sitesOf = ({ hostA, hostB, audit }: SigningPorts): readonly SigningOrigin[] => {
  const site = (rpId: string, port: number): SigningOrigin => ({ origin: `http://${rpId}:${port}`, rpId });
  return [
    site(rpIdOf('a'), hostA),
    site(rpIdOf('b'), hostB),
    ...(audit === undefined ? [] : [site(AUDIT_NAME, audit)]),
  ];
};

/** What everybody is told to believe: verification keys, signed profiles, status list, anchors. */
export function trustItems(
  folder: KeyFolder,
  now: number,
  ports: SigningPorts,
  demo: boolean,
): readonly Item[] {
  const key = (path: string): PublicKey => publicKeyFromPem(folder.text(path));
  const signer = (path: string) => signerFromPem(folder.text(path));
  const vkey = (path: string, of: string, name: (raw: PublicKey) => string, type: 1 | 4): Item => ({
    path,
    needs: [of],
    make: () => `${encodeVkey(nodeCrypto.sha256, name(key(of)), type, key(of).raw)}\n`,
  });
  const anchors = (): Anchors => {
    const log = folder.text(LOG_VKEY).trim();
    return {
      version: 1,
      development: true,
      authorities: [key(KEYS.authority)],
      emergencyIssuers: [key(KEYS.authority)],
      recovery: key(KEYS.recovery),
      profileMaker: key(KEYS.profile),
      origins: sitesOf(ports),
      grantKeys: [key(KEYS.grant)],
      log: { origin: log.slice(0, log.indexOf('+')), vkey: log },
      witnesses: { k: 1, vkeys: [folder.text(WITNESS_VKEY).trim()] },
      minimumProtocol: 1,
      credentialAge: demo ? 0 : CREDENTIAL_AGE_SECONDS,
      // The demonstration's policy decides alone, and allows it nowhere.
      ...(demo && { primedChecks: true }),
    };
  };
  return [
    // A new key is a new log: under an old name, witnesses would rightly take it for a fork.
    vkey(LOG_VKEY, KEYS.log, (log) => `gate.localhost/log-${hex(log.kid.subarray(0, 4))}`, LOG_KEY),
    vkey(WITNESS_VKEY, KEYS.cosign, () => WITNESS_NAME, WITNESS_KEY),
    ...PROFILES.map((name) => ({
      path: profileOf(name),
      needs: [KEYS.profile],
      make: () => issueProfile(readProfileFile(profileSource(name)), signer(KEYS.profile)),
    })),
    ...LINKS.map(({ name, key: path, roles }) => ({
      path: linkOf(name),
      needs: [KEYS.authority, path],
      make: async () => {
        const { alg, raw } = key(path);
        return issueCredential(
          {
            subject: nodeCrypto.sha256(utf8(name)).slice(0, 16),
            roles,
            coseKey: coseKey(alg, raw),
            rpIdHash: new Uint8Array(32), // no page: nobody signs with it
            backupEligible: false,
            notBefore: now,
            notAfter: now + YEAR_SECONDS,
            serial: await nextSerial(folder),
            marks: 0,
          },
          signer(KEYS.authority),
        );
      },
    })),
    {
      path: STATUS,
      needs: [KEYS.authority],
      make: () => issueStatus({ version: 1, issued: now, revoked: [] }, signer(KEYS.authority)),
    },
    {
      path: ANCHORS,
      needs: [KEYS.authority, KEYS.recovery, KEYS.profile, KEYS.grant, LOG_VKEY, WITNESS_VKEY],
      make: () => issueAnchors(anchors(), signer(KEYS.authority), signer(KEYS.recovery)),
    },
  ];
}

/** Kept anchors that name other signing pages than asked for. */
export function trustFaults(folder: KeyFolder, ports: SigningPorts): readonly string[] {
  if (!folder.has(ANCHORS)) return [];
  const named = readAnchors(nodeCrypto, folder.bytes(ANCHORS)).origins.map(({ origin }) => origin);
  const other = sitesOf(ports)
    .map(({ origin }) => origin)
    .filter((origin) => !named.includes(origin));
  return other.length === 0
    ? []
    : [
        `${ANCHORS} names ${named.join(' and ')}, not ${other.join(' and ')}; use those ports, or another folder`,
      ];
}

/** Every signing key's public half by the name of its file: `{ name: { kid, coseKey } }` in hex. */
export function indexKeys(folder: KeyFolder): void {
  const { authority, recovery, profile, firmware, advisory, grant, log, cosign } = KEYS;
  const people = PEOPLE.map(({ name }) => passkeyOf(name));
  const entries = [authority, recovery, profile, firmware, advisory, grant, log, cosign, ...people].map(
    (path) => {
      const { alg, raw, kid } = publicKeyFromPem(folder.text(path));
      return [path.replace(/\.key\.pem$/u, ''), { kid: hex(kid), coseKey: hex(coseKey(alg, raw)) }] as const;
    },
  );
  folder.index(KEYS_INDEX, Object.fromEntries(entries));
}
