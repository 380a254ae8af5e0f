import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Session } from './desk.ts';

/** What happened to devices, as the log has it. */
export interface HistoryDesk {
  /** Entries about one device, newest first. Throws Refusal E_SCOPE. */
  of(session: Session, device: string, asked: HistoryAsked): History;
}

export interface HistoryAsked {
  /** Only entries before this index. */
  readonly before: number | undefined;
  readonly limit: number;
  /** Alarms alone, or all but alarms; everything when left out. A ward has many more alarms than anything else. */
  readonly alarms?: 'only' | 'none' | undefined;
}

export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly more: boolean;
  /** Signed and cosigned: every path of the entries leads to its root. Undefined where none of them is witnessed yet. */
  readonly checkpoint: string | undefined;
}

/** What was kept beside an entry that has only a digest of it. */
export interface SaidEntry {
  /** What somebody signed about the device: its SHA-256 is the digest of the entry. */
  readonly statement?: Bytes;
  /** Break-glass: until when (Unix ms), and why. */
  readonly until?: number;
  readonly reason?: string;
}

export interface HistoryEntry extends SaidEntry {
  readonly index: number;
  readonly time: number;
  readonly type: string;
  /** Hash of the command, hex. */
  readonly command: string | undefined;
  readonly answers: number | undefined;
  readonly result: number | undefined;
  readonly code: string | undefined;
  readonly number: number | undefined;
  readonly tier: number | undefined;
  readonly detail: string | undefined;
  /** Those who signed, in the order in which they did. */
  readonly people: readonly {
    readonly kid: string;
    readonly subject: string | undefined;
    readonly name: string | undefined;
  }[];
  /** As it stands in the log. */
  readonly entry: Bytes;
  /** Inclusion path to the root of the checkpoint (RFC 9162); undefined while no checkpoint with it is witnessed. */
  readonly path: readonly Bytes[] | undefined;
}
