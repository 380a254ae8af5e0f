import { encodeAnchors, issueAnchors, joinAnchors, signAnchors } from '../../server/protocol/anchors.ts';
import { encodeBundle, encodeEmergency, proofValue } from '../../server/protocol/bundle.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, decode, encode, isArray, isMap } from '../../server/protocol/encoding/cbor.ts';
import { encodeCommand } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { encodeEvidence } from '../../server/protocol/evidence/evidence.ts';
import { encodeVkey, LOG_KEY } from '../../server/protocol/log/note.ts';
import { type Case, listingOf, makePrimedCase } from '../support/evidence.ts';
import { draft, makeReceipt, makeWorld } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { damaged } from './plain-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

/** The members of an encoded array. */
const arrayOf = (bytes: Bytes): readonly Cbor[] => {
  const value = decode(bytes);
  return isArray(value) ? value : [];
};

/** Anchors, held against the present ones. */
export async function anchorsCases({ world }: Case): Promise<Record<string, Vector[]>> {
  const { anchors, authority, recovery, gateway } = world;
  const code = 'E_ANCHORS';
  const next = { ...anchors, version: 2 };
  const [, second] = arrayOf(await issueAnchors({ ...next, credentialAge: 0 }, authority, recovery));
  const [first] = arrayOf(world.anchorsBytes);
  const other = encodeVkey(
    nodeCrypto.sha256,
    anchors.log.origin,
    LOG_KEY,
    testSigner('next log key', ALGORITHM.EdDSA).key.raw,
  );
  const withLogKeys = (second: string): Promise<Bytes> =>
    issueAnchors({ ...next, log: { ...anchors.log, other: second } }, authority, recovery);
  return {
    anchors: [
      good(world.anchorsBytes, 'signed by both keys they name'),
      vector(
        'primed checks',
        await issueAnchors({ ...anchors, primedChecks: true }, authority, recovery),
        'ok',
        'a second person may be shown the values',
      ),
      vector(
        'primed checks, 0',
        await anchorsWith(world, 0),
        code,
        'said as 0, which is a second spelling of nothing',
      ),
      vector('one key', await issueAnchors(anchors, authority, authority), code, 'the authority alone'),
      vector(
        'swapped',
        await issueAnchors(anchors, recovery, authority),
        code,
        'the two keys in the wrong order',
      ),
      vector('two sets', encode([first ?? 0, second ?? 0]), code, 'the two keys signed different anchors'),
      ...damaged(world.anchorsBytes, code),
    ],
    'next-anchors': [
      good(await issueAnchors(next, authority, recovery), 'version 2 after version 1'),
      vector('two log keys', await withLogKeys(other), 'ok', 'the log may sign with either of two keys'),
      vector(
        'one log key twice',
        await withLogKeys(anchors.log.vkey),
        code,
        'the two keys of the log are one',
      ),
      vector('same', world.anchorsBytes, code, 'version 1 after version 1'),
      vector(
        'skipped',
        await issueAnchors({ ...next, version: 3 }, authority, recovery),
        code,
        'version 3 after version 1',
      ),
      vector(
        'own keys',
        await issueAnchors({ ...next, authorities: [gateway.key], recovery: gateway.key }, gateway, gateway),
        code,
        'signed by the keys they name, not by the present ones',
      ),
    ],
  };
}

/** Anchors with another field 14, signed by both keys. */
async function anchorsWith({ anchors, authority, recovery }: Case['world'], primed: number): Promise<Bytes> {
  const said = decode(encodeAnchors({ ...anchors, primedChecks: true }));
  if (!isMap(said)) throw new Error('anchors are a map');
  const payload = encode(new Map([...said, [14, primed]]));
  return joinAnchors(await signAnchors(payload, authority), await signAnchors(payload, recovery));
}

/** Messages made of others: proof, bundle, emergency, evidence. */
export async function wholeCases(whole: Case): Promise<Record<string, Vector[]>> {
  const { world, bundle, evidence } = whole;
  const { proof } = bundle;
  const code = 'E_LOG_PROOF';
  const of = (changes: Partial<typeof proof>): Bytes => encode(proofValue({ ...proof, ...changes }));
  const foreign = async (log: TestLog): Promise<Bytes> => {
    log.entries.push(...world.log.entries);
    return encode(proofValue(await log.proof(proof.index, 1_790_000_000)));
  };
  const lines = proof.checkpoint.split('\n');
  const [alice, bob] = bundle.approvals;
  const [first, second] = bundle.credentials;
  if (!alice || !bob || !first || !second) throw new Error('two people');
  const emergency = encodeEmergency({ command: bundle.command, approval: alice, credential: first });
  const bytes = encodeBundle(bundle);
  const forged = await makeReceipt(world, bundle, world.attestation.settings);
  const stranger = testSigner('stranger').key;
  const shown = await makePrimedCase(await makeWorld());
  const admitting = await makeWorld({ anchors: { primedChecks: true } });
  const label = 'primed';
  return {
    proof: [
      good(of({}), 'the intent of the bundle'),
      vector('index', of({ index: proof.index + 1 }), code, 'another place in the tree'),
      vector('path', of({ path: proof.path.slice(1) }), code, 'a hash is missing'),
      vector('entry', of({ entry: first.proof.entry }), code, 'another entry'),
      vector(
        'no cosignature',
        of({ checkpoint: `${lines.slice(0, 5).join('\n')}\n` }),
        code,
        'no witness saw it',
      ),
      vector('other witness', await foreign(new TestLog('log', 'stranger')), code, 'cosigned by a stranger'),
      vector('other log', await foreign(new TestLog('foreign')), code, 'signed by another log'),
      vector(
        'size',
        of({ checkpoint: proof.checkpoint.replace(/\n(\d+)\n/, '\n0$1\n') }),
        code,
        'a leading zero',
      ),
      ...damaged(of({}), 'E_CMD_MALFORMED'),
    ],
    bundle: [
      good(bytes, 'a change that two people signed'),
      vector('version', encode([3, ...arrayOf(bytes).slice(1)]), 'E_VERSION', 'not a bundle of version 1'),
      vector(
        'one credential',
        encodeBundle({ ...bundle, credentials: [first] }),
        'E_CMD_MALFORMED',
        'one for each approval',
      ),
      vector(
        'swapped credentials',
        encodeBundle({ ...bundle, credentials: [second, first] }),
        'E_ASSERTION',
        'not in the order of the approvals',
      ),
      vector(
        'other command',
        encodeBundle({ ...bundle, command: encodeCommand(draft(world)) }),
        'E_CMD_HASH',
        'not what was granted',
      ),
      vector(
        'other proof',
        encodeBundle({ ...bundle, proof: first.proof }),
        'E_CMD_HASH',
        'not the entry the grant names',
      ),
      vector(
        'primed',
        encodeBundle(shown.bundle),
        'E_DUAL_REQUIRED',
        'the second was shown the values, and these anchors say nothing of that',
      ),
      vector(
        'primed, unsaid',
        encodeBundle((await makePrimedCase(world, { label })).bundle),
        'E_ASSERTION',
        'the second signed that they were shown the values, and the log does not tell it',
      ),
      ...damaged(bytes, 'E_CMD_MALFORMED'),
    ],
    emergency: [
      good(emergency, 'its shape; a device also judges what is in it'),
      vector('version', bytes, 'E_CMD_MALFORMED', 'a bundle in its place'),
      ...damaged(emergency, 'E_CMD_MALFORMED'),
    ],
    evidence: [
      good(whole.bytes, 'from anchors to outcome'),
      good(
        (await makePrimedCase(admitting)).bytes,
        'the second was shown the values, and all say so',
        'primed',
      ),
      vector(
        'primed, not admitted',
        shown.bytes,
        'E_DUAL_REQUIRED',
        'the same under anchors that say nothing of it',
      ),
      vector(
        'primed, unsaid',
        (await makePrimedCase(admitting, { label })).bytes,
        'E_ASSERTION',
        'the log does not tell it',
      ),
      vector(
        'entered, called primed',
        (await makePrimedCase(admitting, { result: 3 })).bytes,
        'E_ASSERTION',
        'the log tells a primed check where the second signed an own entry',
      ),
      vector(
        'swapped receipt',
        encodeEvidence({ ...evidence, receipt: forged }),
        'E_DEVICE_IDENTITY',
        'signed by the device, but not what was signed for',
      ),
      vector(
        'intent as outcome',
        encodeEvidence({ ...evidence, outcome: proof }),
        code,
        'the entry is not an outcome',
      ),
      vector(
        'other device key',
        encodeEvidence({ ...evidence, deviceKey: coseKey(stranger.alg, stranger.raw) }),
        'E_DEVICE_IDENTITY',
        'the receipt is not by this key',
      ),
      good(
        encodeEvidence({ ...evidence, listing: undefined }),
        'the key is to be held against the enrolment',
        'no listing',
      ),
      vector(
        'listing of another',
        encodeEvidence({ ...evidence, listing: await listingOf(world, { id: testBytes('another', 8) }) }),
        'E_NOT_ENROLLED',
        'the authority lists another device',
      ),
      vector(
        'listing with another key',
        encodeEvidence({
          ...evidence,
          listing: await listingOf(world, { identityKey: coseKey(stranger.alg, stranger.raw) }),
        }),
        'E_NOT_ENROLLED',
        'the authority lists another key',
      ),
      vector(
        'listing by a stranger',
        encodeEvidence({ ...evidence, listing: await listingOf(world, {}, testSigner('stranger')) }),
        'E_NOT_ENROLLED',
        'no authority signed the listing',
      ),
      vector(
        'profile',
        encodeEvidence({
          ...evidence,
          profile: flipped(evidence.profile, -1),
        }),
        'E_PROFILE',
        'not signed by the maker',
      ),
      ...damaged(whole.bytes, 'E_CMD_MALFORMED').slice(1),
    ],
  };
}
