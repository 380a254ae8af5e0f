import { randomBytes } from 'node:crypto';
import type { Attestation } from '../../../server/protocol/attestation.ts';
import type { Bundle } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { type Kind, parseSign1, sign1 } from '../../../server/protocol/encoding/cose.ts';
import { issueStatus } from '../../../server/protocol/credential.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import type { Bench } from '../bench.ts';
import { Skipped } from '../faults.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import { type Case, flipped, reject, small } from './case.ts';
import { ephemeralLogKey, highS } from './wrong-signatures.ts';

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));
const GRANT = '4, check 9';
const PROOF = '4, check 10';
const STATUS = '4, check 11';

const grants = (bench: Bench, change: (bundle: Bundle) => Bytes | Promise<Bytes>): Promise<Bundle> =>
  small(bench, { bundle: async (bundle) => ({ ...bundle, grant: await change(bundle) }) });

/** The message signed again as another kind, by the same key. */
async function resigned(bytes: Bytes, kind: Kind, signer: Signer): Promise<Bytes> {
  return sign1(kind, parseSign1(bytes, 'message', 65_535, 'E_GRANT').payload, signer);
}

/** The message with the same signature in its other spelling: r and the higher s. */
function respelled(bytes: Bytes): Bytes {
  const { protectedHeader, payload, signature } = parseSign1(bytes, 'message', 65_535, 'E_GRANT');
  return encode([protectedHeader, new Map(), payload, highS(signature)]);
}

/** The message with a header that nobody signed. */
function unsignedHeader(bytes: Bytes): Bytes {
  const { protectedHeader, payload, signature } = parseSign1(bytes, 'message', 65_535, 'E_GRANT');
  return encode([protectedHeader, new Map([[1, -7]]), payload, signature]);
}

const list = (
  bench: Bench,
  version: number,
  revoked: readonly number[] = [],
  by?: Signer,
): Promise<Bytes> => {
  const { hospital, now } = bench.parts;
  return issueStatus({ version, issued: now, revoked }, by ?? hospital.signer('authority'));
};

/** A device that has taken a command holds the list that came with it. */
async function holdingAList(bench: Bench): Promise<Attestation> {
  if (bench.attestation.statusVersion === 0) await bench.accept(1);
  return bench.attestation;
}

/** Grant, log and revocation list: checks 9 to 11 of section 4. */
export const proofCases: readonly Case[] = [
  reject('grant.device', 'a grant for another device is refused', GRANT, 'E_GRANT_DEVICE', (bench) =>
    small(bench, { grant: { device: random(8) } }),
  ),
  reject('grant.command', 'a grant for other bytes is refused', GRANT, 'E_CMD_HASH', (bench) =>
    small(bench, { grant: { command: random(32) } }),
  ),
  reject('grant.nonce', 'a grant for another session is refused', GRANT, 'E_NONCE', (bench) =>
    small(bench, { grant: { nonce: random(16) } }),
  ),
  reject('grant.late', 'a grant whose last tick has passed is refused', GRANT, 'E_GRANT_EXPIRED', (bench) => {
    const { ticks } = bench.attestation;
    if (ticks === 0) throw new Skipped('the device has not run for a second yet');
    return small(bench, { grant: { notAfterTick: ticks - 1 } });
  }),
  reject('grant.stranger', 'a grant by a stranger is refused', GRANT, 'E_GRANT', (bench) =>
    small(bench, { grantKey: ephemeralSigner() }),
  ),
  reject(
    'grant.authority',
    'a grant by a key that is good for something else is refused',
    GRANT,
    'E_GRANT',
    (bench) => small(bench, { grantKey: bench.parts.hospital.signer('authority') }),
  ),
  reject('grant.signature', 'a grant whose signature does not verify is refused', GRANT, 'E_GRANT', (bench) =>
    grants(bench, ({ grant }) => flipped(grant, -1)),
  ),
  reject(
    'grant.kind',
    'a message of another kind, signed by the grant key, is no grant',
    '2.2',
    'E_GRANT',
    (bench) => grants(bench, ({ grant }) => resigned(grant, 'receipt', bench.parts.hospital.signer('grant'))),
  ),
  reject(
    'grant.high-s',
    'a signature with the higher s is refused: one signature has one spelling',
    '2.2',
    'E_GRANT',
    (bench) => grants(bench, ({ grant }) => respelled(grant)),
  ),
  reject('grant.unprotected', 'a header that nobody signed is refused', '2.2', 'E_GRANT', (bench) =>
    grants(bench, ({ grant }) => unsignedHeader(grant)),
  ),
  reject('proof.type', 'an entry that is no intent proves nothing', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { entry: { type: 'signed' } }),
  ),
  reject('proof.command', 'an intent for another command proves nothing', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { entry: { command: random(32) } }),
  ),
  reject('proof.device', 'an intent for another device proves nothing', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { entry: { device: random(8) } }),
  ),
  reject('proof.people', 'an intent by other people proves nothing', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { entry: { kids: [random(16)] } }),
  ),
  reject(
    'proof.more-people',
    'an intent by more people than signed proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) => {
      const kids = [bench.parts.first, bench.parts.second].map(({ signer }) => signer.key.kid);
      return small(bench, { entry: { kids } });
    },
  ),
  reject(
    'proof.leaf',
    'an intent that the grant does not name proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) => small(bench, { grant: { intentLeaf: random(32) } }),
  ),
  reject(
    'proof.path',
    'a path that does not lead to the signed root proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) =>
      small(bench, {
        bundle: (bundle) => ({
          ...bundle,
          proof: {
            ...bundle.proof,
            path: bundle.proof.path.map((node, i) => (i === 0 ? flipped(node, 0) : node)),
          },
        }),
      }),
  ),
  reject(
    'proof.index',
    'an entry at another place of the log proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) => small(bench, { bundle: (b) => ({ ...b, proof: { ...b.proof, index: b.proof.index - 1 } }) }),
  ),
  reject(
    'proof.unwitnessed',
    'a checkpoint that no witness has seen proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) => small(bench, { witnessedAt: null }),
  ),
  reject('proof.other-log', 'another log proves nothing', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { log: bench.parts.log.under({ log: ephemeralLogKey() }) }),
  ),
  reject(
    'proof.other-witness',
    'a witness that the anchors do not name is none',
    PROOF,
    'E_LOG_PROOF',
    (bench) => small(bench, { log: bench.parts.log.under({ witness: ephemeralLogKey() }) }),
  ),
  reject('proof.log-as-witness', 'the log is no witness of itself', PROOF, 'E_LOG_PROOF', (bench) =>
    small(bench, { log: bench.parts.log.under({ witness: bench.parts.hospital.signer('log') }) }),
  ),
  reject(
    'proof.size',
    'a checkpoint of another size than was signed proves nothing',
    PROOF,
    'E_LOG_PROOF',
    (bench) =>
      small(bench, {
        bundle: ({ proof, ...rest }) => ({
          ...rest,
          proof: { ...proof, checkpoint: proof.checkpoint.replace(/\n\d+\n/u, `\n${proof.index + 2}\n`) },
        }),
      }),
  ),
  reject('list.stranger', 'a revocation list by a stranger is refused', STATUS, 'E_STATUS', async (bench) =>
    small(bench, { status: await list(bench, bench.statusVersion, [], ephemeralSigner()) }),
  ),
  reject(
    'list.older',
    'a revocation list older than the one it holds is refused',
    STATUS,
    'E_STATUS',
    async (bench) => {
      const { statusVersion } = await holdingAList(bench);
      return small(bench, { status: await list(bench, statusVersion - 1) });
    },
  ),
  reject(
    'list.other',
    'another list under the number of the one it holds is refused',
    STATUS,
    'E_STATUS',
    async (bench) => {
      const { statusVersion } = await holdingAList(bench);
      return small(bench, { status: await list(bench, statusVersion, [999]) });
    },
  ),
  reject(
    'list.jump',
    'a list more than 1,000 versions ahead is refused: it would strand the device',
    STATUS,
    'E_STATUS',
    async (bench) => small(bench, { status: await list(bench, bench.attestation.statusVersion + 1_001) }),
  ),
];
