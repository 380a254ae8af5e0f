import { parseBundle, parseEmergency, type Proof } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { isEmergencyEvidence, parseEmergencyEvidence } from './emergency-evidence.ts';
import { parseEvidence } from './evidence.ts';
import { Refusal } from '../refusal.ts';

/** What an evidence file is about, of either kind, before anything of it is believed. */
export interface AboutEvidence {
  readonly anchors: Bytes;
  /** The signed bytes; undefined where nothing was granted, or where they cannot be read. */
  readonly command: Bytes | undefined;
  readonly deviceKey: Bytes;
  /** The proofs it holds, the oldest first; never empty. */
  readonly entries: readonly Proof[];
  readonly newest: Proof;
}

/** Reads it; undefined for a file that is no evidence at all. */
export function aboutEvidence(bytes: Bytes): AboutEvidence | undefined {
  return orUndefined(() => {
    if (isEmergencyEvidence(bytes)) {
      const { anchors, message, deviceKey, entry } = parseEmergencyEvidence(bytes);
      const command = orUndefined(() => parseEmergency(message).command);
      return { anchors, command, deviceKey, entries: [entry], newest: entry };
    }
    const { anchors, bundle, deviceKey, outcome } = parseEvidence(bytes);
    const sent = orUndefined(() => parseBundle(bundle));
    const entries = sent ? [sent.proof, outcome] : [outcome];
    return { anchors, command: sent?.command, deviceKey, entries, newest: outcome };
  });
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
