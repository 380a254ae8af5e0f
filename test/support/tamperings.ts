import { issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand, parseCommand } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { encodeEvidence, type Evidence } from '../../server/protocol/evidence/evidence.ts';
import { issueGrant, readGrant } from '../../server/protocol/grant.ts';
import {
  encodeEntries,
  encodeOpenings,
  FILE,
  parseEntries,
} from '../../server/protocol/verify/bundle-files.ts';
import type { CheckId } from '../../server/protocol/verify/run-checks.ts';
import { bundleOf, hashOf } from './bundle-zip.ts';
import { type Case, caseOf, listingOf, makeCase } from './evidence.ts';
import { draft, ISSUED, makeBundle, makeOutcome, makeReceipt, makeWorld, NOW } from './fixtures.ts';
import { testBytes, testSigner } from './keys.ts';
import { TestLog } from './log.ts';
import { AMPLITUDE, LOWER } from './profile.ts';

type Files = ReadonlyMap<string, Bytes>;

/** One way to lie with a bundle, and the checks that have to find it out; others may fail beside them. */
export interface Tampering {
  readonly name: string;
  readonly fails: readonly CheckId[];
  /** The bundle, and what the same computer verified before, where that is what betrays it. */
  readonly make: (whole: Case) => Promise<{ readonly files: Files; readonly before?: Files }>;
}

const evidence = (whole: Case, changes: Partial<Evidence>): Promise<Files> =>
  bundleOf(whole, { [FILE.evidence(hashOf(whole))]: encodeEvidence({ ...whole.evidence, ...changes }) });

const lie = (
  name: string,
  fails: readonly CheckId[],
  make: (whole: Case) => Promise<Files | { readonly files: Files; readonly before: Files }>,
): Tampering => ({
  name,
  fails,
  async make(whole) {
    const made = await make(whole);
    return 'files' in made ? made : { files: made };
  },
});

export const TAMPERINGS: readonly Tampering[] = [
  lie('1. a value of the command', ['bytes', 'signatures', 'inclusion'], (whole) => {
    const said = parseCommand(whole.bundle.command);
    const command = encodeCommand({ ...said, changes: new Map([...said.changes, [LOWER, 65]]) });
    return evidence(whole, { bundle: encodeBundle({ ...whole.bundle, command }) });
  }),
  lie('2. an approval, made by the same clinician for other bytes', ['signatures'], async (whole) => {
    const { alice, bob } = whole.world;
    const other = await makeBundle(await makeWorld(), encodeCommand(draft(whole.world)), [alice, bob]);
    return evidence(whole, { bundle: encodeBundle({ ...whole.bundle, approvals: other.approvals }) });
  }),
  lie('3. the revocation list, newer and naming the clinician', ['credentials'], async (whole) => {
    const status = await issueStatus({ version: 2, issued: ISSUED, revoked: [2] }, whole.world.authority);
    return evidence(whole, { bundle: encodeBundle({ ...whole.bundle, status }) });
  }),
  lie('4. the second person, who is the first one again', ['people'], async () =>
    bundleOf(await makeCase(await makeWorld({ bob: { subject: testBytes('subject alice', 16) } }))),
  ),
  lie('5. the grant, by a key that is not the gateway’s', ['grant'], async (whole) => {
    const grant = await issueGrant(readGrant(whole.bundle.grant), testSigner('stranger'));
    return evidence(whole, { bundle: encodeBundle({ ...whole.bundle, grant }) });
  }),
  lie('6. the grant, whose last tick had passed', ['grant'], async () => {
    const world = await makeWorld();
    const late = await makeBundle(world, encodeCommand(draft(world)), [world.alice], { notAfterTick: 1_009 });
    return bundleOf(await caseOf(world, late));
  }),
  lie('7. the receipt, signed by another device', ['receipt', 'inclusion'], async (whole) => {
    const stranger = { ...whole.world, device: testSigner('another device') };
    const after = new Map([...whole.world.attestation.settings, [AMPLITUDE, 20]]);
    return evidence(whole, { receipt: await makeReceipt(stranger, whole.bundle, after) });
  }),
  lie('8. the device’s key, exchanged together with the receipt', ['receipt'], (whole) => {
    const { alg, raw } = testSigner('another device').key;
    return evidence(whole, { deviceKey: coseKey(alg, raw) });
  }),
  lie(
    '8. the device, one that the gateway made up, with key, attestation and receipt of its own',
    ['receipt'],
    async () => {
      const world = await makeWorld();
      const bundle = await makeBundle(world, encodeCommand(draft(world)));
      const made = await caseOf({ ...world, device: testSigner('another device') }, bundle);
      const told = { ...made.evidence, listing: await listingOf(world) };
      return bundleOf({ ...made, evidence: told, bytes: encodeEvidence(told) });
    },
  ),
  lie('9. the read-back, which is not what was asked for', ['readBack'], async () => {
    const world = await makeWorld();
    const bundle = await makeBundle(world, encodeCommand(draft(world)));
    const { settings } = world.attestation;
    const receipt = await makeReceipt(world, bundle, new Map([...settings, [LOWER, 70]]), {
      readBack: settings,
    });
    const outcome = await makeOutcome(world, bundle, receipt);
    const made = { ...(await caseOf(world, bundle)).evidence, receipt, outcome };
    return bundleOf({ world, bundle, evidence: made, bytes: encodeEvidence(made) });
  }),
  lie('10. an entry of the log', ['inclusion'], async (whole) => {
    const { proof, entries } = parseEntries((await bundleOf(whole)).get(FILE.entries) ?? new Uint8Array());
    const changed = [encodeEntry({ type: 'alarm', time: NOW * 1000, code: 'NOTHING' }), ...entries.slice(1)];
    return bundleOf(whole, { [FILE.entries]: encodeEntries({ proof, entries: changed }) });
  }),
  lie('11. the log, a foreign one with the same entries', ['checkpoint'], async (whole) => {
    const foreign = new TestLog('foreign');
    foreign.entries.push(...whole.world.log.entries);
    return bundleOf(whole, { [FILE.checkpoint]: utf8(await foreign.checkpoint(NOW + 5)) });
  }),
  lie('12. the witnesses, of whom none has seen it', ['checkpoint'], async (whole) => {
    const alone = new TestLog('log', 'stranger');
    alone.entries.push(...whole.world.log.entries);
    return bundleOf(whole, { [FILE.checkpoint]: utf8(await alone.checkpoint(NOW + 5)) });
  }),
  lie('13. the history: another one than this computer verified before', ['checkpoint'], async (whole) => {
    const world = await makeWorld();
    const command = encodeCommand(draft(world, { changes: new Map([[AMPLITUDE, 21]]) }));
    const other = await caseOf(world, await makeBundle(world, command, [world.alice, world.bob]));
    return { before: await bundleOf(whole), files: await bundleOf(other) };
  }),
  lie('14. the anchors, of another hospital', ['credentials'], async (whole) => {
    const [authority, recovery] = [testSigner('forger'), testSigner('forger 2')];
    const said = { ...whole.world.anchors, authorities: [authority.key], recovery: recovery.key };
    return evidence(whole, { anchors: await issueAnchors(said, authority, recovery) });
  }),
  lie('15. the names, which are not those committed to', ['inclusion'], (whole) => {
    const invented = encodeOpenings([{ salt: testBytes('salt', 16), value: utf8('Dr. Nobody') }]);
    return bundleOf(whole, { [FILE.openings(hashOf(whole))]: invented });
  }),
  lie('16. the evidence, of another command', ['inclusion'], async (whole) => {
    const world = await makeWorld();
    const other = await caseOf(world, await makeBundle(world, encodeCommand(draft(world))));
    return bundleOf(whole, { [FILE.evidence(hashOf(whole))]: other.bytes });
  }),
  lie('17. the entries, of another command', ['inclusion'], async () => {
    const one = await makeCase(await makeWorld());
    const { log } = one.world;
    const entries = [0, 1].map((i) => log.entries[i] ?? new Uint8Array());
    return bundleOf(one, { [FILE.entries]: encodeEntries({ proof: log.proveMany([0, 1]), entries }) });
  }),
];
