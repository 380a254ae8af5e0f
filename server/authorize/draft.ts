import type { Approval } from '../protocol/approval.ts';
import type { Bytes } from '../protocol/bytes.ts';
import type { Command } from '../protocol/command.ts';
import type { Entry } from '../protocol/entry.ts';
import type { Context } from '../protocol/stream.ts';
import type { Differences } from './draft-compare.ts';

/** Somebody at a tablet, as their session says; `kid` where the passkey is known. */
export interface Actor {
  /** Hex. */
  readonly subject: string;
  readonly tablet: string;
  readonly kid?: Bytes;
}

/** What the first person signed, waiting for the second. */
export interface Draft {
  /** 128 random bits, base64url. */
  readonly id: string;
  readonly bytes: Bytes;
  readonly command: Command;
  readonly approval: Approval;
  readonly context: Context;
  readonly companion: Bytes | undefined;
  readonly by: Actor;
  /** Unix ms. */
  readonly since: number;
  readonly expires: number;
  readonly attemptsLeft: number;
  /** Who entered the same bytes. */
  readonly matched: Actor | undefined;
}

/** The first person's signed command. */
export interface FirstSignature {
  readonly command: Bytes;
  readonly approval: Approval;
  readonly context: Context;
  readonly companion?: Bytes;
}

/** What a possible second person sees: nothing of the values, the note, the hash or the words. */
export interface OpenDraft {
  readonly id: string;
  /** Device id, hex. */
  readonly device: string;
  /** Subject of the first person, hex. */
  readonly by: string;
  readonly reason: string;
  /** Codes of the settings to enter. */
  readonly settings: readonly number[];
  readonly since: number;
  readonly expires: number;
  readonly attemptsLeft: number;
}

/** One second entry; `entry` has to go into the log, whatever the outcome. */
export type SecondEntry =
  | { readonly kind: 'matched'; readonly entry: Entry }
  | ({ readonly kind: 'differs'; readonly left: number; readonly entry: Entry } & Differences);

/** Everything two people signed, in the order they signed. */
export interface CompleteDraft {
  readonly command: Bytes;
  readonly approvals: readonly [Approval, Approval];
  readonly context: Context;
  readonly companion: Bytes | undefined;
  readonly tablets: readonly [string, string];
}
