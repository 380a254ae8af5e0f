import { type Anchors, readAnchors } from '../anchors.ts';
import { type Attestation, readAttestation } from '../attestation.ts';
import { type Bundle, parseBundle } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type Command, parseCommand } from '../command.ts';
import { parseCoseKey } from '../encoding/cose-key.ts';
import { type Credential, readCredential } from '../credential.ts';
import type { Crypto, PublicKey } from '../crypto.ts';
import type { Evidence } from './evidence.ts';
import { type Grant, readGrant } from '../grant.ts';
import { tierOf, waitsForWitnesses } from '../limits.ts';
import { parseSign1 } from '../encoding/cose.ts';
import { MAX_PROFILE, parseProfile, type Profile } from '../profile.ts';
import { type PlacedEntry, placeProof, verifyOwnSeal, verifySeal } from '../log/prove.ts';
import { openReceipt, type Receipt } from '../receipt.ts';
import { Refusal } from '../refusal.ts';

/**
 * A piece of evidence, or why it could not be read, or why there is none by right. Every check goes on with the pieces it
 * can have.
 */
export type Part<T> = { readonly value: T } | { readonly refusal: Refusal } | { readonly absent: string };

/** A check lacks a piece that another check already found wanting, or that was never made: then nobody's check fails for it. */
export class Unavailable extends Error {
  readonly absent: boolean;
  constructor(message: string, absent = false) {
    super(message);
    this.absent = absent;
  }
}

/** The pieces of one evidence file, each read once. Reading says nothing of who signed, unless noted. */
export interface Parts {
  readonly crypto: Crypto;
  readonly evidence: Evidence;
  readonly anchors: Part<Anchors>;
  readonly profile: Part<{ readonly profile: Profile; readonly hash: Bytes }>;
  readonly bundle: Part<Bundle>;
  readonly command: Part<Command>;
  readonly hash: Bytes;
  readonly credentials: Part<readonly Credential[]>;
  readonly grant: Part<Grant>;
  readonly attestation: Part<Attestation>;
  readonly deviceKey: Part<PublicKey>;
  /** The device's signature verified. */
  readonly receipt: Part<Receipt>;
  /** Where the proofs place the two entries, whoever signed the checkpoints. */
  readonly intent: Part<PlacedEntry>;
  readonly outcome: Part<PlacedEntry>;
  /** Unix seconds by which the witnesses had seen each checkpoint; 0 where none were asked. */
  readonly intentSeal: Part<number>;
  readonly outcomeSeal: Part<number>;
  /** The tier, computed again from profile, command and the settings before. */
  readonly tier: Part<1 | 2>;
}

const NOT_GRANTED = 'the command was not granted, so nothing was sent to a device: there is nothing to check';

/** The piece, for the check that answers for it: its defect is this check's failure. */
export function own<T>(part: Part<T>): T {
  if ('absent' in part) throw new Unavailable(part.absent, true);
  if ('refusal' in part) throw part.refusal;
  return part.value;
}

/** The piece, for a check that merely needs it. */
export function need<T>(part: Part<T>): T {
  if ('absent' in part) throw new Unavailable(part.absent, true);
  if ('refusal' in part) throw new Unavailable(part.refusal.message);
  return part.value;
}

/** Reads a piece; what is wrong with it becomes part of it. */
export function part<T>(read: () => T): Part<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    if (error instanceof Unavailable && error.absent) return { absent: error.message };
    if (error instanceof Unavailable) return { refusal: new Refusal('E_CMD_MALFORMED', error.message) };
    throw error;
  }
}

/** The same for a piece that takes time. */
export async function awaited<T>(read: () => Promise<T>): Promise<Part<T>> {
  try {
    const value = await read();
    return { value };
  } catch (error) {
    return part<T>(() => {
      throw error;
    });
  }
}

/** Reads every piece of an evidence file; throws nothing for a bad one. */
export async function readParts(crypto: Crypto, evidence: Evidence): Promise<Parts> {
  const anchors = part(() => readAnchors(crypto, evidence.anchors));
  const bundle = part(() => {
    if (evidence.bundle.length > 0) return parseBundle(evidence.bundle);
    throw new Unavailable(NOT_GRANTED, true);
  });
  const command = part(() => parseCommand(need(bundle).command));
  const attestation = part(() => readAttestation(evidence.attestation));
  const deviceKey = part(() => parseCoseKey(crypto.sha256, evidence.deviceKey, 'evidence.deviceKey'));
  const profile = part(() => {
    const { payload } = parseSign1(evidence.profile, 'profile', MAX_PROFILE, 'E_PROFILE');
    return { profile: parseProfile(payload), hash: crypto.sha256(payload) };
  });
  const tier = part(() => tierOf(need(profile).profile, need(command), need(attestation).settings));
  const waits = part(() => waitsForWitnesses(need(profile).profile, need(command).operation, need(tier)));
  const seal = 'value' in waits && !waits.value ? verifyOwnSeal : verifySeal;
  return {
    crypto,
    evidence,
    anchors,
    profile,
    bundle,
    command,
    hash: 'value' in bundle ? crypto.sha256(bundle.value.command) : new Uint8Array(32),
    credentials: part(() =>
      need(bundle).credentials.map(({ credential }) => readCredential(crypto, credential).said),
    ),
    grant: part(() => readGrant(need(bundle).grant)),
    attestation,
    deviceKey,
    receipt: await awaited(() => openReceipt(crypto, evidence.receipt, need(deviceKey))),
    intent: await awaited(() => placeProof(crypto, need(bundle).proof)),
    outcome: await awaited(() => placeProof(crypto, evidence.outcome)),
    intentSeal: await awaited(() => seal(crypto, need(bundle).proof.checkpoint, need(anchors))),
    outcomeSeal: await awaited(() => verifySeal(crypto, evidence.outcome.checkpoint, need(anchors))),
    tier,
  };
}
