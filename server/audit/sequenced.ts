import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { CosignedCheckpoint } from './log-rows.ts';

/** Where an entry stands: durable, and under a checkpoint (that the witnesses cosigned, unless it could not wait). */
export interface Appended {
  readonly index: number;
  readonly leafHash: Bytes;
  /** Inclusion path in the first `size` entries. */
  readonly path: readonly Bytes[];
  /** Checkpoint note of that size, with the cosignatures it has. */
  readonly checkpoint: string;
  readonly size: number;
}

/** An entry that is durable. `index` is null when the log is inconsistent: the entry was kept beside it. */
export interface Durable {
  readonly index: number | null;
  readonly leafHash: Bytes;
}

/** `inconsistent` stays until a person acts; `no-quorum` goes away by itself. */
export type LogHealth = 'ok' | 'inconsistent' | 'no-quorum';

export interface LogState {
  /** Newest durable checkpoint. */
  readonly size: number;
  readonly root: Bytes;
  readonly note: string;
  /** Newest checkpoint with a quorum; null before the first. */
  readonly cosigned: CosignedCheckpoint | null;
}
