import type { Anchors } from './anchors.ts';
import type { Proof } from './bundle.ts';
import type { Bytes } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { type Entry, parseEntry } from './entry.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { NoteError, verifyCheckpoint } from './note.ts';
import { Refusal } from './refusal.ts';

/** An entry shown to stand in the log, under a checkpoint that enough witnesses cosigned. */
export interface ProvenEntry {
  readonly entry: Entry;
  readonly leaf: Bytes;
  readonly index: number;
  readonly size: number;
  readonly root: Bytes;
  /** Unix seconds by which k witnesses had seen it: the k-th latest cosignature time. */
  readonly witnessedAt: number;
}

/** The two things of the anchors that a proof is held against. */
export type LogTrust = Pick<Anchors, 'log' | 'witnesses'>;

/**
 * Verifies a proof: entry, leaf, path, log key, witness quorum. Throws Refusal E_LOG_PROOF with the first
 * thing that is wrong. Cheap work (hashing) comes before costly work (signatures).
 */
export async function verifyProof(crypto: Crypto, proof: Proof, trust: LogTrust): Promise<ProvenEntry> {
  const entry = parseEntry(proof.entry);
  const leaf = leafHash(crypto.sha256, proof.entry);
  const checkpoint = await openCheckpoint(crypto, proof.checkpoint, trust);
  const { size, root } = checkpoint;
  if (!verifyInclusion(crypto.sha256, { index: proof.index, size, leaf, path: proof.path, root })) {
    throw new Refusal('E_LOG_PROOF', 'the path does not lead to the signed root', 'proof.path');
  }
  const witnessedAt = checkpoint.cosignatureTimes[trust.witnesses.k - 1] ?? 0;
  return { entry, leaf, index: proof.index, size, root, witnessedAt };
}

async function openCheckpoint(crypto: Crypto, note: string, trust: LogTrust) {
  const policy = { k: trust.witnesses.k, witnesses: trust.witnesses.vkeys };
  try {
    const checkpoint = await verifyCheckpoint(crypto, { note, logKey: trust.log.vkey, policy });
    if (checkpoint.origin !== trust.log.origin) {
      throw new Refusal('E_LOG_PROOF', 'a checkpoint of another log', 'proof.checkpoint');
    }
    return checkpoint;
  } catch (error) {
    if (error instanceof NoteError) throw new Refusal('E_LOG_PROOF', error.message, 'proof.checkpoint');
    throw error;
  }
}
