import type { Sequencer } from '../../audit/sequencer.ts';
import type { Gap, Overview, ReviewSaid, StoryDetail } from '../../edge/desks/audit-desk.ts';
import { base64, type Bytes } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { parseEntry } from '../../protocol/log/entry.ts';
import type { LogTrust } from '../../protocol/log/prove.ts';
import { verifySeal } from '../../protocol/log/prove.ts';
import { parseSigned } from '../../protocol/statement.ts';
import { tellEntry } from '../../protocol/verify/tell.ts';
import { saidName } from '../desks/history.ts';
import { meaningOf } from '../../protocol/refusal-says.ts';

/** The log as an auditor's screen shows it: its state, and entries in words beside their bytes. */
export class LogView {
  readonly #log: Sequencer;
  readonly #crypto: Crypto;
  readonly #trust: () => LogTrust;
  /** What was kept beside the log when an entry was made. */
  readonly #kept: (name: string) => Bytes | undefined;

  constructor(
    log: Sequencer,
    crypto: Crypto,
    trust: () => LogTrust,
    kept: (name: string) => Bytes | undefined,
  ) {
    this.#kept = kept;
    this.#log = log;
    this.#crypto = crypto;
    this.#trust = trust;
  }

  /** Entries that witnesses have seen. */
  get witnessed(): number {
    return this.#log.latest().cosigned?.size ?? 0;
  }

  entries(indexes: readonly number[]): StoryDetail['entries'] {
    return indexes.flatMap((index) => {
      const stored = this.#log.entry(index);
      if (!stored) return [];
      const entry = parseEntry(stored.bytes);
      return [
        { index, time: entry.time, kind: entry.type, says: tellEntry(entry, meaningOf), bytes: stored.bytes },
      ];
    });
  }

  /** The reason or the review that stands at an index, with what was signed; undefined where that is not kept. */
  said(index: number): (Omit<ReviewSaid, 'by'> & { readonly kid: Bytes }) | undefined {
    const stored = this.#log.entry(index);
    const { digest, kids = [] } = stored ? parseEntry(stored.bytes) : {};
    const kept = digest && this.#kept(saidName(digest));
    const [kid] = kids;
    if (!stored || !kept || !kid) return undefined;
    const { path, checkpoint } = this.#log.proofOf(index);
    const placed = checkpoint === null ? { path: undefined, checkpoint: undefined } : { path, checkpoint };
    return { index, kid, entry: stored.bytes, statement: parseSigned(kept).statement, ...placed };
  }

  async state(): Promise<Overview['log']> {
    const { size, root, cosigned } = this.#log.latest();
    const trust = this.#trust();
    const seen = cosigned && (await verifySeal(this.#crypto, cosigned.note, trust));
    return {
      origin: trust.log.origin,
      size,
      witnessed: cosigned?.size ?? 0,
      root: base64(root),
      seen: seen === null ? undefined : seen * 1_000,
      health: this.#log.health,
      witnesses: this.#log.witnesses,
      quorum: trust.witnesses.k,
    };
  }

  /** A log that does not continue what was witnessed is the gap that outranks all others. */
  forks(): readonly Gap[] {
    const broken = this.#log.inconsistency;
    if (!broken) return [];
    const says = `${broken.error.message.replace(/\.?$/u, '.')} Stop relying on this gateway until that is understood.`;
    const { size, root, cosigned } = this.#log.latest();
    const ours = cosigned?.note ?? `${this.#trust().log.origin}\n${size}\n${base64(root)}\n`;
    const heads = { ours, ...(broken.evidence !== null && { theirs: broken.evidence }) };
    return [{ kind: 'fork', entry: Math.max(size - 1, 0), says, heads }];
  }
}
