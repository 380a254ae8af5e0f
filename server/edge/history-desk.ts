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
}

export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly more: boolean;
}

export interface HistoryEntry {
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
  readonly people: readonly { readonly subject: string; readonly name: string | undefined }[];
}
