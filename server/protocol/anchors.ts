import { type Bytes, equal } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import type { SigningOrigin } from './approval.ts';
import { coseKey, parseCoseKey } from './encoding/cose-key.ts';
import { open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from './crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/**
 * Everything a device believes in, as one versioned object. It is signed twice, by the credentialing authority
 * and by the recovery key, so that neither of them, nor the gateway that carries it, can re-own a fleet.
 *
 *     [COSE_Sign1 by the authority, COSE_Sign1 by the recovery key] over the same payload
 *     { 1: format, 2: version, 3: development, 4: [authority keys], 5: [emergency issuers], 6: recovery key,
 *       7: maker's profile key, 8: [[origin, rpId]], 9: [grant keys], 10: [log origin, log vkey, ? other log vkey],
 *       11: [k, [witness vkey]], 12: minimum protocol version, 13: seconds before a new credential counts in R2,
 *       ? 14: 1, primed second checks count }
 */
export interface Anchors {
  readonly version: number;
  /** Development anchors admit the marks `software` and `demo`; others refuse them. */
  readonly development: boolean;
  readonly authorities: readonly PublicKey[];
  readonly emergencyIssuers: readonly PublicKey[];
  readonly recovery: PublicKey;
  readonly profileMaker: PublicKey;
  readonly origins: readonly SigningOrigin[];
  readonly grantKeys: readonly PublicKey[];
  /** The log, and the other key it may sign with while one of them takes the place of the other. */
  readonly log: { readonly origin: string; readonly vkey: string; readonly other?: string };
  readonly witnesses: { readonly k: number; readonly vkeys: readonly string[] };
  readonly minimumProtocol: number;
  readonly credentialAge: number;
  /** A second person may be shown the values instead of entering them, where the hospital's policy says so too. */
  readonly primedChecks?: boolean;
}

const MAX_ANCHORS = 8192;
/** Both messages. */
export const MAX_SIGNED_ANCHORS = 2 * MAX_ANCHORS;
const FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
const CODE = 'E_ANCHORS';

const keyBytes = (key: PublicKey): Bytes => coseKey(key.alg, key.raw);

/** The keys that a checkpoint of the log may bear: one of them has to. */
export const logKeysOf = ({ vkey, other }: Anchors['log']): readonly string[] =>
  other === undefined ? [vkey] : [vkey, other];

/** The bytes that both keys sign: each of the two people signs the same ones, where their own key is. */
export function encodeAnchors(anchors: Anchors): Bytes {
  return encode(
    new Map<number, Cbor>([
      [1, 1],
      [2, anchors.version],
      [3, anchors.development ? 1 : 0],
      [4, anchors.authorities.map(keyBytes)],
      [5, anchors.emergencyIssuers.map(keyBytes)],
      [6, keyBytes(anchors.recovery)],
      [7, keyBytes(anchors.profileMaker)],
      [8, anchors.origins.map((site) => [site.origin, site.rpId])],
      [9, anchors.grantKeys.map(keyBytes)],
      [10, [anchors.log.origin, ...logKeysOf(anchors.log)]],
      [11, [anchors.witnesses.k, anchors.witnesses.vkeys]],
      [12, anchors.minimumProtocol],
      [13, anchors.credentialAge],
      ...(anchors.primedChecks === true ? [[14, 1] as const] : []),
    ]),
  );
}

/** One of the two signatures over encoded anchors, as a message that carries them. */
export const signAnchors = (payload: Bytes, signer: Signer): Promise<Bytes> =>
  sign1('anchors', payload, signer);

/** The two messages as one byte string; what they are worth, `openAnchors` says. */
export const joinAnchors = (byAuthority: Bytes, byRecovery: Bytes): Bytes =>
  encode([byAuthority, byRecovery]);

/** Signs anchors with both keys at once, as only a simulation holds them. */
export async function issueAnchors(anchors: Anchors, authority: Signer, recovery: Signer): Promise<Bytes> {
  const payload = encodeAnchors(anchors);
  return joinAnchors(await signAnchors(payload, authority), await signAnchors(payload, recovery));
}

/** What a draft says that nobody has signed yet. Throws Refusal E_ANCHORS or E_VERSION. */
export const readDraft = (crypto: Crypto, payload: Bytes): Anchors => parsePayload(crypto, payload);

/** What anchors say, before anybody believes them: for first anchors, set at the factory or the bench. */
export function readAnchors(crypto: Crypto, bytes: Bytes): Anchors {
  return parsePayload(crypto, split(bytes)[0].payload);
}

/**
 * The next anchors, when both keys that the present ones name have signed the same payload and its version
 * is exactly one higher. Throws Refusal E_ANCHORS.
 */
export async function openNextAnchors(crypto: Crypto, bytes: Bytes, present: Anchors): Promise<Anchors> {
  const next = await openAnchors(crypto, bytes, present);
  if (next.version !== present.version + 1) throw new Refusal(CODE, 'not the next version', 'anchors.2');
  return next;
}

/** Anchors signed by an authority and the recovery key that `trusted` names. Throws Refusal E_ANCHORS. */
export async function openAnchors(
  crypto: Crypto,
  bytes: Bytes,
  trusted: Pick<Anchors, 'authorities' | 'recovery'>,
): Promise<Anchors> {
  const [first, second] = split(bytes);
  const authority = trusted.authorities.find((key) => equal(key.kid, first.kid));
  if (!authority) throw new Refusal(CODE, 'not signed by the authority', 'anchors.0');
  const payload = await open1(crypto, 'anchors', first, authority, CODE);
  const again = await open1(crypto, 'anchors', second, trusted.recovery, CODE);
  if (!equal(payload, again)) throw new Refusal(CODE, 'the two keys signed different anchors', 'anchors');
  return parsePayload(crypto, payload);
}

function split(bytes: Bytes) {
  const [a, b] = arrayOf(decodeStrict(bytes, 'anchors', MAX_SIGNED_ANCHORS, CODE), 'anchors', 2, 2, CODE);
  return [
    parseSign1(bytesOf(a, 'anchors.0', undefined, CODE), 'anchors.0', MAX_ANCHORS, CODE),
    parseSign1(bytesOf(b, 'anchors.1', undefined, CODE), 'anchors.1', MAX_ANCHORS, CODE),
  ] as const;
}

function parsePayload(crypto: Crypto, payload: Bytes): Anchors {
  const f = Fields.of(decodeStrict(payload, 'anchors', MAX_ANCHORS, CODE), 'anchors', FIELDS, [14], CODE);
  if (f.has(14) && f.value(14) !== 1) throw new Refusal(CODE, 'expected 1, or nothing', 'anchors.14');
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'anchors format', 'anchors.1');
  const key = (value: Cbor | undefined, at: number): PublicKey =>
    parseCoseKey(crypto.sha256, bytesOf(value, `anchors.${at}`), `anchors.${at}`);
  const keys = (at: number): readonly PublicKey[] => f.array(at, 16).map((item) => key(item, at));
  const [origin, ...logKeys] = arrayOf(f.value(10), 'anchors.10', 2, 3, CODE);
  const [vkey = '', other] = logKeys.map((item) => textOf(item, 'anchors.10', 200));
  if (vkey === other) throw new Refusal(CODE, 'one log key twice', 'anchors.10');
  const [k, witnesses] = arrayOf(f.value(11), 'anchors.11', 2, 2, CODE);
  const vkeys = arrayOf(witnesses, 'anchors.11', 1, 16, CODE).map((item) => textOf(item, 'anchors.11', 200));
  if (typeof k !== 'number' || k < 1 || k > vkeys.length) {
    throw new Refusal(CODE, 'a quorum of at least one witness', 'anchors.11');
  }
  return {
    version: f.uint(2, 0xffff_ffff),
    development: f.uint(3, 1) === 1,
    authorities: keys(4),
    emergencyIssuers: keys(5),
    recovery: key(f.value(6), 6),
    profileMaker: key(f.value(7), 7),
    origins: f.array(8, 16).map((site) => {
      const [origin, rpId] = arrayOf(site, 'anchors.8', 2, 2, CODE);
      return { origin: textOf(origin, 'anchors.8', 200), rpId: textOf(rpId, 'anchors.8', 200) };
    }),
    grantKeys: keys(9),
    log: { origin: textOf(origin, 'anchors.10', 200), vkey, ...(other !== undefined && { other }) },
    witnesses: { k, vkeys },
    minimumProtocol: f.uint(12, 255),
    credentialAge: f.uint(13),
    ...(f.has(14) && { primedChecks: true }),
  };
}
