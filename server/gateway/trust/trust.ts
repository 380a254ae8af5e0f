import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { nodeCrypto, signerFromPem } from '../../crypto.ts';
import { type Anchors, logKeysOf, openAnchors, readAnchors } from '../../protocol/anchors.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import { equal } from '../../protocol/encoding/bytes.ts';
import type { Signer } from '../../protocol/crypto.ts';
import { encodeVkey, LOG_KEY } from '../../protocol/log/note.ts';
import { type OwnLink, readLink } from '../opening/own-link.ts';
import { type AnchorsByVersion, readHistory } from './renew-anchors.ts';
import { parseSigned, type SignedStatement } from '../../protocol/statement.ts';

/** Everything the gateway reads from disk before it opens a door. */
export interface Trust {
  readonly anchors: Anchors;
  readonly anchorsBytes: Bytes;
  /** Every version known here, for devices that were away. */
  readonly history: AnchorsByVersion;
  readonly grantKey: Signer;
  readonly logKey: Signer;
  readonly tls: {
    readonly key: string;
    readonly cert: string;
    readonly deviceCa: string;
    readonly serviceCa: string;
  };
  readonly witnessTls: { readonly key: string; readonly cert: string; readonly ca: string };
  /** `second`: the word of another operator, which a policy needs that allows more than the one before. */
  readonly policy: {
    readonly json: Bytes;
    readonly signed: SignedStatement;
    readonly second?: SignedStatement;
  };
  readonly care: Bytes;
  /** Who this gateway is to a device on a card reader. */
  readonly link: OwnLink;
  /** Reader stations by the SHA-256 of their certificate. */
  readonly stations: ReadonlyMap<string, string>;
}

const STATIONS = z.record(z.string().regex(/^[0-9a-f]{64}$/u), z.string().min(1).max(80));

/** Reader stations by the SHA-256 of their certificate. Throws Error naming the file. */
export async function readStations(config: Pick<Config, 'hospital'>): Promise<ReadonlyMap<string, string>> {
  const file = join(config.hospital, 'stations.json');
  const parsed = STATIONS.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return new Map(Object.entries(parsed.data));
}

/** Is this one of the keys that the anchors let sign the log? */
export const signsLog = (log: Anchors['log'], signer: Signer): boolean =>
  logKeysOf(log).includes(vkeyOf(log.origin, signer));

/** A log's key as anchors and notes name it. */
export const vkeyOf = (origin: string, { key }: Signer): string =>
  encodeVkey(nodeCrypto.sha256, origin, LOG_KEY, key.raw);

/** Reads keys, anchors and the hospital's files. Throws Error naming the file when one is missing or does not fit. */
export async function readTrust(config: Config): Promise<Trust> {
  const own = (name: string): Promise<string> => readFile(join(config.keys, name), 'utf8');
  const shared = (name: string): Promise<Buffer> => readFile(join(config.trust, name));
  const hospital = (name: string): Promise<Buffer> => readFile(join(config.hospital, name));
  const anchorsBytes = new Uint8Array(await shared('anchors.bin'));
  const claimed = readAnchors(nodeCrypto, anchorsBytes);
  const anchors = await openAnchors(nodeCrypto, anchorsBytes, claimed);
  const grantKey = signerFromPem(await own('grant.key.pem'));
  if (!anchors.grantKeys.some((key) => equal(key.kid, grantKey.key.kid))) {
    throw new Error(`${config.keys}/grant.key.pem: no device trusts this key; the anchors name another`);
  }
  const logKey = signerFromPem(await own('log.key.pem'));
  if (!signsLog(anchors.log, logKey))
    throw new Error(`${config.keys}/log.key.pem: no device trusts this key; the anchors name another`);
  const serviceCa = (await shared('ca/service-ca.cert.pem')).toString();
  return {
    anchors,
    anchorsBytes,
    history: await readHistory(config.trust, { anchors, bytes: anchorsBytes }, nodeCrypto),
    grantKey,
    logKey,
    link: await readLink(config),
    tls: {
      key: await own('tls.key.pem'),
      cert: await own('tls.cert.pem'),
      deviceCa: (await shared('ca/device-ca.cert.pem')).toString(),
      serviceCa,
    },
    witnessTls: {
      key: await own('witness-client.key.pem'),
      cert: await own('witness-client.cert.pem'),
      ca: serviceCa,
    },
    policy: {
      json: new Uint8Array(await hospital('policy.json')),
      signed: parseSigned(new Uint8Array(await hospital('policy.statement'))),
      ...(await secondWord(join(config.hospital, 'policy.second.statement'))),
    },
    care: new Uint8Array(await hospital('care.json')),
    stations: await readStations(config),
  };
}

async function secondWord(file: string): Promise<{ readonly second?: SignedStatement }> {
  try {
    return { second: parseSigned(new Uint8Array(await readFile(file))) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new Error(`${file} is no signed statement`, { cause: error });
  }
}
