import { openTested } from '../../clients/conformance/report/statement.ts';
import { type Anchors, openAnchors, openNextAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { parseApproval, rawSignature, verifyApproval } from '../../server/protocol/approval.ts';
import { parseAssociation } from '../../server/protocol/association.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { parseEmergency, parseProof } from '../../server/protocol/bundle.ts';
import { type Bytes, text, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, parseCommand } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import { openCredential, openStatus } from '../../server/protocol/credential.ts';
import { parseEntry } from '../../server/protocol/log/entry.ts';
import { decodeStrict } from '../../server/protocol/encoding/fields.ts';
import { openFleet } from '../../server/protocol/fleet/fleet.ts';
import { openGrant } from '../../server/protocol/grant.ts';
import { checkChanges, tierOf } from '../../server/protocol/limits.ts';
import { openListing, openRoot } from '../../server/protocol/fleet/listing.ts';
import { parseLive } from '../../server/protocol/telemetry/live.ts';
import { NoteError, verifyCheckpoint } from '../../server/protocol/log/note.ts';
import { openPresence } from '../../server/protocol/link/presence.ts';
import { openProfile } from '../../server/protocol/profile.ts';
import { verifyProof } from '../../server/protocol/log/prove.ts';
import { openAbsence, openReceipt } from '../../server/protocol/receipt.ts';
import { codeNamed, Refusal } from '../../server/protocol/refusal.ts';
import { parseFromStation, parseToStation } from '../../server/protocol/link/station.ts';
import { parseSigned, parseStatement } from '../../server/protocol/statement.ts';
import { parseCall, parseReply } from '../../server/protocol/stream.ts';
import { openHead, parseFromDevice, parseToDevice } from '../../server/protocol/telemetry/telemetry.ts';
import { parseContinuations } from '../../server/protocol/verify/bundle-files.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { parseAnswer, parseRequest } from '../../server/protocol/link/wire.ts';
import { judgeBundle } from '../support/judge.ts';
import { nodeCrypto } from '../support/keys.ts';
import { judgeEntries, judgeOpenings } from './bundle-cases.ts';
import { judgeSession } from './telemetry-judge.ts';

/** What a reader of the vectors is given besides them, all in hexadecimal: the world the messages belong to. */
export interface World {
  readonly anchors: string;
  /** The device's EUI-64 and its identity key; the key of whoever tests devices. */
  readonly device: string;
  readonly deviceKey: string;
  readonly testerKey: string;
  /** What an evidence bundle is held against: the root of its entries, the commitments of an intent. */
  readonly root: string;
  readonly commitments: readonly string[];
  readonly profile: string;
  /** Settings the device has before the command. */
  readonly settings: readonly (readonly [code: number, value: number])[];
  /** The command the approvals are for, and the key and page of the person who signs. */
  readonly command: string;
  readonly signerKey: string;
  readonly origin: string;
  readonly rpId: string;
}

type Judge = (given: Bytes) => unknown;

/** How each message is judged; a Refusal is the answer that a vector expects by its code. */
export function judgesOf(world: World): Record<string, Judge> {
  const { sha256 } = nodeCrypto;
  const anchors: Anchors = readAnchors(nodeCrypto, unhex(world.anchors));
  const key = (digits: string) => parseCoseKey(sha256, unhex(digits), 'world');
  const device = key(world.deviceKey);
  const settings = new Map(world.settings);
  const evidence = async (given: Bytes): Promise<void> => {
    const { verdict, checks } = await verifyEvidence(nodeCrypto, given, anchors);
    if (verdict === 'VERIFIED') return;
    const first = checks.find((check) => check.verdict === 'FAIL') ?? checks[0];
    const code = codeNamed(/^E_[A-Z_]+/.exec(first?.says ?? '')?.[0] ?? '');
    throw new Refusal(code ?? 'E_CMD_MALFORMED', first?.says ?? 'not verified');
  };
  return {
    cbor: (given) => decodeStrict(given, 'cbor', 65_535),
    'cose-key': (given) => parseCoseKey(sha256, given, 'key'),
    command: parseCommand,
    changes: async (given) => {
      const { profile } = await openProfile(nodeCrypto, unhex(world.profile), [anchors.profileMaker]);
      const command = parseCommand(given);
      const past = (p: { readonly code: number }) => ({ changed: 0, baseline: settings.get(p.code) ?? 0 });
      return checkChanges(profile, command, settings, past, tierOf(profile, command, settings));
    },
    'der-signature': rawSignature,
    approval: (given) => {
      const approval = parseApproval(decodeStrict(given, 'approval', 1024), 'approval');
      const challenge = challengeFor(sha256, 'command', unhex(world.command));
      const site = { origin: world.origin, rpId: world.rpId };
      return verifyApproval(nodeCrypto, approval, key(world.signerKey), challenge, site, true);
    },
    anchors: (given) => openAnchors(nodeCrypto, given, anchors),
    'next-anchors': (given) => openNextAnchors(nodeCrypto, given, anchors),
    profile: (given) => openProfile(nodeCrypto, given, [anchors.profileMaker]),
    credential: (given) => openCredential(nodeCrypto, given, anchors.authorities),
    status: (given) => openStatus(nodeCrypto, given, anchors.authorities),
    fleet: (given) => openFleet(nodeCrypto, given, anchors.authorities),
    'fleet-root': (given) => openRoot(nodeCrypto, given, anchors.authorities),
    listing: (given) => openListing(nodeCrypto, given, anchors.authorities),
    grant: (given) => openGrant(nodeCrypto, given, anchors.grantKeys),
    attestation: (given) => openAttestation(nodeCrypto, given, device),
    presence: (given) => openPresence(nodeCrypto, given, device),
    receipt: (given) => openReceipt(nodeCrypto, given, device),
    absence: (given) => openAbsence(nodeCrypto, given, device),
    proof: (given) =>
      verifyProof(nodeCrypto, parseProof(decodeStrict(given, 'proof', 65_535), 'proof'), anchors),
    bundle: (given) => judgeBundle(given, anchors),
    emergency: parseEmergency,
    association: parseAssociation,
    entry: parseEntry,
    statement: parseStatement,
    'signed-statement': parseSigned,
    checkpoint: (given) => judgeCheckpoint(given, anchors),
    'from-device': parseFromDevice,
    'to-device': parseToDevice,
    'chain-head': (given) => openHead(nodeCrypto, given, device),
    'telemetry-session': (given) => judgeSession(given, unhex(world.device), device),
    monitor: parseCall,
    live: judgeLive,
    event: judgeEvent,
    conformance: (given) => openTested(given, key(world.testerKey)),
    'from-station': parseFromStation,
    'to-station': parseToStation,
    entries: (given) => judgeEntries(given, unhex(world.root)),
    openings: (given) => judgeOpenings(given, world.commitments.map(unhex)),
    consistency: parseContinuations,
    request: parseRequest,
    answer: parseAnswer,
    evidence,
    'emergency-evidence': evidence,
  };
}

/** What a screen is told of monitored devices. */
function judgeLive(given: Bytes): unknown {
  const { message } = parseReply(given);
  if (message.kind !== 'live') throw new Refusal('E_CMD_MALFORMED', 'not about live values', 'reply.kind');
  return parseLive(message.said);
}

/** What a screen is told of a device that it may see. */
function judgeEvent(given: Bytes): unknown {
  const { message } = parseReply(given);
  if (message.kind !== 'event') throw new Refusal('E_CMD_MALFORMED', 'not an event', 'reply.kind');
  return message;
}

/** A checkpoint under the log key and the quorum of some anchors. */
async function judgeCheckpoint(given: Bytes, { log, witnesses }: Anchors): Promise<unknown> {
  const policy = { k: witnesses.k, witnesses: witnesses.vkeys };
  try {
    return await verifyCheckpoint(nodeCrypto, { note: text(given), logKeys: [log.vkey], policy });
  } catch (error) {
    // Bytes that are no text are a TypeError of the decoder.
    if (error instanceof NoteError || error instanceof TypeError)
      throw new Refusal('E_LOG_PROOF', error.message, 'checkpoint');
    throw error;
  }
}

/** 'ok', or the code of the refusal; any other error passes through. */
export async function outcomeOf(judge: Judge, given: Bytes): Promise<string> {
  try {
    await judge(given);
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
