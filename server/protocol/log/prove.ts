import { type Anchors, logKeysOf } from '../anchors.ts';
import type { Proof } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { type Entry, parseEntry } from './entry.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import {
  type Checkpoint,
  NoteError,
  parseCheckpoint,
  parseNote,
  verifyCheckpoint,
  verifySignedCheckpoint,
} from './note.ts';
import { Refusal } from '../refusal.ts';

/** An entry shown to stand in the log, under a checkpoint that enough witnesses cosigned. */
export interface ProvenEntry {
  readonly entry: Entry;
  readonly leaf: Bytes;
  readonly index: number;
  readonly size: number;
  readonly root: Bytes;
  /** Unix seconds by which k witnesses had seen it: the k-th latest cosignature time; 0 where none were asked. */
  readonly witnessedAt: number;
}

/** The two things of the anchors that a proof is held against. */
export type LogTrust = Pick<Anchors, 'log' | 'witnesses'>;

/** An entry and where a proof places it, under a root that nobody has vouched for yet. */
export type PlacedEntry = Omit<ProvenEntry, 'witnessedAt'>;

/**
 * The cheap half of a proof: entry, leaf, and path to the root its checkpoint states. Says nothing of who signed that
 * checkpoint. Throws Refusal E_LOG_PROOF.
 */
export async function placeProof(crypto: Crypto, proof: Proof): Promise<PlacedEntry> {
  const checkpoint = await readable(async () => parseCheckpoint(parseNote(proof.checkpoint).body));
  return { entry: parseEntry(proof.entry), ...included(crypto, proof, checkpoint) };
}

/**
 * The other half: the log's key and the witnesses' quorum on a checkpoint. Gives the Unix seconds by which k witnesses
 * had seen it. Throws Refusal E_LOG_PROOF.
 */
export async function verifySeal(crypto: Crypto, note: string, trust: LogTrust): Promise<number> {
  const policy = { k: trust.witnesses.k, witnesses: trust.witnesses.vkeys };
  const { cosignatureTimes } = await openCheckpoint(trust, () =>
    verifyCheckpoint(crypto, { note, logKeys: logKeysOf(trust.log), policy }),
  );
  return cosignatureTimes[trust.witnesses.k - 1] ?? 0;
}

/** The log's own signature alone, for what waits for no witness. Throws Refusal E_LOG_PROOF. */
export async function verifyOwnSeal(crypto: Crypto, note: string, trust: LogTrust): Promise<number> {
  await openCheckpoint(trust, () => verifySignedCheckpoint(crypto, note, logKeysOf(trust.log)));
  return 0;
}

/**
 * Verifies a proof: entry, leaf, path, log key, witness quorum. Throws Refusal E_LOG_PROOF with the first
 * thing that is wrong. Cheap work (hashing) comes before costly work (signatures).
 */
export async function verifyProof(crypto: Crypto, proof: Proof, trust: LogTrust): Promise<ProvenEntry> {
  const entry = parseEntry(proof.entry);
  const policy = { k: trust.witnesses.k, witnesses: trust.witnesses.vkeys };
  const logKeys = logKeysOf(trust.log);
  const checkpoint = await openCheckpoint(trust, () =>
    verifyCheckpoint(crypto, { note: proof.checkpoint, logKeys, policy }),
  );
  const witnessedAt = checkpoint.cosignatureTimes[trust.witnesses.k - 1] ?? 0;
  return { entry, ...included(crypto, proof, checkpoint), witnessedAt };
}

/**
 * Verifies a proof as `verifyProof` does, but for the witnesses: the log alone vouches for the entry, at no known
 * time (`witnessedAt` is 0). Only for what must not wait for anybody, because waiting is the greater risk.
 */
export async function verifyLogged(crypto: Crypto, proof: Proof, trust: LogTrust): Promise<ProvenEntry> {
  const entry = parseEntry(proof.entry);
  const checkpoint = await openCheckpoint(trust, () =>
    verifySignedCheckpoint(crypto, proof.checkpoint, logKeysOf(trust.log)),
  );
  return { entry, ...included(crypto, proof, checkpoint), witnessedAt: 0 };
}

function included(
  crypto: Crypto,
  proof: Proof,
  { size, root }: Checkpoint,
): Omit<ProvenEntry, 'entry' | 'witnessedAt'> {
  const leaf = leafHash(crypto.sha256, proof.entry);
  if (!verifyInclusion(crypto.sha256, { index: proof.index, size, leaf, path: proof.path, root })) {
    throw new Refusal('E_LOG_PROOF', 'the path does not lead to the signed root', 'proof.path');
  }
  return { leaf, index: proof.index, size, root };
}

async function openCheckpoint<T extends Checkpoint>(trust: LogTrust, verify: () => Promise<T>): Promise<T> {
  const checkpoint = await readable(verify);
  if (checkpoint.origin !== trust.log.origin) {
    throw new Refusal('E_LOG_PROOF', 'a checkpoint of another log', 'proof.checkpoint');
  }
  return checkpoint;
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NoteError) throw new Refusal('E_LOG_PROOF', error.message, 'proof.checkpoint');
    throw error;
  }
}
