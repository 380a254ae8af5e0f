import type { Approval } from '../protocol/approval.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Command } from '../protocol/command.ts';
import type { Entry } from '../protocol/log/entry.ts';
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
  /** Who entered the same bytes, or was shown them. */
  readonly matched: Actor | undefined;
  /** Whoever matched was shown the values, and did not enter them: a primed check, from the moment of the showing. */
  readonly shown: boolean;
  /** As the gateway found it when the first signed. */
  readonly tier: 1 | 2;
  /** It sets something outside of the site's range: nobody is shown that. */
  readonly outside: boolean;
  /** Why nobody can complete it any more; kept for whoever asked, until it expires. */
  readonly closed: ClosedDraft | undefined;
}

/** `declined` with a reason, or `differs`: entered wrongly too often. */
export interface ClosedDraft {
  readonly how: 'declined' | 'differs';
  readonly by: Actor;
  readonly reason: string;
  /** Unix ms. */
  readonly at: number;
}

/** The first person's signed command. */
export interface FirstSignature {
  readonly command: Bytes;
  readonly approval: Approval;
  readonly context: Context;
  readonly companion?: Bytes;
  readonly tier?: 1 | 2;
  /** It sets something outside of the site's range. */
  readonly outside?: boolean | undefined;
  /** For so long the device waits for it (Unix ms), where that is known. */
  readonly until?: number | undefined;
}

/** What a possible second person sees: nothing of the values, the note, the hash or the words. */
export interface OpenDraft {
  readonly id: string;
  /** Device id, hex. */
  readonly device: string;
  /** Subject of the first person, hex. */
  readonly by: string;
  readonly reason: string;
  /** Reference of the order in the hospital's own system; may be empty. */
  readonly order: string;
  /** What the first wrote; only after the same was entered, because people write values into it. */
  readonly note: string | undefined;
  /** Number of the operation. */
  readonly operation: number;
  readonly tier: 1 | 2;
  /** Codes of the settings to enter. */
  readonly settings: readonly number[];
  /** Whoever asks has entered it, or was shown it, and can sign. */
  readonly matched: boolean;
  /** Whoever asks was shown the values. */
  readonly shown: boolean;
  readonly since: number;
  readonly expires: number;
  readonly attemptsLeft: number;
}

/** One's own draft: what has become of it so far. */
export interface OwnDraft {
  readonly id: string;
  /** Device id, hex. */
  readonly device: string;
  /** Hash of the command. */
  readonly command: Bytes;
  readonly state: 'waiting' | 'matched' | 'declined' | 'differs';
  /** Subject (hex) of whoever matched or closed it. */
  readonly second: string | undefined;
  /** How the second person checks it, once that is known. */
  readonly check: 'entered' | 'primed' | undefined;
  /** Why it was declined. */
  readonly why: string | undefined;
  readonly expires: number;
  readonly attemptsLeft: number;
}

/** One second entry; `entry` has to go into the log, whatever the outcome. */
export type SecondEntry =
  | { readonly kind: 'matched'; readonly entry: Entry }
  | ({ readonly kind: 'differs'; readonly left: number; readonly entry: Entry } & Differences);

/** The first person's bytes, for a second who checks without entering; `entry` has to be in the log before they are told. */
export interface ShownDraft {
  readonly command: Bytes;
  readonly device: Bytes;
  readonly entry: Entry;
}

/** A draft that was declined; `entry` has to go into the log. */
export interface DeclinedDraft {
  readonly device: Bytes;
  readonly entry: Entry;
}

/** Everything two people signed, in the order they signed. */
export interface CompleteDraft {
  readonly command: Bytes;
  readonly approvals: readonly [Approval, Approval];
  readonly context: Context;
  readonly companion: Bytes | undefined;
  readonly tablets: readonly [string, string];
  /** The second person was shown the values, and signed that. */
  readonly primed: boolean;
}
