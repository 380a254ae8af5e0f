import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { checkpointIn } from '../../../server/protocol/verify/continuity.ts';
import { keepFile } from '../process/keep-file.ts';

/** Logs one computer can follow: a hospital has one, and a research group a few. */
const MAX_LOGS = 256;
const MAX_FILE = 4 * 1024 * 1024;

/**
 * The newest checkpoint this computer has seen of each log, in one file. A log that shows different histories to
 * different people, or takes one back, signs both; whoever remembers what he saw notices.
 */
export class SeenCheckpoints {
  readonly #file: string;
  readonly #notes: Map<string, string>;

  /** Throws Error when the file is there and does not read: what it knew must not be lost unseen. */
  constructor(file: string) {
    this.#file = file;
    this.#notes = readNotes(file);
  }

  of(origin: string): string | undefined {
    return this.#notes.get(origin);
  }

  /** Remembers a verified checkpoint, unless a newer one is known already. Throws Error when it cannot be written. */
  keep({
    origin,
    size,
    note,
  }: {
    readonly origin: string;
    readonly size: number;
    readonly note: string;
  }): void {
    const before = this.#notes.get(origin);
    if (before !== undefined && (checkpointIn(before)?.size ?? 0) >= size) return;
    if (before === undefined && this.#notes.size >= MAX_LOGS)
      throw new Error(`${this.#file} remembers ${MAX_LOGS} logs already`);
    this.#notes.set(origin, note);
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    keepFile(this.#file, utf8(`${JSON.stringify(Object.fromEntries(this.#notes), null, 1)}\n`));
  }
}

function readNotes(file: string): Map<string, string> {
  let text: string;
  try {
    if (statSync(file).size > MAX_FILE) throw new Error(unread(file));
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error(unread(file));
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) throw new Error(unread(file));
  return new Map(
    Object.entries(said).map(([origin, note]: [string, unknown]) => {
      if (typeof note !== 'string' || checkpointIn(note)?.origin !== origin) throw new Error(unread(file));
      return [origin, note];
    }),
  );
}

const unread = (file: string): string =>
  `${file} keeps the checkpoints this computer has seen, and does not read; look at it before you move it away`;
