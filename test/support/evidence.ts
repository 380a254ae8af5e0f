import type { Bundle } from '../../server/protocol/bundle.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand, parseCommand } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { type Evidence, encodeEvidence } from '../../server/protocol/evidence/evidence.ts';
import type { ListedDevice } from '../../server/protocol/fleet/fleet-device.ts';
import { issueRoot, listingsOf } from '../../server/protocol/fleet/listing.ts';
import { SHOWN } from '../../server/protocol/primed.ts';
import { attest, draft, makeBundle, makeOutcome, makeReceipt, NOW, type World } from './fixtures.ts';
import { nodeCrypto } from './keys.ts';
import { AMPLITUDE } from './profile.ts';

export interface Case {
  readonly world: World;
  readonly bundle: Bundle;
  readonly evidence: Evidence;
  readonly bytes: Bytes;
}

/** The whole life of one command that two people signed (amplitude 2.5 V to 2.0 V), as an evidence file. */
export async function makeCase(world: World): Promise<Case> {
  return caseOf(world, await makeBundle(world, byTwo(world), [world.alice, world.bob]));
}

const byTwo = (world: World): Bytes => encodeCommand(draft(world, { changes: new Map([[AMPLITUDE, 20]]) }));

/** The same where the second person was shown the values, and the log says so, unless `kind` says otherwise. */
export async function makePrimedCase(
  world: World,
  kind: Parameters<typeof makeBundle>[4] = { label: 'primed', result: SHOWN },
): Promise<Case> {
  return caseOf(world, await makeBundle(world, byTwo(world), [world.alice, world.bob], {}, kind));
}

/** Applies a bundle as its device would and puts the evidence together. */
export async function caseOf(world: World, bundle: Bundle): Promise<Case> {
  const { changes } = parseCommand(bundle.command);
  const after = new Map([...world.attestation.settings, ...changes]);
  const receipt = await makeReceipt(world, bundle, after);
  const evidence: Evidence = {
    anchors: world.anchorsBytes,
    profile: world.profileBytes,
    bundle: encodeBundle(bundle),
    attestation: await attest(world),
    receipt,
    outcome: await makeOutcome(world, bundle, receipt),
    deviceKey: coseKey(world.device.key.alg, world.device.key.raw),
    listing: await listingOf(world),
  };
  return { world, bundle, evidence, bytes: encodeEvidence(evidence) };
}

/** The authority's word on the device of a world; `row` says what it says otherwise. */
export async function listingOf(
  { authority, device, deviceId, profileHash }: World,
  row: Partial<ListedDevice> = {},
  by = authority,
  version = 7,
): Promise<Bytes> {
  const listed: ListedDevice = {
    id: deviceId,
    serial: 'SIM-1',
    name: 'pump-1',
    site: 'ward',
    transport: 'websocket',
    posture: 'enrolled',
    profile: profileHash,
    identityKey: coseKey(device.key.alg, device.key.raw),
    certificates: [],
    ...row,
  };
  const root = await issueRoot(nodeCrypto.sha256, { version, issued: NOW }, [listed], by);
  const [listing = new Uint8Array()] = listingsOf(nodeCrypto.sha256, root, [listed]);
  return listing;
}
